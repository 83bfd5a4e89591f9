// Attacks by the registry itself, or by who stands before it: errors that shall pass for "unsigned", answers that steer a
// terminal, answers without end. A proxy before a real registry meddles; the command is the real one.
import assert from 'node:assert/strict';
import { after, suite, test, type TestContext } from 'node:test';
import { httpLimits } from '../../src/limits.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { openField } from '../helpers/field.ts';
import { attestTo, promoteBy, pushFiles, pushValue, releaseValue } from '../helpers/forging.ts';
import { configFile } from '../helpers/published.ts';
import { startProxy, type Answer, type Meddler } from '../helpers/registry-proxy.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

const field = await openField();
const registry = await startReferrersRegistry(field.cwd);
after(async () => {
  await registry.stop();
  await field.close();
});
const [release, promoter] = await Promise.all([field.signer('release'), field.signer('promoter')]);

type Place = {
  readonly store: RegistryStore;
  readonly repository: string;
  readonly artifact: Content;
  /** `HOST:PORT/REPOSITORY` behind the proxy. */
  readonly reference: string;
  readonly verify: readonly string[];
};

let places = 0;

/** A promoted release, seen through a proxy. */
async function makePlace(t: TestContext, meddle: (artifact: Content) => Meddler): Promise<Place> {
  places += 1;
  const repository = `acme/app-${places}`;
  const store = openStore(t, `${registry.host}/${repository}`);
  const artifact = await releaseValue(store, release, 'a', 'prod');
  await promoteBy(store, artifact.descriptor, promoter, { repository });
  const proxy = await startProxy(registry.host, meddle(artifact));
  t.after(() => proxy.close());
  const reference = `${proxy.host}/${repository}`;
  const verify = ['verify', `${reference}:prod`, '--verify-key', 'release.pub'];
  return { store, repository, artifact, reference, verify };
}

const index = (manifests: readonly object[]): Answer => ({
  status: 200,
  headers: { 'content-type': mediaTypes.index },
  body: JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }),
});

suite('an error is no absence', { concurrency: 3 }, () => {
  for (const [name, status] of [
    ['a refusal', 403],
    ['a log-in', 401],
    ['an outage', 503],
    ['a teapot', 418],
  ] as const) {
    test(`${name} at the referrers endpoint (${status}) is not "unsigned"`, async (t) => {
      const { verify } = await makePlace(t, () => ({
        before: ({ path }) => (path.includes('/referrers/') ? { status } : undefined),
      }));
      await field.refused('SIGNATURE_UNCHECKABLE', verify);
    });
  }

  test('a web page in place of the referrers, and an error at their tag', async (t) => {
    const { verify } = await makePlace(t, ({ descriptor }) => ({
      before: ({ path }) => {
        if (path.includes('/referrers/')) {
          return { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' };
        }
        return path.endsWith(`/manifests/sha256-${descriptor.digest.slice(7)}`) ? { status: 403 } : undefined;
      },
    }));
    await field.refused('SIGNATURE_UNCHECKABLE', verify);
  });

  for (const body of ['{', '{"manifests":1}', `{"schemaVersion":2,"manifests":[{"digest":"sha256:0"}]}`]) {
    test(`a list of referrers that is none: ${body}`, async (t) => {
      const { verify } = await makePlace(t, () => ({
        before: ({ path }) => (path.includes('/referrers/') ? { ...index([]), body } : undefined),
      }));
      await field.refused('SIGNATURE_UNCHECKABLE', verify);
    });
  }

  test('an error at the legacy tag, where there is no bundle', async (t) => {
    const { verify } = await makePlace(t, () => ({
      before: ({ path }) => {
        if (path.includes('/referrers/')) return index([]);
        return path.endsWith('.sig') ? { status: 403 } : undefined;
      },
    }));
    await field.refused('SIGNATURE_UNCHECKABLE', verify);
  });

  test('a referrer that is listed and not there, alone and beside a good one', async (t) => {
    const gone = { mediaType: mediaTypes.manifest, digest: `sha256:${'0'.repeat(64)}`, size: 700 };
    const alone = await makePlace(t, () => ({
      before: ({ path }) => (path.includes('/referrers/') ? index([gone]) : undefined),
    }));
    await field.refused('SIGNATURE_UNCHECKABLE', alone.verify);
    const beside = await makePlace(t, () => ({
      after: ({ path }, { body }) =>
        path.includes('/referrers/') ? index([gone, ...JSON.parse(String(body)).manifests]) : undefined,
    }));
    await field.json(beside.verify);
  });

  test('a bundle that is another than its digest says', async (t) => {
    const { verify } = await makePlace(t, () => ({
      after: ({ path }, answer) =>
        path.includes('/blobs/')
          ? { ...answer, body: String(answer.body).replace('payload', 'qayload') }
          : undefined,
    }));
    await field.refused('SIGNATURE_UNCHECKABLE', verify);
  });

  test('a statement that can not be read is no "bare retag"', async (t) => {
    let statement = '';
    const { store, repository, artifact, reference } = await makePlace(t, () => ({
      before: ({ path }) => (statement !== '' && path.includes(statement) ? { status: 404 } : undefined),
    }));
    const file = await field.policies('unreadable.yaml', { url: `oci://${reference}` });
    const verify = ['verify', `${reference}:prod`, '--policy', file];
    await field.json(verify);
    for (const { digest } of await store.referrers(artifact.descriptor)) {
      statement = digest;
      const { code } = await field.run(verify);
      if (code === 14) return;
    }
    assert.fail(`none of the referrers of ${repository} mattered`);
  });
});

suite('a registry that lies', { concurrency: 3 }, () => {
  test('hidden referrers: what is not shown is not there, and nothing is taken without', async (t) => {
    const { verify } = await makePlace(t, () => ({
      before: ({ path }) => (path.includes('/referrers/') ? index([]) : undefined),
    }));
    await field.refused('SIGNATURE_MISSING', verify);
  });

  test('the tag moved between check and use: the digest that was judged is the one that is read', async (t) => {
    let looks = 0;
    const evil = { digest: '' };
    const place = await makePlace(t, () => ({
      before: ({ method, path }) => {
        if (method === 'GET' && path.endsWith('/manifests/prod')) looks += 1;
        return undefined;
      },
      after: async ({ path }) => {
        // As soon as the tag was read it shows something else.
        if (path.endsWith('/manifests/prod') && evil.digest === '') {
          const other = await pushValue(place.store, 'evil', 'prod');
          evil.digest = other.descriptor.digest;
        }
      },
    }));
    const file = await field.policies('moved.yaml', { url: `oci://${place.reference}` });
    const { digest } = await field.json(['verify', `${place.reference}:prod`, '--policy', file]);
    assert.equal(digest, place.artifact.descriptor.digest);
    assert.equal(looks, 1, 'resolved once');
    await field.refused('SIGNATURE_MISSING', ['verify', `${place.reference}:prod`, '--policy', file]);
  });

  test('another manifest than the digest asked for', async (t) => {
    let other: Content | undefined;
    const { store, reference, artifact } = await makePlace(t, ({ descriptor }) => ({
      before: ({ path }) =>
        other !== undefined && path.endsWith(`/manifests/${descriptor.digest}`)
          ? {
              status: 200,
              headers: { 'content-type': mediaTypes.manifest, 'docker-content-digest': descriptor.digest },
              body: other.bytes,
            }
          : undefined,
    }));
    other = await pushFiles(store, [configFile('evil')]);
    const at = `${reference}@${artifact.descriptor.digest}`;
    await field.refused('DIGEST_MISMATCH', ['verify', at, '--verify-key', 'release.pub']);
  });

  test('a layer that was exchanged under a good signature', async (t) => {
    const evil = Buffer.from('evil');
    const place = await makePlace(t, () => ({
      after: (_, answer) =>
        Buffer.from(answer.body).subarray(0, 2).toString('hex') === '1f8b'
          ? { ...answer, body: evil }
          : undefined,
    }));
    const file = await field.policies('layer.yaml', { url: `oci://${place.reference}` });
    await field.refused('SIZE_MISMATCH', ['verify', `${place.reference}:prod`, '--policy', file]);
  });

  test('pages of referrers without end', async (t) => {
    const { verify, repository } = await makePlace(t, ({ descriptor }) => ({
      before: ({ path }) => {
        if (!path.includes('/referrers/')) return undefined;
        const next = `</v2/${repositoryOf(path)}/referrers/${descriptor.digest}?n=${path.length}>; rel="next"`;
        return { ...index([]), headers: { 'content-type': mediaTypes.index, link: next } };
      },
    }));
    assert.ok(repository);
    await field.refused('SIGNATURE_UNCHECKABLE', verify);
  });

  test('pages that lead to another host are not followed', async (t) => {
    let isReached = false;
    const elsewhere = await startProxy(registry.host, {
      before: () => {
        isReached = true;
        return { status: 404 };
      },
    });
    t.after(() => elsewhere.close());
    const { verify } = await makePlace(t, () => ({
      before: ({ path }) =>
        path.includes('/referrers/')
          ? {
              ...index([]),
              headers: {
                'content-type': mediaTypes.index,
                link: `<http://${elsewhere.host}/v2/a/referrers/x>; rel="next"`,
              },
            }
          : undefined,
    }));
    await field.refused('SIGNATURE_UNCHECKABLE', verify);
    assert.ok(!isReached);
  });
});

function repositoryOf(path: string): string {
  return /^\/v2\/(.+)\/referrers\//u.exec(path)?.[1] ?? '';
}

// Escape, bell, C1 "control sequence introducer", right-to-left override, and a line that looks like ours.
const steering = '\u{1b}[2J\u{7}\u{9b}31m\u{202e}\nerror: INTERNAL: all is well\r';
// oxlint-disable-next-line no-control-regex -- they are what must not be there
const controls = /[\u{0}-\u{8}\u{b}-\u{1f}\u{7f}-\u{9f}]/u;

suite('words of others in the output', { concurrency: 3 }, () => {
  const explainer = async (reference: string): Promise<readonly string[]> => [
    'explain',
    `${reference}:prod`,
    '--policy',
    await field.policies(`words-${(places += 1)}.yaml`, {
      url: `oci://${reference}`,
      spec: { attestations: [{ predicateType: 'https://example.org/a', authorities: ['release'] }] },
    }),
  ];

  test('the registry’s own words steer no terminal', async (t) => {
    const errors = [{ code: 'DENIED', message: steering }];
    const { verify, reference } = await makePlace(t, () => ({
      before: ({ path }) =>
        path.includes('/manifests/') ? { status: 403, body: JSON.stringify({ errors }) } : undefined,
    }));
    for (const args of [verify, [...verify, '-o', 'json'], await explainer(reference)]) {
      const { stdout, stderr } = await field.run(args);
      assert.match(stdout + stderr, /REGISTRY_DENIED/u);
      assert.doesNotMatch(stdout + stderr, controls);
      assert.doesNotMatch(stderr, /^error: INTERNAL: all is well/mu);
    }
  });

  test('types and predicates that others chose steer no terminal', async (t) => {
    const place = await makePlace(t, () => ({}));
    const { store, artifact, reference } = place;
    // By a key that is trusted, so that its words are repeated.
    await attestTo(store, artifact.descriptor, release, { type: `https://example.org/${steering}` });
    await promoteBy(store, artifact.descriptor, promoter, { repository: steering, channel: 'prod' });
    await promoteBy(store, artifact.descriptor, promoter, {
      repository: place.repository,
      sequence: 2,
      note: steering,
    });
    const history = ['history', reference, 'prod', '--promotion-key', 'promoter.pub'];
    const verify = ['verify', `${reference}:prod`, '--verify-key', 'promoter.pub'];
    for (const args of [await explainer(reference), history, [...history, '-o', 'json'], verify]) {
      const { stdout, stderr } = await field.run(args);
      assert.doesNotMatch(stdout, controls, args[0]);
      assert.doesNotMatch(stderr, controls, args[0]);
      assert.doesNotMatch(stdout, /^error: INTERNAL: all is well/mu, args[0]);
    }
  });

  test('a registry’s endless error answer becomes a short one of ours', async (t) => {
    const message = 'x'.repeat(4 * httpLimits.errorBodyBytes);
    const { verify } = await makePlace(t, () => ({
      before: ({ path }) =>
        path.includes('/manifests/')
          ? { status: 400, body: JSON.stringify({ errors: [{ code: 'A', message }] }) }
          : undefined,
    }));
    const { stdout, stderr } = await field.run(verify);
    assert.ok(stdout.length + stderr.length < 2000);
  });

  test('huge annotations and notes of others stay bounded in what is printed', async (t) => {
    const { store, artifact, reference } = await makePlace(t, () => ({}));
    const type = `https://example.org/${'y'.repeat(1000)}`;
    for (let count = 0; count < 50; count += 1) {
      await attestTo(store, artifact.descriptor, release, { type, predicate: { count } });
    }
    const { stdout, stderr } = await field.run(await explainer(reference));
    assert.ok(stdout.length + stderr.length < 10_000, `${stdout.length}`);
  });

  test('secrets in a redirect’s query are not repeated', async (t) => {
    const { verify } = await makePlace(t, () => ({
      before: ({ path }) =>
        path.includes('/blobs/')
          ? {
              status: 307,
              headers: { location: 'http://127.0.0.1:1/blob?X-Amz-Signature=opensesame&token=opensesame' },
            }
          : undefined,
    }));
    for (const args of [verify, [...verify, '-o', 'json']]) {
      const { code, stdout, stderr } = await field.run(args, { SEALIFT_DEBUG: '1' });
      assert.notEqual(code, 0);
      assert.ok(!(stdout + stderr).includes('opensesame'), stdout + stderr);
    }
  });
});

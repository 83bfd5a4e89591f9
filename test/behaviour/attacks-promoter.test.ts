// Attacks on who promotes: registries that hide statements or move tags meanwhile, signers that race, statements of others
// put under one's nose. Each with the real command before a real registry, some through a proxy that meddles.
import assert from 'node:assert/strict';
import { after, suite, test, type TestContext } from 'node:test';
import type { ErrorCode } from '../../src/errors.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { openField, recordOf, type RefusedAnswer } from '../helpers/field.ts';
import { promoteBy, pushValue, releaseValue, timeFromNow } from '../helpers/forging.ts';
import { startProxy, type Meddler } from '../helpers/registry-proxy.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

const field = await openField();
const [withApi, withoutApi] = await Promise.all([
  startReferrersRegistry(field.cwd),
  startDockerRegistry(field.cwd),
]);
after(async () => {
  await Promise.all([withApi.stop(), withoutApi.stop()]);
  await field.close();
});
const [release, promoter, second, attacker] = await Promise.all([
  field.signer('release'),
  field.signer('promoter'),
  field.signer('second'),
  field.signer('attacker'),
]);
await field.signer('heart');

type Answer = Readonly<Record<string, unknown>>;

type Place = {
  readonly store: RegistryStore;
  readonly repository: string;
  readonly reference: string;
  /** `promote REFERENCE:TAG prod`, by the promoter with keys that are named. */
  promote(tag: string, ...flags: readonly string[]): Promise<Answer>;
  refused(code: ErrorCode, tag: string, ...flags: readonly string[]): Promise<RefusedAnswer>;
  /** Digest that `prod` shows. */
  shown(): Promise<string | undefined>;
  /** The same repository behind a proxy. */
  through(meddler: Meddler): Promise<Place & { readonly seen: readonly string[] }>;
};

let places = 0;

function makePlace(t: TestContext, host = withApi.host, number = (places += 1)): Place {
  const repository = `acme/app-${number}`;
  const reference = `${host}/${repository}`;
  const store = openStore(t, reference);
  const keys = ['--verify-key', 'release.pub', '--key', 'promoter.key', '--promotion-key', 'second.pub'];
  // Flags that begin with a policy or another key replace them.
  const argsOf = (tag: string, flags: readonly string[]): readonly string[] => {
    const own = flags.includes('--policy') ? [] : keys.slice(flags.includes('--key') ? 4 : 0);
    const verify = own.length === 2 ? ['--verify-key', 'release.pub', '--promotion-key', 'promoter.pub'] : [];
    return ['promote', `${reference}${tag}`, 'prod', ...own, ...verify, ...flags];
  };
  return {
    store,
    repository,
    reference,
    promote: (tag, ...flags) => field.json(argsOf(tag, flags)),
    refused: (code, tag, ...flags) => field.refused(code, argsOf(tag, flags)),
    shown: async () =>
      store.resolve('prod').then(
        ({ descriptor }) => descriptor.digest,
        () => undefined,
      ),
    through: async (meddler) => {
      const proxy = await startProxy(host, meddler);
      t.after(() => proxy.close());
      return { ...makePlace(t, proxy.host, number), seen: proxy.seen };
    },
  };
}

/** A policy file for a repository, wherever it is read from. */
function policyFor(
  { repository, reference }: Place,
  channel: object = {},
  record?: { sequence: number; digest: string },
): Promise<string> {
  return field.policies(
    `${repository.replace('/', '-')}-${(places += 1)}.yaml`,
    {
      url: `oci://${reference}`,
      authorities: ['release', 'promoter', 'second', 'heart'],
      promotion: { channels: [{ tag: 'prod', authorities: ['promoter'], ...channel }] },
    },
    ...(record === undefined ? [] : [recordOf({ repository, ...record })]),
  );
}

suite('the tag moves meanwhile', { concurrency: 3 }, () => {
  const isTagWrite = ({ method, path }: { method: string; path: string }): boolean =>
    method === 'PUT' && path.endsWith('/manifests/prod');

  test('between the write and the look after it', async (t) => {
    const place = makePlace(t);
    const other = await pushValue(place.store, 'other');
    await releaseValue(place.store, release, 'a', '1.0');
    const racing = await place.through({
      after: async (request) => {
        if (isTagWrite(request)) await place.store.tag(other, 'prod');
      },
    });
    await racing.refused('TAG_MOVED', ':1.0');
    // Who moved it is left alone: what it shows has no statement, and no cluster follows.
    assert.equal(await place.shown(), other.descriptor.digest);
  });

  test('between the statement and the write: nothing is overwritten', async (t) => {
    const place = makePlace(t);
    const other = await pushValue(place.store, 'other');
    await releaseValue(place.store, release, 'a', '1.0');
    const racing = await place.through({
      after: async ({ method, path }) => {
        // The statement's own manifest is the first that is written.
        if (method === 'PUT' && path.includes('/manifests/sha256:')) await place.store.tag(other, 'prod');
      },
    });
    await racing.refused('TAG_MOVED', ':1.0');
    assert.equal(await place.shown(), other.descriptor.digest);
    assert.ok(!racing.seen.some((line) => line.startsWith('PUT') && line.endsWith('/manifests/prod')));
  });

  test('a registry that takes the tag and does not move it', async (t) => {
    const place = makePlace(t);
    await releaseValue(place.store, release, 'a', '1.0');
    const lying = await place.through({
      before: (request) => (isTagWrite(request) ? { status: 201 } : undefined),
    });
    await lying.refused('TAG_MOVED', ':1.0');
  });

  test('two promoters at once: one wins, or the next promotion settles it', async (t) => {
    const place = makePlace(t);
    await Promise.all(
      ['a', 'b'].map((value, index) => releaseValue(place.store, release, value, `${index}.0`)),
    );
    const ask = (tag: string, key: string): Promise<{ code: number | null; stdout: string }> =>
      field.run([
        'promote',
        `${place.reference}:${tag}`,
        'prod',
        '--verify-key',
        'release.pub',
        '--key',
        `${key}.key`,
        '--promotion-key',
        'promoter.pub',
        '--promotion-key',
        'second.pub',
        '-o',
        'json',
      ]);
    const both = await Promise.all([ask('0.0', 'promoter'), ask('1.0', 'second')]);
    for (const { code, stdout } of both) {
      if (code === 0) continue;
      assert.equal(JSON.parse(stdout).error.code, 'TAG_MOVED');
    }
    const settled = await place.promote(':1.0', '--reason', 'settle');
    assert.equal(await place.shown(), settled['digest']);
    const file = await policyFor(place, { authorities: ['promoter', 'second'] });
    await field.json(['verify', `${place.reference}:prod`, '--policy', file]);
  });
});

suite('what the registry hides', { concurrency: 3 }, () => {
  /** Two promotions, of which the registry then hides the second with its artifact’s tag. */
  async function hidden(t: TestContext): Promise<{ place: Place; hiding: Place; newest: Content }> {
    const place = makePlace(t);
    await releaseValue(place.store, release, 'a', '1.0');
    const newest = await releaseValue(place.store, release, 'b', '2.0');
    await releaseValue(place.store, release, 'c', '3.0');
    await place.promote(':1.0');
    const first = await place.store.resolve('prod');
    await place.promote(':2.0');
    await place.store.tag(first, 'prod');
    const hiding = await place.through({
      before: ({ path }) => (path.includes(newest.descriptor.digest) ? { status: 404 } : undefined),
      after: (_, { body, ...answer }) =>
        answer.headers['content-type']?.includes('json') === true && String(body).includes('"tags"')
          ? { ...answer, body: String(body).replace(',"2.0"', '') }
          : undefined,
    });
    return { place, hiding, newest };
  }

  test('without --after a hidden sequence is used again, and every cluster that saw it says so', async (t) => {
    const { place, hiding, newest } = await hidden(t);
    // The hidden tag has to go unseen for that: its artifact can't be resolved at all.
    const { sequence } = await hiding.promote(':3.0');
    assert.equal(sequence, 2);
    const seen = { sequence: 2, digest: newest.descriptor.digest };
    const equal = await policyFor(place, {}, seen);
    const verify = ['verify', `${place.reference}:prod`, '--policy'];
    await field.refused('EQUIVOCATION', [...verify, equal]);
    const ahead = await policyFor(place, {}, { ...seen, sequence: 3 });
    await field.refused('SEQUENCE_REPLAYED', [...verify, ahead]);
  });

  test('with --after the next one is above what was hidden', async (t) => {
    const { place, hiding, newest } = await hidden(t);
    const { sequence } = await hiding.promote(':3.0', '--after', '2');
    assert.equal(sequence, 3);
    const file = await policyFor(place, {}, { sequence: 2, digest: newest.descriptor.digest });
    await field.json(['verify', `${place.reference}:prod`, '--policy', file]);
  });

  test('a tag that is listed and can not be read stops the promotion: it may be the highest', async (t) => {
    const place = makePlace(t);
    await releaseValue(place.store, release, 'a', '1.0');
    const newest = await releaseValue(place.store, release, 'b', '2.0');
    await place.promote(':2.0');
    const hiding = await place.through({
      before: ({ path }) =>
        path.includes(newest.descriptor.digest) || path.endsWith('/manifests/2.0')
          ? { status: 404 }
          : undefined,
    });
    await hiding.refused('CONTENT_MISSING', ':1.0');
    assert.equal(await place.shown(), newest.descriptor.digest);
  });

  test('a statement that is listed and can not be read stops the promotion', async (t) => {
    const place = makePlace(t);
    await releaseValue(place.store, release, 'a', '1.0');
    const newest = await releaseValue(place.store, release, 'b', '2.0');
    const { statementDigest } = await place.promote(':2.0');
    const hiding = await place.through({
      before: ({ path }) => (path.includes(String(statementDigest)) ? { status: 404 } : undefined),
    });
    await hiding.refused('SIGNATURE_UNCHECKABLE', ':1.0');
    assert.equal(await place.shown(), newest.descriptor.digest);
  });

  test('a statement that the registry takes, shows once and then hides moves no tag', async (t) => {
    const place = makePlace(t);
    await releaseValue(place.store, release, 'a', '1.0');
    let step: 'before' | 'written' | 'shown' = 'before';
    const hiding = await place.through({
      before: ({ method, path }) => {
        if (method === 'PUT' && path.includes('/manifests/sha256:')) step = 'written';
        if (!path.includes('/referrers/')) return undefined;
        if (step === 'shown') {
          const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] };
          return { status: 200, headers: { 'content-type': mediaTypes.index }, body: JSON.stringify(index) };
        }
        if (step === 'written') step = 'shown';
        return undefined;
      },
    });
    await hiding.refused('STATEMENT_MISSING', ':1.0');
    assert.equal(await place.shown(), undefined);
  });
});

suite('lost update', { concurrency: 2 }, () => {
  test('of the fallback index: two signers at once, and both statements survive', async (t) => {
    const place = makePlace(t, withoutApi.host);
    const artifact = await pushValue(place.store, 'a', '1.0');
    const signers = ['release', 'promoter', 'second', 'attacker'];
    await Promise.all(
      signers.map((name) =>
        field.json([
          'sign',
          `${place.reference}:1.0`,
          '--key',
          `${name}.key`,
          '--signature-format',
          'bundle',
        ]),
      ),
    );
    assert.equal((await place.store.referrers(artifact.descriptor)).length, signers.length);
    for (const name of signers) {
      await field.json(['verify', `${place.reference}:1.0`, '--verify-key', `${name}.pub`]);
    }
  });

  test('of the legacy tag: who is told that it worked is there, and who is not may try again', async (t) => {
    const place = makePlace(t, withoutApi.host);
    await pushValue(place.store, 'a', '1.0');
    const sign = (name: string): readonly string[] => [
      'sign',
      `${place.reference}:1.0`,
      '--key',
      `${name}.key`,
      '--signature-format',
      'legacy',
    ];
    const verify = (name: string): readonly string[] => [
      'verify',
      `${place.reference}:1.0`,
      '--verify-key',
      `${name}.pub`,
    ];
    const names = ['release', 'promoter', 'second'];
    const finished = await Promise.all(names.map((name) => field.run([...sign(name), '-o', 'json'])));
    const lost: string[] = [];
    for (const [index, name] of names.entries()) {
      const { code, stdout } = finished[index] ?? { code: null, stdout: '' };
      if (code === 0) await field.json(verify(name));
      else lost.push(name, JSON.parse(stdout).error.code);
    }
    // Lost to another writer, it is not there: neither "signed by another", nor anything else.
    assert.deepEqual(
      lost.filter((_, index) => index % 2 === 1 && lost[index] !== 'SIGNATURE_MISSING'),
      [],
    );
    for (const name of names) {
      await field.json(sign(name));
      await field.json(verify(name));
    }
  });
});

suite('whose statement', { concurrency: 3 }, () => {
  test('promotion key = release key', async (t) => {
    const place = makePlace(t);
    await releaseValue(place.store, release, 'a', '1.0');
    await place.refused('INPUT_CONFLICT', ':1.0', '--key', 'release.key');
    assert.equal(await place.shown(), undefined);
  });

  test('what is not signed, or by a stranger, is not promoted', async (t) => {
    const place = makePlace(t);
    await pushValue(place.store, 'a', '1.0');
    await releaseValue(place.store, attacker, 'b', '2.0');
    await place.refused('SIGNATURE_MISSING', ':1.0');
    await place.refused('SIGNATURE_INVALID', ':2.0');
    assert.equal(await place.shown(), undefined);
  });

  test('a key that the policy does not name moves no tag', async (t) => {
    const place = makePlace(t);
    await releaseValue(place.store, release, 'a', '1.0');
    const file = await policyFor(place);
    await place.refused('STATEMENT_MISSING', ':1.0', '--policy', file, '--key', 'attacker.key');
    await place.refused('STATEMENT_MISSING', ':1.0', '--policy', file, '--key', 'heart.key');
    assert.equal(await place.shown(), undefined);
  });

  test('a heartbeat key prolongs by --heartbeat, and promotes nothing by it', async (t) => {
    const place = makePlace(t);
    const { descriptor } = await releaseValue(place.store, release, 'a', 'prod');
    const file = await policyFor(place, { heartbeatAuthorities: ['heart'], maxAge: '1h' });
    const heart = ['--policy', file, '--key', 'heart.key'];
    await place.refused('STATEMENT_MISSING', '', '--heartbeat', ...heart);
    await place.refused('STATEMENT_MISSING', ':prod', ...heart);
    const issuedAt = timeFromNow(-3000);
    await promoteBy(place.store, descriptor, promoter, { repository: place.repository, issuedAt });
    assert.equal((await place.promote('', '--heartbeat', ...heart))['action'], 'heartbeat');
    // One that is of no use is not left for ever in the registry.
    const count = (await place.store.referrers(descriptor)).length;
    await place.promote('', '--heartbeat', ...heart);
    assert.equal((await place.store.referrers(descriptor)).length, count);
  });

  test('a heartbeat confirms no bare retag, and nothing below the highest', async (t) => {
    const place = makePlace(t);
    const first = await releaseValue(place.store, release, 'a', '1.0');
    await releaseValue(place.store, release, 'b', '2.0');
    await place.promote(':1.0');
    await place.promote(':2.0');
    await place.store.tag(first, 'prod');
    await place.refused('EQUIVOCATION', '', '--heartbeat');
    await place.store.tag(await pushValue(place.store, 'c'), 'prod');
    await place.refused('STATEMENT_MISSING', '', '--heartbeat');
  });

  test('nothing is promoted over a bare retag', async (t) => {
    const place = makePlace(t);
    await releaseValue(place.store, release, 'a', '1.0');
    const other = await pushValue(place.store, 'other', 'prod');
    await place.refused('STATEMENT_MISSING', ':1.0');
    assert.equal(await place.shown(), other.descriptor.digest);
  });

  test('--rollback goes back to nothing that was never promoted', async (t) => {
    const place = makePlace(t);
    const first = await releaseValue(place.store, release, 'a', '1.0');
    const never = await releaseValue(place.store, release, 'b', '2.0');
    await releaseValue(place.store, release, 'c', '3.0');
    await place.promote(':1.0');
    await place.promote(':3.0');
    // A statement by a stranger is none.
    await promoteBy(place.store, never.descriptor, attacker, { repository: place.repository });
    await place.refused('ROLLBACK_NOT_ALLOWED', '', '--rollback', never.descriptor.digest);
    const back = await place.promote('', '--rollback', first.descriptor.digest);
    assert.deepEqual([back['action'], back['sequence']], ['rollback', 3]);
  });

  test('a stolen key that used up the last sequence is told, and a new epoch is the way out', async (t) => {
    const place = makePlace(t);
    const artifact = await releaseValue(place.store, release, 'a', '1.0');
    await promoteBy(place.store, artifact.descriptor, second, {
      repository: place.repository,
      sequence: Number.MAX_SAFE_INTEGER,
    });
    await releaseValue(place.store, release, 'b', '2.0');
    await place.refused('SEQUENCE_LIMIT', ':2.0');
    assert.equal((await place.promote(':2.0', '--epoch', '2'))['sequence'], 1);
  });
});

suite('two must sign', { concurrency: 3 }, () => {
  const two = { authorities: ['promoter', 'second'], threshold: 2 };

  test('the tag stays until the second has signed the same statement', async (t) => {
    const place = makePlace(t);
    const artifact = await releaseValue(place.store, release, 'a', '1.0');
    const policy = ['--policy', await policyFor(place, two)];
    const begun = await place.promote(':1.0', ...policy, '--key', 'promoter.key');
    assert.deepEqual([begun['missingSigners'], begun['changed']], [1, false]);
    assert.equal(await place.shown(), undefined);
    // The first one again is still one.
    const cosign = ['--cosign', String(begun['statementDigest'])];
    const again = await place.promote(':1.0', ...policy, ...cosign, '--key', 'promoter.key');
    assert.equal(again['missingSigners'], 1);
    assert.equal(await place.shown(), undefined);
    const done = await place.promote(':1.0', ...policy, ...cosign, '--key', 'second.key');
    assert.deepEqual([done['missingSigners'], done['sequence'], done['changed']], [0, 1, true]);
    assert.equal(await place.shown(), artifact.descriptor.digest);
  });

  test('--cosign signs no statement of a stranger, of another channel, or of another artifact', async (t) => {
    const place = makePlace(t);
    const { repository, store } = place;
    const { descriptor } = await releaseValue(store, release, 'a', '1.0');
    const other = await releaseValue(store, release, 'b', '2.0');
    const foreign = await promoteBy(store, descriptor, attacker, { repository });
    const channel = await promoteBy(store, descriptor, promoter, { repository, channel: 'staging' });
    const elsewhere = await promoteBy(store, descriptor, promoter, { repository: 'acme/db' });
    const aside = await promoteBy(store, other.descriptor, promoter, { repository });
    const refusals: readonly (readonly [ErrorCode, Content])[] = [
      ['STATEMENT_MISSING', foreign],
      ['WRONG_CHANNEL', channel],
      ['WRONG_REPOSITORY', elsewhere],
      ['STATEMENT_MISSING', aside],
    ];
    const policy = ['--policy', await policyFor(place, two), '--key', 'second.key'];
    for (const [code, statement] of refusals) {
      await place.refused(code, ':1.0', ...policy, '--cosign', statement.descriptor.digest);
    }
    assert.equal(await place.shown(), undefined);
  });

  test('--cosign signs no statement that is older than another one', async (t) => {
    const place = makePlace(t);
    const { repository, store } = place;
    const { descriptor } = await releaseValue(store, release, 'a', '1.0');
    const newer = await releaseValue(store, release, 'b', '2.0');
    const old = await promoteBy(store, descriptor, promoter, { repository, sequence: 3 });
    await promoteBy(store, newer.descriptor, promoter, { repository, sequence: 4 });
    const policy = ['--policy', await policyFor(place, two), '--key', 'second.key'];
    await place.refused('SEQUENCE_REPLAYED', ':1.0', ...policy, '--cosign', old.descriptor.digest);
  });

  test('--cosign signs no statement that has expired', async (t) => {
    const place = makePlace(t);
    const { descriptor } = await releaseValue(place.store, release, 'a', '1.0');
    const old = await promoteBy(place.store, descriptor, promoter, {
      repository: place.repository,
      issuedAt: timeFromNow(-7200),
      expiresAt: timeFromNow(-3600),
    });
    const policy = ['--policy', await policyFor(place, two), '--key', 'second.key'];
    await place.refused('STATEMENT_EXPIRED', ':1.0', ...policy, '--cosign', old.descriptor.digest);
    assert.equal(await place.shown(), undefined);
  });
});

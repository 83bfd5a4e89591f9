// publish by identity where something is missing or fails: each is named, no tag is moved, no token is told, and the next
// run repairs what the failed one left.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, suite, test, type TestContext } from 'node:test';
import { assertUnseen, errorsOf, type Values } from '../helpers/action-step.ts';
import { sealift } from '../helpers/cli.ts';
import { openKeylessWorkflow } from '../helpers/keyless-workflow.ts';

const workflow = await openKeylessWorkflow();
after(() => workflow.close());
const { at, cwd, publish, registry, services, sigstore, tagsOf } = workflow;
const noIdentity = { ACTIONS_ID_TOKEN_REQUEST_URL: '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' };
/** A port that nothing listens on. */
const nowhere = 'http://127.0.0.1:1';

test('without the permission it fails at once, and names both causes', async () => {
  for (const [action, inputs] of [
    ['publish', { path: 'a.yaml', tags: '1.0' }],
    ['promote', { from: '1.0', to: 'production', policy: 'policy.yaml' }],
  ] as const) {
    await writeFile(at('policy.yaml'), '');
    const given = { ...services, ...inputs, repository: `oci://${registry.host}/forbidden` };
    const result = await workflow.step(action, given, noIdentity);
    assert.equal(result.code, 1);
    const shown = errorsOf(result).join('\n');
    assert.match(shown, /title=Identity token is not available \(IDENTITY_TOKEN_UNAVAILABLE\)::sign: /u);
    assert.match(shown, /ACTIONS_ID_TOKEN_REQUEST_URL/u);
    assert.match(shown, /permissions: id-token: write/u);
    assert.match(shown, /from a fork/u);
  }
  assert.deepEqual(await tagsOf('forbidden'), []);
});

suite('a private repository is not named to the public instance', () => {
  const isPublic = Object.fromEntries(Object.keys(services).map((name) => [name, '']));
  const events: readonly (readonly [string, object])[] = [
    ['private', { private: true, visibility: 'private' }],
    ['internal', { private: true, visibility: 'internal' }],
  ];
  for (const [visibility, members] of events) {
    test(`unless that is allowed: ${visibility}`, async () => {
      const event = at(`${visibility}.json`);
      const repository = { full_name: 'example-org/example-app', ...members };
      await writeFile(event, JSON.stringify({ repository }));
      // Who asked for a token all the same would find nobody there.
      const env = { GITHUB_EVENT_PATH: event, ACTIONS_ID_TOKEN_REQUEST_URL: 'https://127.0.0.1:1/' };
      const result = await publish(`hidden-${visibility}`, isPublic, env);
      assert.equal(result.code, 1);
      const shown = errorsOf(result).join('\n');
      assert.match(shown, /\(PUBLIC_LOG_REFUSED\)::allow-public-log: /u);
      assert.ok(shown.includes(`the repository is ${visibility}`), shown);
      assert.equal(errorsOf(result).length, 1);
      const answer = await fetch(`${registry.url}/v2/hidden-${visibility}/tags/list`);
      assert.equal(answer.status, 404);
    });
  }
});

suite('a service that fails is named, and leaves no tag', { concurrency: 2 }, () => {
  const cases: readonly (readonly [string, Values, Values, string])[] = [
    ['certificate authority', { 'fulcio-url': nowhere }, {}, 'CERTIFICATE_FAILED'],
    ['log', { 'rekor-url': nowhere }, {}, 'LOG_ENTRY_FAILED'],
    ['log of another version', { 'rekor-version': '1' }, {}, 'LOG_ENTRY_FAILED'],
    ['timestamp authority', { 'timestamp-url': nowhere }, {}, 'TIMESTAMP_FAILED'],
    [
      'issuer that refuses',
      {},
      { ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'another-request-secret' },
      'IDENTITY_TOKEN_UNAVAILABLE',
    ],
    [
      'issuer that is not there',
      {},
      { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://127.0.0.1:1/token?a=b' },
      'IDENTITY_TOKEN_UNAVAILABLE',
    ],
    ['token of another time', {}, workflow.asJob({ exp: 1000 }), 'CERTIFICATE_FAILED'],
  ];
  for (const [index, [name, inputs, env, code]] of cases.entries()) {
    test(name, async () => {
      const repository = `failing-${index}`;
      const result = await publish(repository, { retries: '0', ...inputs }, env);
      assert.equal(result.code, 1);
      assert.match(errorsOf(result).join('\n'), new RegExp(`\\(${code}\\)::`, 'u'));
      assertUnseen(result, 'another-request-secret');
      assert.deepEqual(await tagsOf(repository), []);
      assert.deepEqual(result.outputs, {});
    });
  }

  test('a root of another instance', async () => {
    const root = JSON.stringify(sigstore.trustedRoot({ timestampAuthorities: false }));
    await writeFile(at('other-root.json'), root);
    const result = await publish('foreign', { 'trusted-root': 'other-root.json' });
    assert.equal(result.code, 1);
    assert.match(errorsOf(result).join('\n'), /title=(?:Timestamp is missing|Signature is not valid)/u);
    assert.deepEqual(await tagsOf('foreign'), []);
  });
});

/** The registry behind a proxy that denies the write of one manifest; gives `HOST:PORT`. */
async function denyManifest(t: TestContext, number: number): Promise<string> {
  let writes = 0;
  const server = createServer((incoming, outgoing) => {
    const { method, url = '', headers } = incoming;
    if (method === 'PUT' && url.includes('/manifests/')) writes += 1;
    if (writes === number && method === 'PUT') {
      incoming.resume();
      outgoing.writeHead(403).end();
      return;
    }
    const onward = httpRequest(`${registry.url}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  // A listening server on a port has such an address.
  const { port } = server.address() as AddressInfo;
  return `127.0.0.1:${port}`;
}

suite('a write that is denied leaves no tag, and the next run repairs it', { concurrency: 2 }, () => {
  for (const [index, what] of ['artifact', 'signature', 'provenance', 'tag'].entries()) {
    test(what, async (t) => {
      const host = await denyManifest(t, index + 1);
      const repository = `denied-${what}`;
      const result = await publish(repository, { repository: `oci://${host}/${repository}` });
      assert.equal(result.code, 1, what);
      assert.match(errorsOf(result).join('\n'), /\(REGISTRY_DENIED\)::/u);
      assert.deepEqual(await tagsOf(repository), []);
      const again = await publish(repository);
      assert.equal(again.code, 0, again.everything);
      const { code, stderr } = await sealift(
        [
          'verify',
          `oci://${registry.host}/${repository}:1.0`,
          `--certificate-identity=${sigstore.identity()}`,
          `--certificate-oidc-issuer=${sigstore.issuer}`,
          `--trusted-root=${at('root.json')}`,
        ],
        { cwd },
      );
      assert.equal(code, 0, stderr);
    });
  }
});

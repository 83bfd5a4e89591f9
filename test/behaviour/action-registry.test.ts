// How the actions reach their registry: with credentials that only it sees, for a bounded time, and with a bounded number
// of tries. Each is the bundle in a process, and its secrets are in no stream.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test, type TestContext } from 'node:test';
import { startRegistry } from '../../src/server/registry.ts';
import { buildDist } from '../../tools/build.ts';
import { account, basic, writeAccounts } from '../helpers/accounts.ts';
import { assertUnseen, errorsOf, openWorkflow } from '../helpers/action-step.ts';
import { makePrivatePem, publicPemOf, signerNamed } from '../helpers/signers.ts';

const cwd = await mkdtemp(join(tmpdir(), 'sealift-action-registry-'));
const dist = join(cwd, 'dist');
const [registry] = await Promise.all([
  startRegistry({ directory: join(cwd, 'registry'), accounts: { htpasswd: await writeAccounts(cwd) } }),
  buildDist(dist, ['publish.js', 'promote.js', 'verify.js', 'diff.js']),
]);
after(async () => {
  await registry.close();
  await rm(cwd, { recursive: true, force: true });
});
const workflow = await openWorkflow(cwd, dist);
await writeFile(join(workflow.workspace, 'a.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
const key = makePrivatePem();
const login = { 'registry-username': account.name, 'registry-password': account.password };
const publish = {
  repository: `oci://${registry.host}/app`,
  path: 'a.yaml',
  tags: '1.0',
  'signing-key': key,
};
const header = basic(account.name, account.password).slice('Basic '.length);

/** A server on loopback; gives `HOST:PORT`. */
async function listen(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  // A listening server on a port has such an address.
  const { port } = server.address() as AddressInfo;
  return `127.0.0.1:${port}`;
}

suite('registry-username and registry-password', () => {
  test('log in all actions, and are seen nowhere', async () => {
    const release = await signerNamed('release');
    const published = await workflow.step('publish', { ...publish, ...login });
    assert.equal(published.code, 0, published.everything);
    const { repository } = publish;
    const steps = [
      published,
      await workflow.step('diff', { repository, base: '1.0', head: '1.0', comment: 'false', ...login }),
      // What this key has not signed is refused, but by us: the registry has answered.
      await workflow.step('verify', {
        repository,
        version: '1.0',
        'public-key': publicPemOf(release),
        ...login,
      }),
      await workflow.step('promote', {
        repository,
        from: '1.0',
        to: 'production',
        'public-key': publicPemOf(release),
        'signing-key': key,
        ...login,
      }),
    ];
    assert.deepEqual(
      steps.map(({ code }) => code),
      [0, 0, 1, 1],
    );
    for (const step of steps) {
      assertUnseen(step, header);
      for (const secret of [account.password, header]) assert.ok(step.masks.includes(secret));
    }
    for (const step of steps.slice(2)) assert.match(errorsOf(step).join(), /SIGNATURE_INVALID/u);
  });

  test('that are wrong, or missing, say so', async () => {
    const none = await workflow.step('publish', publish);
    assert.match(errorsOf(none).join(), /CREDENTIALS_MISSING/u);
    const wrong = 'not-the-password';
    const refused = await workflow.step('publish', { ...publish, ...login, 'registry-password': wrong });
    assert.match(errorsOf(refused).join(), /REGISTRY_UNAUTHORIZED/u);
    assertUnseen(refused, wrong, basic(account.name, wrong).slice('Basic '.length));
  });

  test('go to the registry of the repository alone', async (t) => {
    const asked: (string | undefined)[] = [];
    const host = await listen(t, ({ headers }, response) => {
      asked.push(headers.authorization);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="elsewhere"' }).end();
    });
    const redirecting = await listen(t, (_, response) => {
      response.writeHead(307, { location: `http://${host}/elsewhere` }).end();
    });
    const repository = `oci://${redirecting}/app`;
    const { code } = await workflow.step('publish', { ...publish, ...login, repository });
    assert.equal(code, 1);
    assert.ok(asked.length > 0);
    assert.deepEqual(new Set(asked), new Set([undefined]));
  });
});

test('the time of the whole action ends what hangs, and says so', async (t) => {
  const host = await listen(t, () => undefined);
  for (const [action, inputs] of [
    ['publish', publish],
    ['verify', { version: '1.0', 'public-key': publicPemOf(await signerNamed('release')) }],
    ['diff', { head: '1.0', comment: 'false' }],
  ] as const) {
    const given = { ...inputs, repository: `oci://${host}/app`, timeout: '1s' };
    const result = await workflow.step(action, given);
    assert.equal(result.code, 1, action);
    assert.deepEqual(errorsOf(result), [
      '::error title=Timed out::the action took longer than the input timeout allows',
    ]);
    assert.deepEqual(result.outputs, {});
  }
});

test('a request is tried as often as the input says', async (t) => {
  for (const retries of [0, 1]) {
    const asked: string[] = [];
    const host = await listen(t, ({ method, url }, response) => {
      asked.push(`${method} ${url}`);
      response.writeHead(503).end();
    });
    const repository = `oci://${host}/app`;
    const result = await workflow.step('publish', { ...publish, repository, retries: String(retries) });
    assert.match(errorsOf(result).join(), /REGISTRY_UNAVAILABLE/u);
    assert.deepEqual([asked.length, new Set(asked).size], [retries + 1, 1]);
  }
});

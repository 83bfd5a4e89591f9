// Publish against a registry that fails at each request in turn: no tag ever shows anything unverified, and the next
// run repairs what the failed one left.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { run } from '../../action/publish/main.ts';
import { verifyArtifact } from '../../src/operations/verify.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { createTransport } from '../../src/registry/transport.ts';
import { startRegistry } from '../../src/server/registry.ts';
import { parseVerifyKey } from '../../src/signing/keys.ts';
import { readDefaults } from '../helpers/action-defaults.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { makeHost, type FakeHost } from '../unit/action/fake-host.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const authorities = [
  { name: 'key', key: parseVerifyKey(pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()) },
];

type Proxy = {
  readonly host: string;
  /** Has the request of this number, counted from now, denied; later ones pass. */
  failAt(number: number): void;
  /** Requests since then, as `METHOD PATH`. */
  readonly seen: string[];
};

/** A registry behind a proxy that denies one request. */
async function startFailing(t: TestContext): Promise<Proxy> {
  const registry = await startRegistry({ directory: await makeTempDir(t) });
  const seen: string[] = [];
  let failing = 0;
  const server = createServer((incoming, outgoing) => {
    seen.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
    if (seen.length === failing) {
      incoming.resume();
      outgoing.writeHead(403).end();
      return;
    }
    const { method, url, headers } = incoming;
    const onward = httpRequest(`${registry.url}${url ?? ''}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await registry.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return {
    host: `127.0.0.1:${address.port}`,
    failAt: (number) => {
      seen.length = 0;
      failing = number;
    },
    seen,
  };
}

async function publish(
  workspace: string,
  repository: string,
  signal = new AbortController().signal,
): Promise<FakeHost & { readonly code: number }> {
  const fake = makeHost({
    ...(await readDefaults()),
    repository,
    path: '.',
    tags: 'v1\nv2',
    created: 'none',
    'signing-key': pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  });
  const code = await run({
    host: fake.host,
    env: { GITHUB_WORKSPACE: workspace },
    now: () => 0,
    random: () => 0,
    signal,
  });
  return { ...fake, code };
}

test('no failure leaves a tag that does not verify', async (t) => {
  const folder = await makeTempDir(t);
  const workspace = join(folder, 'workspace');
  await mkdir(workspace);
  await writeFile(join(workspace, 'a.yaml'), 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n');
  const proxy = await startFailing(t);
  const transport = createTransport();
  t.after(() => transport.close());
  let failures = 0;
  for (let number = 1; ; number += 1) {
    const reference = { registry: proxy.host, repository: `config/app-${number}` };
    const store = openRepository({ send: transport.send, reference });
    proxy.failAt(number);
    const first = await publish(workspace, `oci://${proxy.host}/${reference.repository}`);
    const seen = [...proxy.seen];
    if (seen.length < number) {
      assert.equal(first.code, 0);
      break;
    }
    // Some denials are no failures: a registry without the referrers API answers them with errors, too.
    failures += first.code;
    const place = `request ${number}, ${seen[number - 1] ?? ''}`;
    const tags = (await store.tags()).filter((tag) => !tag.startsWith('sha256-'));
    const written = seen.slice(0, number - 1).filter((line) => /^PUT .*\/manifests\/v\d$/u.test(line));
    if (first.code === 1) {
      assert.deepEqual(
        tags,
        written.map((line) => line.slice(-2)),
        place,
      );
      assert.equal(first.outputs.size, 0, place);
      assert.match(first.log.join('\n'), /\nerror .* answered 403/u, place);
    }
    for (const tag of tags) await verifyArtifact(store, { reference: tag, authorities });
    const second = await publish(workspace, `oci://${proxy.host}/${reference.repository}`);
    assert.equal(second.code, 0, `${place}\n${second.log.join('\n')}`);
    for (const tag of ['v1', 'v2']) await verifyArtifact(store, { reference: tag, authorities });
  }
  assert.ok(failures > 15, `only ${failures} requests could fail`);
});

test('a run that is cancelled says no more than that', async (t) => {
  const workspace = await makeTempDir(t);
  await writeFile(join(workspace, 'a.yaml'), 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n');
  const proxy = await startFailing(t);
  const { code, log } = await publish(workspace, `oci://${proxy.host}/config/app`, AbortSignal.abort());
  assert.equal(code, 1);
  assert.equal(log.at(-1), 'error Cancelled :: the run was cancelled');
  assert.deepEqual(proxy.seen, []);
});

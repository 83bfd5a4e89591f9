// Keyless signing, by the command and by the action, where only a proxy leads out: identity token, certificate, log entry, timestamp and registry are all
// reached through a real forward proxy that alone knows their names, with certificates of a private CA.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:https';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startRegistry } from '../../src/server/registry.ts';
import { readDefaults } from '../helpers/action-defaults.ts';
import { runStep } from '../helpers/action-step.ts';
import { sealift } from '../helpers/cli.ts';
import { startForwardProxy } from '../servers/forward-proxy.ts';
import { listenOnLoopback } from '../servers/sigstore/loopback.ts';
import { startSigstore } from '../servers/sigstore/stack.ts';
import { createTestAuthority } from '../servers/test-authority.ts';

const cwd = await mkdtemp(join(tmpdir(), 'sealift-keyless-proxy-'));
const authority = createTestAuthority();
const issued = authority.issue(['*.sigstore.test', 'registry.test']);
await writeFile(join(cwd, 'server.crt'), issued.certificate);
await writeFile(join(cwd, 'server.key'), issued.key);
const [sigstore, registry] = await Promise.all([
  startSigstore(join(cwd, 'sigstore')),
  startRegistry({
    directory: join(cwd, 'registry'),
    tls: { cert: join(cwd, 'server.crt'), key: join(cwd, 'server.key') },
  }),
]);
after(async () => {
  await Promise.all([sigstore.stop(), registry.close()]);
  await rm(cwd, { recursive: true, force: true });
});

/** One of the servers behind TLS; gives the port of it. */
async function startFront(t: { after(run: () => Promise<void>): void }, target: string): Promise<string> {
  const server = createServer({ cert: issued.certificate, key: issued.key }, (incoming, outgoing) => {
    const { method, url = '/', headers } = incoming;
    const open = target.startsWith('https:') ? httpsRequest : httpRequest;
    const onward = open(new URL(url, target), { method, headers, rejectUnauthorized: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  const { url, stop } = await listenOnLoopback(server, 'https');
  t.after(stop);
  return new URL(url).port;
}

type Signing = {
  readonly env: Readonly<Record<string, string>>;
  readonly services: readonly string[];
  readonly workspace: string;
  readonly registry: string;
};

/** The same by the action, whose inputs have the names of the command's options. */
async function asAction({ env, services, workspace, registry: host }: Signing): Promise<void> {
  const named: Record<string, string> = {};
  for (let index = 0; index < services.length; index += 2) {
    named[(services[index] ?? '').slice(2)] = services[index + 1] ?? '';
  }
  const published = await runStep({
    entry: join(import.meta.dirname, '../../action/publish/index.ts'),
    temp: join(workspace, 'step'),
    workspace,
    inputs: {
      ...(await readDefaults()),
      repository: `oci://${host}/config/by-action`,
      path: 'a.yaml',
      tags: '1.0',
      ...named,
    },
    env,
  });
  assert.equal(published.code, 0, published.everything);
  assert.equal(published.outputs['certificate-identity'], sigstore.identity());
}

test('everything that signing needs goes by the proxy', async (t) => {
  const proxy = await startForwardProxy(t);
  const [fulcio, rekor, timestamps, tokens] = await Promise.all(
    [sigstore.fulcioUrl, sigstore.rekorUrl, sigstore.timestampUrl, sigstore.issuer].map(async (url) =>
      startFront(t, url),
    ),
  );
  const reference = `registry.test:${new URL(registry.url).port}/config/app:1.0`;
  await Promise.all([
    writeFile(join(cwd, 'ca.pem'), authority.pem),
    writeFile(join(cwd, 'root.json'), JSON.stringify(sigstore.trustedRoot())),
    writeFile(join(cwd, 'a.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n'),
  ]);
  const request = new URL(sigstore.tokenRequest.url);
  const env = {
    HTTPS_PROXY: `http://${proxy.host}`,
    ACTIONS_ID_TOKEN_REQUEST_URL: `https://tokens.sigstore.test:${tokens}${request.pathname}${request.search}`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: sigstore.tokenRequest.token,
    // As a runner's administrator sets it for all steps.
    NODE_EXTRA_CA_CERTS: join(cwd, 'ca.pem'),
  };
  const services = [
    ['--fulcio-url', `https://fulcio.sigstore.test:${fulcio}`],
    ['--rekor-url', `https://rekor.sigstore.test:${rekor}`],
    ['--timestamp-url', `https://timestamps.sigstore.test:${timestamps}`],
    ['--trusted-root', 'root.json'],
  ].flat();
  const push = ['push', `oci://${reference}`, '-f', 'a.yaml', ...services];
  const pushed = await sealift(push, { cwd, env });
  assert.equal(pushed.code, 0, pushed.stderr);
  const verify = [
    'verify',
    `oci://${reference}`,
    `--certificate-identity=${sigstore.identity()}`,
    `--certificate-oidc-issuer=${sigstore.issuer}`,
    '--trusted-root=root.json',
  ];
  const verified = await sealift(verify, { cwd, env });
  assert.equal(verified.code, 0, verified.stderr);
  await asAction({ env, services, workspace: cwd, registry: reference.split('/')[0] ?? '' });
  const hosts = new Set(proxy.lines().map((line) => line.replace(/:\d+$/u, '')));
  assert.deepEqual([...hosts].sort(), [
    'CONNECT fulcio.sigstore.test',
    'CONNECT registry.test',
    'CONNECT rekor.sigstore.test',
    'CONNECT timestamps.sigstore.test',
    'CONNECT tokens.sigstore.test',
  ]);

  // What NO_PROXY names is looked for directly, and nobody here knows its name.
  const direct = await sealift(push, { cwd, env: { ...env, NO_PROXY: 'fulcio.sigstore.test' } });
  assert.equal(direct.code, 7, direct.stderr);
  assert.match(
    direct.stderr,
    /CERTIFICATE_FAILED: certificate authority fulcio\.sigstore\.test:\d+ could not/u,
  );
});

// The private Sigstore that other tests sign with is one for cosign too: it signs keyless with its servers, and verifies
// with its trusted root and no network. Two of them do not trust each other.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { requireComponents } from '../components/locate.ts';
import { type HttpAnswer, sendRequest } from '../control-plane/http.ts';
import { type Finished, startCommand } from '../helpers/cli.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';
import { type Claims, startSigstore } from '../servers/sigstore/stack.ts';

const { cosign, crane } = await requireComponents(['cosign', 'crane']);
const cwd = await mkdtemp(join(tmpdir(), 'sealift-sigstore-'));
const [sigstore, stranger, registry] = await Promise.all([
  startSigstore(join(cwd, 'sigstore')),
  startSigstore(join(cwd, 'stranger')),
  startReferrersRegistry(cwd),
]);
after(async () => {
  await Promise.all([sigstore.stop(), stranger.stop(), registry.stop()]);
  await rm(cwd, { recursive: true, force: true });
});

function run(path: string, ...args: readonly string[]): Promise<Finished> {
  return startCommand(path, args, { cwd }).finished;
}

async function ok(work: Promise<Finished>): Promise<string> {
  const { code, stdout, stderr } = await work;
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

async function writeJson(name: string, value: object): Promise<string> {
  const path = join(cwd, name);
  await writeFile(path, JSON.stringify(value));
  return path;
}

const layer = await writeJson('layer.json', { any: 'bytes' });
const trustedRoot = await writeJson('trusted-root.json', sigstore.trustedRoot());

function push(repository: string): Promise<string> {
  const reference = `${registry.host}/${repository}:1.0`;
  return ok(run(crane, 'append', '--oci-empty-base', '--new_layer', layer, '--new_tag', reference));
}

type Services = Parameters<typeof sigstore.signingConfig>[0];

type Signing = {
  readonly claims?: Partial<Claims>;
  readonly services?: Services;
  readonly flags?: readonly string[];
};

async function sign(
  artifact: string,
  { claims = {}, services = {}, flags = [] }: Signing = {},
): Promise<void> {
  const signingConfig = await writeJson('signing-config.json', sigstore.signingConfig(services));
  const signing = [`--signing-config=${signingConfig}`, `--trusted-root=${trustedRoot}`];
  const token = `--identity-token=${sigstore.token(claims)}`;
  await ok(run(cosign, 'sign', ...signing, token, '--yes', ...flags, artifact));
}

type Wanted = {
  readonly identity?: string;
  readonly issuer?: string;
  readonly root?: string;
  readonly flags?: readonly string[];
};

function verify(artifact: string, wanted: Wanted = {}): Promise<Finished> {
  const { identity = sigstore.identity(), issuer = sigstore.issuer, root = trustedRoot, flags = [] } = wanted;
  return run(
    cosign,
    'verify',
    `--trusted-root=${root}`,
    `--certificate-identity=${identity}`,
    `--certificate-oidc-issuer=${issuer}`,
    ...flags,
    artifact,
  );
}

async function refuses(work: Promise<Finished>, reason: RegExp): Promise<void> {
  const { code, stderr } = await work;
  assert.notEqual(code, 0);
  assert.match(stderr, reason);
}

test('cosign accepts a keyless signature of the stack for the right identity alone', async () => {
  const artifact = await push('keyless');
  await sign(artifact);
  await ok(verify(artifact));
  const other = { job_workflow_ref: 'example-org/other/.github/workflows/release.yml@refs/heads/main' };
  await refuses(verify(artifact, { identity: sigstore.identity(other) }), /expected SAN value/u);
  await refuses(verify(artifact, { issuer: stranger.issuer }), /expected issuer value/u);
});

test('the claims of the token are what the certificate says', async () => {
  const artifact = await push('claims');
  const claims = {
    job_workflow_ref: 'example-org/other/.github/workflows/ship.yml@refs/tags/v1',
    repository: 'example-org/other',
    ref: 'refs/tags/v1',
  };
  await sign(artifact, { claims });
  const identity = sigstore.identity(claims);
  assert.equal(identity, `https://github.com/${claims.job_workflow_ref}`);
  const says = (repository: string): Promise<Finished> =>
    verify(artifact, { identity, flags: [`--certificate-github-workflow-repository=${repository}`] });
  await ok(says(claims.repository));
  assert.notEqual((await says('example-org/example-app')).code, 0);
});

test('each part of the trusted root is needed', async () => {
  const artifact = await push('parts');
  await sign(artifact);
  const without = async (
    name: string,
    options: Parameters<typeof sigstore.trustedRoot>[0],
  ): Promise<Wanted> => ({
    root: await writeJson(name, sigstore.trustedRoot(options)),
  });
  await refuses(
    verify(artifact, await without('no-tlogs.json', { tlogs: false })),
    /not enough verified log entries/u,
  );
  await refuses(
    verify(artifact, await without('no-ctlogs.json', { ctlogs: false })),
    /only able to verify 0 SCT entries/u,
  );
  await refuses(
    verify(artifact, await without('no-times.json', { timestampAuthorities: false })),
    /threshold not met for verified signed timestamps/u,
  );
  const past = { end: new Date(Date.now() - 60_000).toISOString() };
  await refuses(
    verify(artifact, await without('past.json', { certificateValidity: past })),
    /leaf certificate verification failed/u,
  );
});

test('with timestamps and no log', async () => {
  const artifact = await push('timestamps');
  await sign(artifact, { services: { rekor: false } });
  await refuses(verify(artifact), /not enough verified log entries/u);
  await ok(verify(artifact, { flags: ['--insecure-ignore-tlog', '--use-signed-timestamps'] }));
});

test('one stack does not trust another', async () => {
  const artifact = await push('stranger');
  await sign(artifact);
  const root = await writeJson('stranger-root.json', stranger.trustedRoot());
  await refuses(verify(artifact, { root }), /not enough verified log entries/u);
});

test('sigstore-js accepts it with the same trusted root', async () => {
  const artifact = await push('sigstore-js');
  await sign(artifact, { flags: ['--upload=false', '--bundle=bundle.json'] });
  const signed = toSignedEntity(bundleFromJSON(JSON.parse(await readFile(join(cwd, 'bundle.json'), 'utf8'))));
  const verifierOf = (root: object): Verifier => new Verifier(toTrustMaterial(TrustedRoot.fromJSON(root)));
  const { identity } = verifierOf(sigstore.trustedRoot()).verify(signed);
  assert.equal(identity?.subjectAlternativeName, sigstore.identity());
  assert.equal(identity?.extensions?.issuer, sigstore.issuer);
  assert.throws(() => verifierOf(stranger.trustedRoot()).verify(signed), { name: 'VerificationError' });
});

test('a job asks for its token as at GitHub', async () => {
  const url = new URL(`${sigstore.tokenRequest.url}&audience=sigstore`);
  const ca = await readFile(sigstore.caCertPath, 'utf8');
  const ask = (token: string): Promise<HttpAnswer> =>
    sendRequest({ method: 'GET', url, ca, headers: { authorization: `bearer ${token}` } });
  const { status, text } = await ask(sigstore.tokenRequest.token);
  assert.equal(status, 200);
  const [, claims = ''] = JSON.parse(text).value.split('.');
  const { aud, iss } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
  assert.deepEqual([aud, iss], ['sigstore', sigstore.issuer]);
  assert.equal((await ask('another')).status, 401);
});

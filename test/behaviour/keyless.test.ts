// Keyless signing against real servers: what sealift signs with a private Fulcio, Rekor v2 and timestamp authority, it
// and both cosigns verify offline with the trusted root alone; and each service that fails is named, without secrets.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { startRegistry } from '../../src/server/registry.ts';
import { requireComponents } from '../components/locate.ts';
import { sealift, startCommand, type Finished } from '../helpers/cli.ts';
import { startCraneRegistry } from '../helpers/crane-registry.ts';
import { startSigstore } from '../servers/sigstore/stack.ts';

const { cosign, cosign2 } = await requireComponents(['cosign', 'cosign2', 'crane']);
const cwd = await mkdtemp(join(tmpdir(), 'sealift-keyless-'));
const [sigstore, ours, theirs] = await Promise.all([
  startSigstore(join(cwd, 'sigstore')),
  startRegistry({ directory: join(cwd, 'registry') }),
  startCraneRegistry(cwd),
]);
after(async () => {
  await Promise.all([sigstore.stop(), ours.close(), theirs.stop()]);
  await rm(cwd, { recursive: true, force: true });
});

await Promise.all([
  writeFile(join(cwd, 'root.json'), JSON.stringify(sigstore.trustedRoot())),
  writeFile(join(cwd, 'root-no-log.json'), JSON.stringify(sigstore.trustedRoot({ tlogs: false }))),
  writeFile(join(cwd, 'config.json'), JSON.stringify(sigstore.signingConfig())),
  writeFile(join(cwd, 'no-log.json'), JSON.stringify(sigstore.signingConfig({ rekor: false }))),
  writeFile(join(cwd, 'a.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n'),
  writeFile(join(cwd, 'tests.json'), '{"passed": true}'),
]);

type Env = Readonly<Record<string, string>>;

const run = (
  args: readonly string[],
  env: Env = { SIGSTORE_ID_TOKEN: sigstore.token() },
): Promise<Finished> => sealift(args, { cwd, env });

const push = (reference: string, ...flags: readonly string[]): Promise<Finished> =>
  run(['push', `oci://${reference}`, '-f', 'a.yaml', ...flags]);

async function ok(work: Promise<Finished>): Promise<Finished> {
  const finished = await work;
  assert.equal(finished.code, 0, finished.stderr);
  return finished;
}

async function fails(work: Promise<Finished>, code: number, errorCode: string): Promise<Finished> {
  const finished = await work;
  assert.equal(finished.code, code, finished.stderr);
  assert.match(finished.stderr, new RegExp(`^error: ${errorCode}: `, 'mu'));
  // No part of any token, nor of the secret that a job asks for one with.
  assert.doesNotMatch(finished.stderr + finished.stdout, /eyJ/u);
  assert.ok(!finished.stderr.includes(sigstore.tokenRequest.token));
  return finished;
}

const identityFlags = [
  `--certificate-identity=${sigstore.identity()}`,
  `--certificate-oidc-issuer=${sigstore.issuer}`,
  '--trusted-root=root.json',
];

function cosignVerify(path: string, reference: string, ...flags: readonly string[]): Promise<Finished> {
  const verb = flags[0]?.startsWith('--type=') === true ? 'verify-attestation' : 'verify';
  return startCommand(path, [verb, ...identityFlags, ...flags, reference], { cwd }).finished;
}

const keyless = ['--signing-config', 'config.json', '--trusted-root', 'root.json'];
const withoutLog = ['--insecure-ignore-tlog', '--use-signed-timestamps'];

for (const [name, registry] of [
  ['our registry', ours],
  ['crane registry serve', theirs],
] as const) {
  suite(name, () => {
    test('a bundle with log entry and timestamp is accepted by sealift and by both cosigns', async () => {
      const reference = `${registry.host}/bundle:1.0`;
      await ok(push(reference, ...keyless));
      await ok(run(['verify', `oci://${reference}`, ...identityFlags], {}));
      await ok(cosignVerify(cosign, reference));
      await ok(cosignVerify(cosign2, reference, '--new-bundle-format', '--use-signed-timestamps'));
      const other = identityFlags.map((flag) => flag.replace('release.yml', 'other.yml'));
      await fails(run(['verify', `oci://${reference}`, ...other], {}), 12, 'IDENTITY_MISMATCH');
    });

    test('a legacy signature with a timestamp is accepted by sealift and by both cosigns', async () => {
      const reference = `${registry.host}/legacy:1.0`;
      await ok(push(reference, ...keyless, '--signature-format', 'legacy'));
      const root = '--trusted-root=root-no-log.json';
      await ok(run(['verify', `oci://${reference}`, ...identityFlags.slice(0, 2), root], {}));
      await fails(run(['verify', `oci://${reference}`, ...identityFlags], {}), 12, 'LOG_PROOF_MISSING');
      await ok(cosignVerify(cosign, reference, ...withoutLog));
      await ok(cosignVerify(cosign2, reference, ...withoutLog));
    });

    test('pushed again with the trusted root, it is recognised and nothing is added', async () => {
      const reference = `${registry.host}/twice:1.0`;
      const flags = [...keyless, '--signature-format', 'both', '--provenance'];
      await ok(push(reference, ...flags));
      const { stdout, stderr } = await ok(push(reference, ...flags, '-o', 'json'));
      assert.match(stderr, /nothing has changed/u);
      const { changed, signed } = JSON.parse(stdout);
      assert.equal(changed, false);
      assert.deepEqual(
        signed.map(({ format, added }: { format: string; added: boolean }) => [format, added]),
        [
          ['bundle', false],
          ['legacy', false],
          ['bundle', false],
        ],
      );
    });
  });
}

test('timestamps and no log', async () => {
  const reference = `${ours.host}/no-log:1.0`;
  await ok(push(reference, '--signing-config', 'no-log.json', '--trusted-root', 'root.json'));
  await ok(cosignVerify(cosign, reference, ...withoutLog));
  await ok(cosignVerify(cosign2, reference, '--new-bundle-format', ...withoutLog));
  assert.notEqual((await cosignVerify(cosign, reference)).code, 0);
});

test('services by URL, the token from a file', async () => {
  const reference = `${ours.host}/urls:1.0`;
  await writeFile(join(cwd, 'token'), `${sigstore.token()}\n`);
  const services = ['--fulcio-url', sigstore.fulcioUrl, '--rekor-url', sigstore.rekorUrl];
  const timestamps = ['--timestamp-url', sigstore.timestampUrl, '--identity-token', 'token'];
  const args = ['push', `oci://${reference}`, '-f', 'a.yaml', ...services, ...timestamps];
  const { stderr } = await ok(run(args, {}));
  assert.match(stderr, /no trusted root is given/u);
  await ok(cosignVerify(cosign, reference));
});

test('a job of GitHub Actions asks for its token', async () => {
  const reference = `${ours.host}/job:1.0`;
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: sigstore.tokenRequest.url,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: sigstore.tokenRequest.token,
  };
  const flags = [...keyless, '--signing-ca-cert', sigstore.caCertPath];
  const args = ['push', `oci://${reference}`, '-f', 'a.yaml', ...flags];
  await ok(run(args, env));
  await ok(cosignVerify(cosign, reference));
  const wrong = { ...env, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'another' };
  await fails(run(args, wrong), 7, 'IDENTITY_TOKEN_UNAVAILABLE');
  const { stderr } = await fails(run(args, {}), 7, 'IDENTITY_TOKEN_UNAVAILABLE');
  assert.match(stderr, /id-token: write/u);
});

test('sign adds what is missing to what was published before, and attests', async () => {
  const reference = `${ours.host}/after:1.0`;
  await ok(run(['keygen', '--output-key-prefix', 'release'], { COSIGN_PASSWORD: 'p' }));
  await ok(
    run(['push', `oci://${reference}`, '-f', 'a.yaml', '--key', 'release.key'], { COSIGN_PASSWORD: 'p' }),
  );
  const type = 'https://example.org/tests/v1';
  const sign = ['sign', `oci://${reference}`, ...keyless, '--attest', `${type}=tests.json`, '-o', 'json'];
  const first = JSON.parse((await ok(run(sign))).stdout);
  assert.deepEqual([first.changed, first.signed.length], [true, 2]);
  await ok(cosignVerify(cosign, reference));
  await ok(cosignVerify(cosign, reference, `--type=${type}`));
  assert.equal(JSON.parse((await ok(run(sign))).stdout).changed, false);
});

test('provenance is an attestation that cosign reads', async () => {
  const reference = `${ours.host}/provenance:1.0`;
  const commit = 'c0ffee'.padEnd(40, '0');
  const source = ['--source', 'https://example.org/app', '--revision', `main@sha1:${commit}`];
  await ok(push(reference, ...keyless, '--provenance', ...source));
  const { stdout } = await ok(cosignVerify(cosign, reference, '--type=https://slsa.dev/provenance/v1'));
  const { payload } = JSON.parse(stdout);
  const { predicate } = JSON.parse(Buffer.from(payload, 'base64').toString('utf8'));
  assert.deepEqual(predicate.buildDefinition.resolvedDependencies, [
    { uri: 'git+https://example.org/app', digest: { gitCommit: commit } },
  ]);
  assert.equal(predicate.runDetails.builder.id, 'https://sealift.dev/cli');
});

suite('a service that fails is named', () => {
  const services = ['--fulcio-url', sigstore.fulcioUrl, '--timestamp-url', sigstore.timestampUrl];
  // A port that nothing listens on.
  const nowhere = 'http://127.0.0.1:1';
  const failing: readonly (readonly [string, readonly string[], string])[] = [
    ['certificate authority', ['--fulcio-url', nowhere, '--timestamp-url', nowhere], 'CERTIFICATE_FAILED'],
    ['timestamp authority', [...services.slice(0, 2), '--timestamp-url', nowhere], 'TIMESTAMP_FAILED'],
    [
      'another path',
      [...services.slice(0, 2), '--timestamp-url', `${sigstore.timestampUrl}/x`],
      'TIMESTAMP_FAILED',
    ],
    [
      'log of another version',
      [...services, '--rekor-url', sigstore.rekorUrl, '--rekor-version', '1'],
      'LOG_ENTRY_FAILED',
    ],
  ];
  for (const [index, [name, flags, code]] of failing.entries()) {
    test(name, async () => {
      const repository = `${ours.host}/failing-${index}`;
      await fails(push(`${repository}:1.0`, ...flags), 7, code);
      // Sign first, tag last.
      await fails(run(['verify', `oci://${repository}:1.0`, ...identityFlags], {}), 11, 'CONTENT_MISSING');
    });
  }

  test('a token that the authority does not take', async () => {
    const args = ['push', `oci://${ours.host}/stale:1.0`, '-f', 'a.yaml', ...keyless];
    for (const claims of [{ exp: 1000 }, { aud: 'another' }]) {
      await fails(run(args, { SIGSTORE_ID_TOKEN: sigstore.token(claims) }), 7, 'CERTIFICATE_FAILED');
    }
  });
});

test('the public instance is refused before anything is asked or pushed', async () => {
  const flags = ['--fulcio-url', 'https://fulcio.sigstore.dev', '--timestamp-url', sigstore.timestampUrl];
  const { stderr } = await fails(push(`${ours.host}/public:1.0`, ...flags), 3, 'PUBLIC_LOG_REFUSED');
  assert.match(stderr, /--allow-public-log/u);
});

test('a token as argument is refused, and not repeated', async () => {
  const flags = [...keyless, '--identity-token', sigstore.token()];
  await fails(push(`${ours.host}/leak:1.0`, ...flags), 3, 'INPUT_INVALID');
});

test('the bundle in the registry carries certificate, entry and timestamp, and an empty keyid', async () => {
  const reference = `${ours.host}/form:1.0`;
  const { stdout: digest } = await ok(push(reference, ...keyless, '--signature-format', 'both'));
  const download = ['download', 'attestation', reference];
  const { stdout } = await ok(startCommand(cosign, download, { cwd }).finished);
  const { verificationMaterial, dsseEnvelope } = JSON.parse(stdout.trim().split('\n')[0] ?? '');
  assert.equal(verificationMaterial.tlogEntries.length, 1);
  assert.equal(verificationMaterial.timestampVerificationData.rfc3161Timestamps.length, 1);
  assert.ok(verificationMaterial.certificate.rawBytes.length > 100);
  assert.equal(dsseEnvelope.signatures[0].keyid ?? '', '');
  // One certificate serves all signatures of a run.
  const tag = `sha256-${digest.trim().slice('sha256:'.length)}.sig`;
  const manifest = await fetch(`http://${ours.host}/v2/form/manifests/${tag}`);
  const { layers } = JSON.parse(await manifest.text());
  const pem = layers[0].annotations['dev.sigstore.cosign/certificate'];
  assert.equal(new X509Certificate(pem).raw.toString('base64'), verificationMaterial.certificate.rawBytes);
});

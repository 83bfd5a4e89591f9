// The compatibility matrix of certified identities: sealift, cosign 3.1.1 and cosign 2.6.5 sign with a private Fulcio,
// timestamp authority and Rekor v2, on a registry with the referrers API and one without; each accepts the others', and
// nobody accepts what was tampered with, another identity or a foreign root. cosign-matrix-keys.test.ts has the keys.
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { runCell } from '../helpers/cosign-cells.ts';
import {
  cosignSign,
  cosignVersions,
  runCosign,
  succeeds,
  writeCosignFiles,
  type CosignVersion,
  type Way,
} from '../helpers/cosign.ts';
import type { Finished } from '../helpers/cli.ts';
import { openField } from '../helpers/field.ts';
import { pushValue } from '../helpers/forging.ts';
import { openStore } from '../helpers/registry-store.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';
import { startSigstore } from '../servers/sigstore/stack.ts';

const field = await openField();
const [sigstore, stranger, withApi, withoutApi] = await Promise.all([
  startSigstore(field.path('sigstore')),
  startSigstore(field.path('stranger')),
  startReferrersRegistry(field.cwd),
  startDockerRegistry(field.cwd),
]);
after(async () => {
  await Promise.all([sigstore.stop(), stranger.stop(), withApi.stop(), withoutApi.stop()]);
  await field.close();
});
await Promise.all([
  writeCosignFiles(field, sigstore),
  field.write('root-foreign.json', stranger.trustedRoot()),
  succeeds(
    runCosign(field, 'cosign 3', ['generate-key-pair', '--output-key-prefix', 'plain'], {
      COSIGN_PASSWORD: '',
    }),
  ),
]);

const withLog: Way = {
  name: 'bundle, certificate with log entry and timestamp',
  format: 'bundle',
  proof: 'log',
};
const withTime: Way = { name: 'bundle, certificate with timestamp', format: 'bundle', proof: 'timestamp' };
const legacy: Way = {
  name: 'legacy, certificate with timestamp',
  format: 'legacy',
  proof: 'timestamp',
};

// E1 of the notes: cosign 2 can not write to Rekor v2, so it only verifies those.
const cells: readonly (readonly [Way, readonly (CosignVersion | 'sealift')[]])[] = [
  [withLog, ['sealift', 'cosign 3']],
  [withTime, ['sealift', ...cosignVersions]],
  [legacy, ['sealift', ...cosignVersions]],
];

for (const [registry, host] of [
  ['with the referrers API', withApi.host],
  ['without the referrers API', withoutApi.host],
] as const) {
  suite(`registry ${registry}`, { concurrency: 4 }, () => {
    for (const [way, signers] of cells) {
      for (const signer of signers) {
        test(`${way.name}, signed by ${signer}: accepted by all, tampered by none`, (t) =>
          runCell(t, { field, host, way, signer, sigstore }));
      }
    }

    // Proofs that a key's signature does not need must not make it unreadable.
    for (const [way, version] of [
      [{ name: 'bundle', format: 'bundle', proof: 'key', key: 'plain' }, 'cosign 3'],
      [{ name: 'legacy', format: 'legacy', proof: 'key', key: 'plain' }, 'cosign 3'],
      [{ name: 'legacy', format: 'legacy', proof: 'key', key: 'plain' }, 'cosign 2'],
    ] as const) {
      const proofs = way.format === 'bundle' ? 'log entry and timestamp' : 'timestamp';
      test(`${way.name}, key with ${proofs}, signed by ${version}: accepted by sealift`, async (t) => {
        const repository = `proofs-${way.format}-${version.replace(' ', '-')}`;
        const { descriptor } = await pushValue(openStore(t, `${host}/${repository}`), 'a');
        const reference = `${host}/${repository}@${descriptor.digest}`;
        await cosignSign(field, version, way, { reference, sigstore });
        const { formats } = await field.json(['verify', reference, '--verify-key', 'plain.pub']);
        assert.deepEqual(formats, [way.format]);
      });
    }
  });
}

suite('what is impossible, and the matrix therefore leaves out', { concurrency: 2 }, () => {
  type Refusal = {
    readonly name: string;
    readonly version: CosignVersion;
    readonly args: readonly string[];
    readonly says: RegExp;
    readonly signedBefore?: Way;
  };
  const identity = [
    `--certificate-identity=${sigstore.identity()}`,
    `--certificate-oidc-issuer=${sigstore.issuer}`,
  ];
  const sign = ['sign', `--identity-token=${sigstore.token()}`, '--yes'];
  const oldLog = [
    ...sign,
    `--rekor-url=${sigstore.rekorUrl}`,
    `--fulcio-url=${sigstore.fulcioUrl}`,
    '--trusted-root=root.json',
  ];
  const refusals: readonly Refusal[] = [
    {
      name: 'E1: cosign 2 can not write a bundle to Rekor v2',
      version: 'cosign 2',
      args: [...sign, '--new-bundle-format', '--signing-config=config.json', '--trusted-root=root.json'],
      says: /adding rekor v2 entry: unexpected response: 400/u,
    },
    {
      name: 'E3: cosign 2 takes no bundle of Rekor v2 without its timestamp',
      version: 'cosign 2',
      args: ['verify', '--trusted-root=root.json', ...identity],
      says: /threshold not met for verified log entry integrated timestamps: 0 < 1/u,
      signedBefore: withLog,
    },
    {
      name: 'cosign 3 logs no legacy signature in Rekor v2',
      version: 'cosign 3',
      args: [...oldLog, '--new-bundle-format=false', '--use-signing-config=false'],
      says: /createLogEntry default/u,
    },
    {
      name: 'cosign 2 logs no legacy signature in Rekor v2',
      version: 'cosign 2',
      args: oldLog,
      says: /createLogEntry default/u,
    },
    {
      name: 'cosign 3 signs no legacy signature by a signing config',
      version: 'cosign 3',
      args: [...sign, '--new-bundle-format=false', '--signing-config=config.json'],
      says: /must provide --new-bundle-format or --bundle/u,
    },
    {
      name: 'a bundle without log entry is refused where one is asked for',
      version: 'cosign 3',
      args: ['verify', '--trusted-root=root.json', ...identity],
      says: /not enough verified log entries from transparency log: 0 < 1/u,
      signedBefore: withTime,
    },
  ];
  for (const [index, { name, version, args, says, signedBefore }] of refusals.entries()) {
    test(name, async (t) => {
      const { descriptor } = await pushValue(openStore(t, `${withApi.host}/impossible-${index}`), 'a');
      const reference = `${withApi.host}/impossible-${index}@${descriptor.digest}`;
      if (signedBefore !== undefined)
        await cosignSign(field, 'cosign 3', signedBefore, { reference, sigstore });
      const { code, stderr }: Finished = await runCosign(field, version, [...args, reference]);
      assert.equal(code, 1);
      assert.match(stderr, says);
    });
  }

  // The same, as sealift says it.
  test('sealift refuses a bundle without log entry under a root with a log', async (t) => {
    const { descriptor } = await pushValue(openStore(t, `${withApi.host}/no-log`), 'a');
    const reference = `${withApi.host}/no-log@${descriptor.digest}`;
    await cosignSign(field, 'cosign 2', withTime, { reference, sigstore });
    await field.refused('LOG_PROOF_MISSING', ['verify', reference, ...identity, '--trusted-root=root.json']);
  });
});

// One table of ways to sign, with the command lines of both cosigns and of sealift for each; all were measured against
// real servers, offline. docs/cli.md has them for people.
import assert from 'node:assert/strict';
import { requireComponents } from '../components/locate.ts';
import type { Sigstore } from '../servers/sigstore/stack.ts';
import { startCommand, type Finished } from './cli.ts';
import type { Field } from './field.ts';

export type Way = {
  readonly name: string;
  readonly format: 'bundle' | 'legacy';
  /** What proves who signed. `log`: certificate, log entry and timestamp; `timestamp`: without the log. */
  readonly proof: 'key' | 'log' | 'timestamp';
  /** Prefix of the key's files. */
  readonly key?: string;
};

/** `plain` is for cosign an encrypted file whose password is empty. */
export const passwords: Readonly<Record<string, string>> = {
  plain: '',
  encrypted: 'opensesame',
  another: '',
};

export const cosignVersions = ['cosign 3', 'cosign 2'] as const;
export type CosignVersion = (typeof cosignVersions)[number];

const { cosign, cosign2 } = await requireComponents(['cosign', 'cosign2']);
const paths: Readonly<Record<CosignVersion, string>> = { 'cosign 3': cosign, 'cosign 2': cosign2 };

/** Writes the files that the command lines name. */
export async function writeCosignFiles(field: Field, sigstore?: Sigstore): Promise<void> {
  await Promise.all([
    field.write('root-empty.json', {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    }),
    field.write('config-empty.json', {
      mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
      rekorTlogConfig: {},
      tsaConfig: {},
    }),
    ...(sigstore === undefined
      ? []
      : [
          field.write('root.json', sigstore.trustedRoot()),
          field.write('root-no-log.json', sigstore.trustedRoot({ tlogs: false })),
          field.write('config.json', sigstore.signingConfig()),
          field.write('config-no-log.json', sigstore.signingConfig({ rekor: false })),
        ]),
  ]);
}

export function runCosign(
  field: Field,
  version: CosignVersion,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return startCommand(paths[version], args, { cwd: field.cwd, env }).finished;
}

/** Asserts that it succeeds. */
export async function succeeds(work: Promise<Finished>): Promise<Finished> {
  const finished = await work;
  assert.equal(finished.code, 0, finished.stdout + finished.stderr);
  return finished;
}

/** cosign 2.6.5 fails by a panic on a legacy signature whose timestamps are all of a foreign authority. */
const refusal =
  /error during command execution: no (?:matching (?:attestations|signatures)|signatures)|panic: [^\n]*\n\ngoroutine \d+ \[running\]:\n[^\n]*cosign\.VerifyRFC3161Timestamp\(/u;

/** Asserts that cosign refuses the signatures, and does not fail for another reason. */
export async function cosignRefuses(work: Promise<Finished>, what = ''): Promise<void> {
  const { code, stderr } = await work;
  assert.notEqual(code, 0, `${what}: accepted`);
  assert.match(stderr, refusal);
}

/** Signs with a real cosign. */
export async function cosignSign(
  field: Field,
  version: CosignVersion,
  way: Way,
  { reference, sigstore }: { readonly reference: string; readonly sigstore?: Sigstore | undefined },
): Promise<void> {
  const flags = sigstore === undefined ? keyFlags(version, way) : keylessFlags(version, way, sigstore);
  const env = way.key === undefined ? {} : { COSIGN_PASSWORD: passwords[way.key] ?? '' };
  await succeeds(runCosign(field, version, ['sign', ...flags, '--yes', reference], env));
}

function keyFlags(version: CosignVersion, { format, key }: Way): readonly string[] {
  const own = ['--key', `${key ?? ''}.key`];
  if (version === 'cosign 2') {
    return [...own, '--tlog-upload=false', ...(format === 'bundle' ? ['--new-bundle-format'] : [])];
  }
  return format === 'bundle'
    ? [...own, '--signing-config=config-empty.json', '--trusted-root=root-empty.json']
    : [...own, '--new-bundle-format=false', '--use-signing-config=false', '--tlog-upload=false'];
}

function keylessFlags(
  version: CosignVersion,
  { format, proof, key }: Way,
  sigstore: Sigstore,
): readonly string[] {
  const identity = key === undefined ? [`--identity-token=${sigstore.token()}`] : ['--key', `${key}.key`];
  const root = '--trusted-root=root.json';
  if (format === 'bundle') {
    const config = `--signing-config=${proof === 'log' || key !== undefined ? 'config' : 'config-no-log'}.json`;
    return [config, root, ...identity, ...(version === 'cosign 2' ? ['--new-bundle-format'] : [])];
  }
  return [
    ...(version === 'cosign 3' ? ['--new-bundle-format=false', '--use-signing-config=false'] : []),
    ...(key === undefined ? [root, `--fulcio-url=${sigstore.fulcioUrl}`] : []),
    '--tlog-upload=false',
    `--timestamp-server-url=${sigstore.timestampUrl}/api/v1/timestamp`,
    ...identity,
  ];
}

export type Signers = {
  /** Prefix of a public key's file. */
  readonly key?: string | undefined;
  readonly identity?: string;
  readonly issuer?: string;
  readonly root?: string;
};

/** The arguments with which a cosign verifies what was signed in a way. */
export function cosignVerifyArgs(version: CosignVersion, way: Way, who: Signers): readonly string[] {
  if (way.proof === 'key') {
    // Without a trusted root cosign 2 refuses bundles, and cosign 3 does not ask for one.
    const root = version === 'cosign 2' && way.format === 'bundle' ? ['--trusted-root=root-empty.json'] : [];
    return ['verify', '--key', `${who.key ?? ''}.pub`, '--insecure-ignore-tlog', ...root];
  }
  return [
    'verify',
    `--certificate-identity=${who.identity ?? ''}`,
    `--certificate-oidc-issuer=${who.issuer ?? ''}`,
    `--trusted-root=${who.root ?? 'root.json'}`,
    ...(way.proof === 'log' ? [] : ['--insecure-ignore-tlog']),
    // cosign 2 asks the log of a bundle for the time, which Rekor v2 does not tell.
    ...(way.proof === 'log' && version === 'cosign 3' ? [] : ['--use-signed-timestamps']),
  ];
}

/** The arguments with which sealift verifies the same. */
export function sealiftVerifyArgs(way: Way, who: Signers): readonly string[] {
  if (way.proof === 'key') return ['--verify-key', `${who.key ?? ''}.pub`];
  return [
    `--certificate-identity=${who.identity ?? ''}`,
    `--certificate-oidc-issuer=${who.issuer ?? ''}`,
    // Whose root names a log, asks for its proof.
    `--trusted-root=${who.root ?? (way.proof === 'log' ? 'root.json' : 'root-no-log.json')}`,
  ];
}

/** The options with which sealift signs in a way. */
export function sealiftSignArgs({ format, proof, key }: Way): readonly string[] {
  const how =
    proof === 'key'
      ? ['--key', `${key ?? ''}.key`]
      : [
          '--signing-config',
          proof === 'log' ? 'config.json' : 'config-no-log.json',
          '--trusted-root',
          'root.json',
        ];
  return [...how, '--signature-format', format];
}

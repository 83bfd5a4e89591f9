// Options that say who signs: a key, a command that reaches one, or an identity by keyless services. push, sign and
// promote share them.
import type { ParseArgsOptionsConfig } from 'node:util';
import { InputError } from '../errors.ts';
import { signingLimits } from '../limits.ts';
import type { Signed } from '../operations/sign.ts';
import { commandSigner, parseCommand } from '../signing/command-signer.ts';
import { parseSigningKey, parseVerifyKey } from '../signing/keys.ts';
import { environmentProxies } from '../registry/proxy.ts';
import { openServices, type Ask } from '../signing/keyless/ask.ts';
import {
  fetchGithubToken,
  githubTokenEndpoint,
  looksLikeToken,
  noTokenError,
  parseIdentityToken,
  type IdentityTokenSource,
} from '../signing/keyless/identity-token.ts';
import { keylessSigner } from '../signing/keyless/keyless-signer.ts';
import {
  parseServiceUrl,
  parseSigningConfig,
  parseTimestampUrl,
  type SigningServices,
} from '../signing/keyless/services.ts';
import type { KeySigner, SignatureFormat, Signer } from '../signing/signer.ts';
import { parseTrustRoot } from '../signing/trust-root.ts';
import { parseCount, readSource, readText } from './arguments.ts';
import type { World } from './world.ts';

export const signingOptions = {
  key: { type: 'string' },
  signer: { type: 'string' },
  'signer-key': { type: 'string' },
  'signing-config': { type: 'string' },
  'fulcio-url': { type: 'string' },
  'rekor-url': { type: 'string' },
  'rekor-version': { type: 'string' },
  'timestamp-url': { type: 'string', multiple: true },
  'identity-token': { type: 'string' },
  'trusted-root': { type: 'string' },
  'signing-ca-cert': { type: 'string' },
  'allow-public-log': { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig;

export const formatOptions = {
  'signature-format': { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

type OptionValue<Option> = Option extends { readonly multiple: true }
  ? string[]
  : Option extends { readonly type: 'boolean' }
    ? boolean
    : string;

export type SigningValues = {
  readonly [Name in keyof typeof signingOptions]?: OptionValue<(typeof signingOptions)[Name]> | undefined;
};

/** Each way to sign, with the options that belong to it alone; the first ones choose it. */
const ways = {
  key: { choosing: ['key'], others: [] },
  command: { choosing: ['signer'], others: ['signer-key'] },
  keyless: {
    choosing: ['signing-config', 'fulcio-url'],
    others: [
      'rekor-url',
      'rekor-version',
      'timestamp-url',
      'identity-token',
      'signing-ca-cert',
      'allow-public-log',
    ],
  },
} as const satisfies Record<string, Record<'choosing' | 'others', readonly (keyof SigningValues)[]>>;

type Way = keyof typeof ways;

/**
 * The signer that the options name.
 * @throws InputError; SigningError `KEY_INVALID`, `KEY_PASSWORD_WRONG`, `PUBLIC_LOG_REFUSED`,
 *   `IDENTITY_TOKEN_UNAVAILABLE`; VerificationError `TRUST_ROOT_INVALID`
 */
export async function readSigner(values: SigningValues, world: World): Promise<Signer> {
  const way = wayOf(values);
  if (way === 'key') return readKeySigner(values.key ?? '', world);
  return way === 'command' ? readCommandSigner(values, world) : readKeylessSigner(values, world);
}

function wayOf(values: SigningValues): Way {
  const isGiven = (name: keyof SigningValues): boolean => values[name] !== undefined && values[name] !== '';
  const names: readonly Way[] = ['key', 'command', 'keyless'];
  const [way, other] = names.filter((name) => ways[name].choosing.some(isGiven));
  if (way === undefined) {
    throw new InputError('INPUT_MISSING', '--key is missing', {
      hint: 'Sign with --key KEY, with --signer exec:COMMAND, or keyless with --signing-config FILE or --fulcio-url URL.',
    });
  }
  if (other !== undefined) {
    const [first, second] = [way, other].map((name) => ways[name].choosing.find(isGiven) ?? name);
    throw new InputError('INPUT_CONFLICT', `--${first} and --${second} exclude each other`);
  }
  for (const name of names.filter((candidate) => candidate !== way)) {
    const stray = ways[name].others.find(isGiven);
    if (stray !== undefined) {
      const choosing = ways[name].choosing.map((option) => `--${option}`).join(' or ');
      throw new InputError('INPUT_CONFLICT', `--${stray} belongs to ${choosing}`);
    }
  }
  return way;
}

async function readKeySigner(source: string, world: World): Promise<KeySigner> {
  const pem = await readSource(source, signingLimits.keyBytes, world);
  return parseSigningKey(pem, async () => {
    const password = world.env['COSIGN_PASSWORD'];
    if (password !== undefined || source === '-' || !world.stdin.isTerminal) return password ?? '';
    return world.stdin.askSecret(`password of ${source}: `);
  });
}

async function readCommandSigner(values: SigningValues, world: World): Promise<KeySigner> {
  const text = values.signer ?? '';
  if (!text.startsWith('exec:')) {
    throw new InputError('INPUT_INVALID', '--signer is not exec:COMMAND');
  }
  const command = parseCommand(text.slice('exec:'.length));
  const publicKey = values['signer-key'];
  if (publicKey === undefined) {
    throw new InputError('INPUT_MISSING', '--signer-key is missing', {
      hint: 'Give the public key that the command signs for, in PEM.',
    });
  }
  const pem = await readSource(publicKey, signingLimits.keyBytes, world);
  return commandSigner(command, parseVerifyKey(pem), { env: world.env });
}

async function readKeylessSigner(values: SigningValues, world: World): Promise<Signer> {
  const caFile = values['signing-ca-cert'];
  const rootFile = values['trusted-root'];
  const ca = caFile === undefined ? undefined : await readText(caFile, 1024 * 1024);
  const ask = openServices({ ca, random: world.random, chooseProxy: environmentProxies(world.env) });
  return keylessSigner({
    services: await readServices(values, world),
    root:
      rootFile === undefined
        ? undefined
        : parseTrustRoot(await readText(rootFile, signingLimits.trustRootBytes)),
    identityToken: await readTokenSource(values['identity-token'], ask, world),
    ask,
    now: world.now,
    isPublicAllowed: values['allow-public-log'] === true,
  });
}

async function readServices(values: SigningValues, world: World): Promise<SigningServices> {
  const config = values['signing-config'];
  const fulcio = values['fulcio-url'];
  const rekor = values['rekor-url'];
  const timestamps = values['timestamp-url'] ?? [];
  if (config !== undefined) {
    if (fulcio !== undefined || rekor !== undefined || timestamps.length > 0) {
      throw new InputError('INPUT_CONFLICT', '--signing-config excludes the URLs of services: it has them');
    }
    return parseSigningConfig(await readText(config, signingLimits.signingConfigBytes), world.now());
  }
  const version = parseCount(values['rekor-version'] ?? '2', 'rekor-version');
  if (version !== 1 && version !== 2) {
    throw new InputError('INPUT_INVALID', `--rekor-version is ${version}, not 1 or 2`);
  }
  return {
    fulcioUrl: parseServiceUrl(fulcio ?? '', '--fulcio-url'),
    logs: rekor === undefined ? [] : [{ url: parseServiceUrl(rekor, '--rekor-url'), version }],
    timestampUrls: timestamps.map((url) => parseTimestampUrl(url, '--timestamp-url')),
  };
}

/** What was asked for, then the variable, then GitHub's own way; a file is read at once, a job's token when needed. */
async function readTokenSource(
  source: string | undefined,
  ask: Ask,
  world: World,
): Promise<IdentityTokenSource> {
  if (source !== undefined) {
    // Arguments are seen by all who may list processes: the token counts as leaked, and is not repeated here.
    if (looksLikeToken(source)) {
      throw new InputError('INPUT_INVALID', '--identity-token is a token, not the name of a file', {
        hint: 'Put it into a file or into SIGSTORE_ID_TOKEN: other users of the machine see arguments.',
      });
    }
    const token = parseIdentityToken(
      await readSource(source, signingLimits.identityTokenBytes, world),
      source === '-' ? 'stdin' : source,
    );
    return async () => token;
  }
  const given = world.env['SIGSTORE_ID_TOKEN'];
  if (given !== undefined && given !== '') {
    const token = parseIdentityToken(given, 'SIGSTORE_ID_TOKEN');
    return async () => token;
  }
  const endpoint = githubTokenEndpoint(world.env);
  if (endpoint === undefined) throw noTokenError();
  return (signal) => fetchGithubToken(ask, endpoint, signal);
}

/**
 * The formats of `--signature-format`. By default a key signs in both, since policy-controller reads legacy signatures
 * of keys only, and an identity as a bundle.
 * @throws InputError `INPUT_INVALID`
 */
export function parseFormats(value: string | undefined, signer: Signer): readonly SignatureFormat[] {
  switch (value ?? (signer.kind === 'key' ? 'both' : 'bundle')) {
    case 'bundle':
      return ['bundle'];
    case 'legacy':
      return ['legacy'];
    case 'both':
      return ['bundle', 'legacy'];
    default:
      throw new InputError(
        'INPUT_INVALID',
        `--signature-format is ${JSON.stringify(value)}, not bundle, legacy or both`,
      );
  }
}

/** What was signed, as `-o json` has it. */
export function formatSigned({ format, predicateType, digest, isNew }: Signed): object {
  return { format, predicateType, digest, added: isNew };
}

// Arguments and shared options of the verbs.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { InputError, SigningError } from '../errors.ts';
import { signingLimits } from '../limits.ts';
import { parseVerifyKey, type VerifyKey } from '../signing/keys.ts';
import type { Format } from './output.ts';
import type { World } from './world.ts';

export const outputOptions = {
  output: { type: 'string', short: 'o', default: 'text' },
} as const satisfies ParseArgsOptionsConfig;

/**
 * Parses one verb's arguments strictly.
 * @throws InputError `INPUT_INVALID`
 */
export function parseVerb<T extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new InputError('INPUT_INVALID', cause instanceof Error ? cause.message : String(cause), {
      hint: 'Run `sealift help` to see the options.',
    });
  }
}

/** @throws InputError `INPUT_INVALID` unless there are as many positionals as names */
export function takePositionals<Names extends readonly string[]>(
  found: readonly string[],
  ...names: Names
): { readonly [K in keyof Names]: string } {
  if (found.length !== names.length) {
    throw new InputError('INPUT_INVALID', `expected ${names.join(' ')}, got ${found.length} arguments`);
  }
  // The lengths are equal, so each name has its text.
  return found as { readonly [K in keyof Names]: string };
}

/** @throws InputError `INPUT_MISSING` */
export function requireOption(value: string | undefined, name: string): string {
  if (value !== undefined && value !== '') return value;
  throw new InputError('INPUT_MISSING', `--${name} is missing`);
}

/** @throws InputError `INPUT_INVALID` */
export function parseFormat(value: string): Format {
  if (value === 'text' || value === 'json') return value;
  throw new InputError('INPUT_INVALID', `--output is ${JSON.stringify(value)}, not text or json`);
}

/** @throws InputError `INPUT_INVALID` */
export function parseCount(value: string, name: string): number {
  const number = Number(value);
  if (/^\d{1,16}$/u.test(value) && Number.isSafeInteger(number)) return number;
  throw new InputError('INPUT_INVALID', `--${name} is ${JSON.stringify(value)}, not a whole number`);
}

/** Public keys from `--verify-key`, named by their files. */
export async function readVerifyKeys(
  sources: readonly string[],
  world: World,
): Promise<readonly { name: string; key: VerifyKey }[]> {
  if (sources.length === 0) throw new InputError('INPUT_MISSING', '--verify-key is missing');
  return readKeys(sources, world);
}

/** Public keys, named by their files. */
export async function readKeys(
  sources: readonly string[],
  world: World,
): Promise<readonly { name: string; key: VerifyKey }[]> {
  return Promise.all(
    sources.map(async (source) => ({
      name: source.startsWith('env://') ? source : basename(source),
      key: parseNamedKey(source, await readSource(source, signingLimits.keyBytes, world)),
    })),
  );
}

/**
 * A text that may be secret: from a file, `env://NAME` as cosign has it, or `-` for stdin.
 * @throws InputError `INPUT_MISSING`, `INPUT_INVALID`, `FILE_UNREADABLE`
 */
export async function readSource(source: string, maxBytes: number, world: World): Promise<string> {
  if (source === '-') return world.stdin.read(maxBytes);
  // Arguments are seen by all who may list processes: what is a key counts as leaked, and is not repeated here.
  if (/-----BEGIN|\n/u.test(source)) {
    throw new InputError('INPUT_INVALID', 'a key is given in place of the name of its file', {
      hint: 'Put it into a file, or name the variable that holds it: env://NAME.',
    });
  }
  if (!source.startsWith('env://')) return readText(source, maxBytes);
  const name = source.slice('env://'.length);
  const value = world.env[name];
  if (value === undefined || value === '') {
    throw new InputError('INPUT_MISSING', `environment variable ${name} is not set`);
  }
  return value;
}

/** @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID` */
export async function readText(path: string, maxBytes: number): Promise<string> {
  return (await readBytes(path, maxBytes)).toString('utf8');
}

/** @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID` */
export async function readBytes(path: string, maxBytes: number): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new InputError('FILE_UNREADABLE', `${path} can not be read (${code})`, { cause });
  }
  if (bytes.byteLength > maxBytes) {
    throw new InputError('INPUT_INVALID', `${path} has ${bytes.byteLength} bytes, more than ${maxBytes}`);
  }
  return bytes;
}

function parseNamedKey(source: string, pem: string): VerifyKey {
  try {
    return parseVerifyKey(pem);
  } catch (cause) {
    if (!(cause instanceof SigningError)) throw cause;
    throw new SigningError(cause.code, `${source}: ${cause.message}`, {
      cause: cause.cause,
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
    });
  }
}

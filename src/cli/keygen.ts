// sealift keygen: a key pair in cosign's format.
import { rm, writeFile } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import { generateKeyPair } from '../signing/keys.ts';
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { printResult } from './output.ts';
import type { World } from './world.ts';

export async function runKeygen(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    'output-key-prefix': { type: 'string', default: 'sealift' },
    ...outputOptions,
  });
  takePositionals(positionals);
  const format = parseFormat(values.output);
  const prefix = values['output-key-prefix'];
  const password = world.env['COSIGN_PASSWORD'] ?? '';
  if (password === '') world.stderr('COSIGN_PASSWORD is not set: the private key has an empty password\n');
  const pair = await generateKeyPair(password);
  await writeNew(`${prefix}.pub`, pair.publicPem, 0o644);
  try {
    await writeNew(`${prefix}.key`, pair.privatePem, 0o600);
  } catch (error) {
    await rm(`${prefix}.pub`);
    throw error;
  }
  world.stderr(`wrote ${prefix}.key (keep it secret) and ${prefix}.pub\n`);
  printResult(world, format, {
    line: `${prefix}.pub`,
    data: { privateKey: `${prefix}.key`, publicKey: `${prefix}.pub`, hint: pair.hint },
  });
}

/** Never over an existing file: it may be the only copy of a key. */
async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(path, text, { mode, flag: 'wx' });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new InputError('FILE_UNREADABLE', `${path} can not be written (${code})`, {
      cause,
      hint: 'Choose another --output-key-prefix.',
    });
  }
}

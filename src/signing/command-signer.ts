// Signs with a command, for keys that never leave an HSM or a KMS: the SHA-256 digest goes in, the signature comes out,
// and nothing is used that the public key does not verify.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createHash, verify } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { errorMessageOf, InputError, SigningError } from '../errors.ts';
import { signingLimits } from '../limits.ts';
import { derInteger, derSequence } from './der.ts';
import type { VerifyKey } from './keys.ts';
import type { KeySigner } from './signer.ts';

export type CommandOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
};

/**
 * A command and its arguments: a JSON array, or words with spaces between them, of which single or double quotes make
 * one. There is no shell: nothing is expanded.
 * @throws InputError `INPUT_INVALID`
 */
export function parseCommand(text: string): readonly [string, ...string[]] {
  const [program, ...args] = text.trimStart().startsWith('[') ? parseJsonCommand(text) : splitWords(text);
  if (program === undefined || program === '') throw new InputError('INPUT_INVALID', 'command is empty');
  if ([program, ...args].some((word) => word.includes('\0'))) {
    throw new InputError('INPUT_INVALID', 'command has a NUL character');
  }
  return [program, ...args];
}

function parseJsonCommand(text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError('INPUT_INVALID', 'command begins with [ and is not JSON', { cause });
  }
  if (Array.isArray(value) && value.every((word): word is string => typeof word === 'string')) return value;
  throw new InputError('INPUT_INVALID', 'command is not an array of texts');
}

function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  const word = /\s*((?:[^\s'"]|'[^']*'|"[^"]*")+)/uy;
  const trimmed = text.trimEnd();
  while (word.lastIndex < trimmed.length) {
    const found = word.exec(trimmed)?.[1];
    if (found === undefined) throw new InputError('INPUT_INVALID', 'command has a quote without its end');
    words.push(found.replaceAll(/'([^']*)'|"([^"]*)"/gu, (_, single, double) => single ?? double ?? ''));
  }
  return words;
}

/**
 * A signer that runs a command for every signature: 32 bytes of digest on stdin; on stdout the signature, as bytes or
 * as base64. Of ECDSA both encodings are taken, ASN.1 DER and the two numbers side by side.
 * @param verifyKey the public half; a signature that it does not verify is refused
 */
export function commandSigner(
  command: readonly [string, ...string[]],
  verifyKey: VerifyKey,
  options: CommandOptions,
): KeySigner {
  return {
    kind: 'key',
    verifyKey,
    sign: async (data, signal) => {
      const digest = createHash('sha256').update(data).digest();
      const output = await runCommand(command, digest, options, signal);
      const signature = readings(output).find((bytes) => isSignature(data, bytes, verifyKey));
      if (signature !== undefined) return signature;
      throw new SigningError(
        'SIGNER_FAILED',
        `signing command ${command[0]} gave ${output.byteLength} bytes that are no signature by its public key`,
        {
          hint: 'It gets a SHA-256 digest of 32 bytes and must sign it as it is; see that the public key belongs to it.',
        },
      );
    },
  };
}

/** All that an output may mean; which one is right is said by the public key. */
function readings(output: Buffer): readonly Buffer[] {
  const text = output.toString('latin1').trim();
  const isBase64 = /^[A-Za-z0-9+/_-]+={0,2}$/u.test(text.replaceAll(/\s/gu, ''));
  const bytes = isBase64 ? [Buffer.from(text, 'base64'), output] : [output];
  return bytes.flatMap((candidate) => [candidate, ...joinedNumbers(candidate)]);
}

/** PKCS#11, JWS and Azure give the two numbers of P-256 as 32 bytes each. */
function joinedNumbers(bytes: Buffer): readonly Buffer[] {
  if (bytes.byteLength !== 64) return [];
  return [derSequence(derInteger(bytes.subarray(0, 32)), derInteger(bytes.subarray(32)))];
}

function isSignature(data: Uint8Array, signature: Buffer, { publicKey }: VerifyKey): boolean {
  try {
    return verify('sha256', data, publicKey, signature);
  } catch {
    return false;
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function runCommand(
  [program, ...args]: readonly [string, ...string[]],
  input: Buffer,
  { env, timeoutMs = signingLimits.signerTimeoutMs }: CommandOptions,
  signal?: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    // In our own process group: it may have to ask for a PIN on the terminal.
    const child: Child = spawn(program, args, { env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      // What it started may hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
      child.kill('SIGKILL');
      settle();
    };
    const fail = (what: string, words = ''): void => {
      end(() => reject(commandError(program, what, words)));
    };
    const onAbort = (): void => end(() => reject(signal?.reason));
    const timer = setTimeout(() => fail(`did not end within ${timeoutMs} ms`), timeoutMs);
    signal?.addEventListener('abort', onAbort);
    const words = collect(child.stderr, signingLimits.signerErrorBytes, () => undefined);
    const output = collect(child.stdout, signingLimits.signerOutputBytes, () =>
      fail(`gave more than ${signingLimits.signerOutputBytes} bytes`),
    );
    child.on('error', (error) => fail(`could not be run: ${errorMessageOf(error, 200)}`));
    // One that does not read its input may sign all the same.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('close', (code, killedBy) => {
      if (code === 0) end(() => resolve(output()));
      else fail(`ended with ${code ?? killedBy ?? 'nothing'}`, words().toString('utf8'));
    });
  });
}

/** Keeps the first bytes of a stream. */
function collect(stream: Readable, maxBytes: number, onTooMuch: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.byteLength;
    if (size <= maxBytes) chunks.push(chunk);
    else {
      chunks.push(chunk.subarray(0, Math.max(0, chunk.byteLength - (size - maxBytes))));
      onTooMuch();
    }
  });
  return () => Buffer.concat(chunks);
}

function commandError(program: string, what: string, words: string): SigningError {
  return new SigningError('SIGNER_FAILED', `signing command ${program} ${what}`, {
    ...(words.trim() === '' ? {} : { cause: new Error(`it says: ${errorMessageOf(words, 500)}`) }),
    hint: 'Run it by hand with 32 bytes on its input; it must write the signature and end with 0.',
  });
}

// Standard input: a secret that is piped in, read within a bound, or a password that is typed without being shown.
import { on } from 'node:events';
import type { ReadStream, WriteStream } from 'node:tty';
import { InputError } from '../errors.ts';
import type { Stdin } from './world.ts';

const ENTER = /[\r\n]/u;
const INTERRUPT = '\u{3}';
const END = '\u{4}';
const BACKSPACES: ReadonlySet<string> = new Set(['\u{7f}', '\b']);

/** @param words where the question is shown */
export function openStdin(input: ReadStream, words: Pick<WriteStream, 'write'>, signal: AbortSignal): Stdin {
  return {
    isTerminal: input.isTTY,
    read: (maxBytes) => readAll(input, maxBytes, signal),
    askSecret: (question) => askSecret(input, words, question, signal),
  };
}

async function readAll(input: ReadStream, maxBytes: number, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const onAbort = (): unknown => input.destroy();
  signal.addEventListener('abort', onAbort);
  try {
    for await (const chunk of input) {
      const bytes = Buffer.from(chunk);
      size += bytes.byteLength;
      if (size > maxBytes) throw new InputError('INPUT_INVALID', `stdin has more than ${maxBytes} bytes`);
      chunks.push(bytes);
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  signal.throwIfAborted();
  if (size === 0) throw new InputError('INPUT_MISSING', 'stdin is empty');
  return Buffer.concat(chunks).toString('utf8');
}

/** Raw mode shows nothing; so Ctrl-C and Backspace are read here, too. */
async function askSecret(
  input: ReadStream,
  words: Pick<WriteStream, 'write'>,
  question: string,
  signal: AbortSignal,
): Promise<string> {
  words.write(question);
  input.setRawMode(true);
  input.setEncoding('utf8');
  input.resume();
  let text = '';
  try {
    for await (const typed of on(input, 'data', { signal, close: ['end'] })) {
      for (const key of typed.join('')) {
        if (key === INTERRUPT) throw new InputError('INPUT_MISSING', 'password was not given');
        if (ENTER.test(key) || key === END) return text;
        text = BACKSPACES.has(key) ? text.slice(0, -1) : text + key;
      }
    }
    return text;
  } finally {
    input.setRawMode(false);
    input.pause();
    words.write('\n');
  }
}

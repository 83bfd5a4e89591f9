import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import type { ReadStream } from 'node:tty';
import { openStdin } from '../../../src/cli/stdin.ts';
import { InputError } from '../../../src/errors.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';

type Terminal = { readonly input: ReadStream; readonly modes: boolean[]; readonly shown: string[] };

function makeTerminal(): Terminal {
  const modes: boolean[] = [];
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => modes.push(isRaw),
  });
  // The stream has all members of a terminal's that are used.
  return { input: stream as unknown as ReadStream, modes, shown: [] };
}

function open(
  { input, shown }: Terminal,
  signal: AbortSignal = new AbortController().signal,
): ReturnType<typeof openStdin> {
  return openStdin(input, { write: (text: string) => shown.push(text) > 0 }, signal);
}

suite('what is piped in', () => {
  test('is read to its end, within a bound', async () => {
    for (const [text, maxBytes, code] of [
      ['a key\n', 6, undefined],
      ['a key\n', 5, 'INPUT_INVALID'],
      ['', 5, 'INPUT_MISSING'],
    ] as const) {
      const terminal = makeTerminal();
      terminal.input.push(text === '' ? null : Buffer.from(text));
      if (text !== '') terminal.input.push(null);
      const work = open(terminal).read(maxBytes);
      if (code === undefined) assert.equal(await work, text);
      else await assertRejectsWithCode(work, InputError, code);
    }
  });
});

suite('what is typed', () => {
  const typed: readonly (readonly [string, readonly string[], string])[] = [
    ['at once', ['secret\r'], 'secret'],
    ['key by key', ['s', 'e', '\n'], 'se'],
    ['with a correction', ['ab\u{7f}c\b\b\b\bd\r'], 'd'],
    ['ended by Ctrl-D', ['a\u{4}'], 'a'],
    ['as nothing', ['\r'], ''],
  ];
  for (const [name, chunks, expected] of typed) {
    test(`${name} is not shown`, async () => {
      const terminal = makeTerminal();
      const work = open(terminal).askSecret('password: ');
      for (const chunk of chunks) terminal.input.push(Buffer.from(chunk));
      assert.equal(await work, expected);
      assert.deepEqual(terminal.shown, ['password: ', '\n']);
      assert.deepEqual(terminal.modes, [true, false]);
    });
  }

  test('ends with Ctrl-C and with the interrupt', async () => {
    const terminal = makeTerminal();
    const work = open(terminal).askSecret('password: ');
    terminal.input.push(Buffer.from('abc\u{3}'));
    await assertRejectsWithCode(work, InputError, 'INPUT_MISSING');
    const controller = new AbortController();
    const waiting = open(makeTerminal(), controller.signal).askSecret('password: ');
    controller.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
    assert.deepEqual(terminal.modes, [true, false]);
  });
});

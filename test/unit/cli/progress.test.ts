import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { formatBytes, formatProgress, startProgress } from '../../../src/cli/progress.ts';

const MIB = 1024 * 1024;
const half = { bytes: 512 * MIB, totalBytes: 1024 * MIB, things: 3, totalThings: 7 };

function makeTerminal(): {
  readonly lines: string[];
  readonly draw: (line: string) => void;
  columns(): number;
} {
  const lines: string[] = [];
  return { lines, draw: (line) => void lines.push(line), columns: () => 120 };
}

suite('progress', () => {
  test('says how much of how much, and how fast', () => {
    assert.equal(
      formatProgress('copying', half, { elapsedMs: 2000, columns: 120 }),
      'copying [############------------]  50% 512 MiB of 1.00 GiB, 3 of 7, 256 MiB/s',
    );
  });

  test('fits the terminal, however narrow', () => {
    for (const columns of [0, 1, 10, 40]) {
      const line = formatProgress('copying', half, { elapsedMs: 0, columns });
      assert.ok(line.length <= Math.max(0, columns - 1));
    }
  });

  test('says nothing of a short transfer, and draws no more often than people see', () => {
    const terminal = makeTerminal();
    let nowMs = 0;
    const progress = startProgress('copying', { terminal, now: () => nowMs });
    for (nowMs = 0; nowMs < 399; nowMs += 1) progress.show(half);
    assert.deepEqual(terminal.lines, []);
    for (nowMs = 400; nowMs < 1400; nowMs += 1) progress.show(half);
    assert.equal(terminal.lines.length, 10);
    progress.end();
    assert.equal(terminal.lines.at(-1), '');
  });

  test('takes nothing away that it has not drawn', () => {
    const terminal = makeTerminal();
    startProgress('copying', { terminal, now: () => 0 }).end();
    assert.deepEqual(terminal.lines, []);
  });

  test('is quiet in a pipe', () => {
    const progress = startProgress('copying', { now: () => 1e6 });
    progress.show(half);
    progress.end();
  });

  test('sizes have three digits', () => {
    const cases: readonly [number, string][] = [
      [0, '0 B'],
      [999, '999 B'],
      [1000, '0.977 KiB'],
      [1536, '1.50 KiB'],
      [150 * MIB, '150 MiB'],
      [5 * 1024 ** 4, '5120 GiB'],
    ];
    assert.deepEqual(
      cases.map(([bytes]) => formatBytes(bytes)),
      cases.map(([, text]) => text),
    );
  });
});

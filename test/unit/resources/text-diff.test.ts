import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { diffText } from '../../../src/resources/text-diff.ts';
import { makeTempDir } from '../../helpers/temp.ts';

const names = { before: 'a/x', after: 'b/x' };

/** What the diff makes of a text: its context and deletions must stand there. */
function applyDiff(text: string, diff: string): string {
  const old = text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
  const made: string[] = [];
  let at = 0;
  for (const [shown] of diff
    .split('\n')
    .slice(2)
    .join('\n')
    .matchAll(/.*\n(?:\\ .*\n)?/gu)) {
    const hunk = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@\n$/u.exec(shown);
    if (hunk !== null) {
      const [oldLine = 0, oldCount, newLine = 0, newCount] = hunk.slice(1).map(Number);
      const begin = oldCount === 0 ? oldLine : oldLine - 1;
      made.push(...old.slice(at, begin));
      at = begin;
      assert.equal(made.length, newCount === 0 ? newLine : newLine - 1);
      continue;
    }
    const content = shown.slice(1).replace(/\n\\ .*\n$/u, '');
    if (!shown.startsWith('-')) made.push(content);
    if (shown.startsWith('+')) continue;
    assert.equal(old[at], content);
    at += 1;
  }
  return [...made, ...old.slice(at)].join('');
}

const line = fc.constantFrom('a\n', 'b\n', 'c\n', '\n', '-x\n', '+x\n', '@@\n', ' \n');
const text = fc
  .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom('', 'end'))
  .map(([lines, end]) => lines.join('') + end);

suite('unified diff', () => {
  test('of an insertion, a deletion and a replacement, with context', () => {
    const before = Array.from({ length: 20 }, (_, index) => `${index}\n`).join('');
    const after = before.replace('\n3\n', '\n3\nnew\n').replace('\n15\n', '\n').replace('\n16\n', '\nx\n');
    assert.equal(
      diffText(before, after, { names, contextLines: 1 }),
      '--- a/x\n+++ b/x\n@@ -4,2 +4,3 @@\n 3\n+new\n 4\n@@ -15,4 +16,3 @@\n 14\n-15\n-16\n+x\n 17\n',
    );
  });

  test('changes are in one hunk where their context would touch', () => {
    const hunksOf = (between: number): number => {
      const rest = 'x\n'.repeat(between);
      return diffText(`a\n${rest}b\n`, `A\n${rest}B\n`, { names, contextLines: 2 }).split('@@ -').length - 1;
    };
    assert.deepEqual([hunksOf(4), hunksOf(5)], [1, 2]);
  });

  test('of equal texts is empty', () => {
    fc.assert(
      fc.property(text, (same) => diffText(same, same, { names }) === ''),
      { seed: 1, numRuns: 100 },
    );
  });

  test('of nothing, and to nothing', () => {
    assert.equal(diffText('', 'a\nb\n', { names }), '--- a/x\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\n+b\n');
    assert.equal(diffText('a\n', '', { names }), '--- a/x\n+++ b/x\n@@ -1,1 +0,0 @@\n-a\n');
  });

  test('applied to the old text gives the new one', () => {
    fc.assert(
      fc.property(text, text, fc.nat({ max: 4 }), (before, after, contextLines) => {
        assert.equal(applyDiff(before, diffText(before, after, { names, contextLines })), after);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  test('changes as few lines as can be', () => {
    const lengthOfCommon = (one: readonly string[], other: readonly string[]): number => {
      let row = Array.from({ length: other.length + 1 }, () => 0);
      for (const a of one) {
        const next = [0];
        other.forEach((b, index) =>
          next.push(a === b ? (row[index] ?? 0) + 1 : Math.max(row[index + 1] ?? 0, next[index] ?? 0)),
        );
        row = next;
      }
      return row.at(-1) ?? 0;
    };
    fc.assert(
      fc.property(fc.array(line, { maxLength: 15 }), fc.array(line, { maxLength: 15 }), (one, other) => {
        const diff = diffText(one.join(''), other.join(''), { names });
        const changed = diff
          .split('\n')
          .slice(2)
          .filter((shown) => /^[-+]/u.test(shown)).length;
        assert.equal(changed, one.length + other.length - 2 * lengthOfCommon(one, other));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('is what patch takes', async (t) => {
    const folder = await makeTempDir(t);
    const file = join(folder, 'x');
    for (const [before, after] of fc.sample(fc.tuple(text, text), { seed: 2, numRuns: 20 })) {
      if (before === '' || after === '' || before === after) continue;
      await writeFile(file, before);
      const { status, stdout } = spawnSync('patch', ['-p1', '-d', folder], {
        input: diffText(before, after, { names }),
        encoding: 'utf8',
      });
      assert.equal(status, 0, stdout);
      assert.equal(await readFile(file, 'utf8'), after);
    }
  });
});

suite('huge texts', () => {
  const noise = (seed: number): string =>
    Array.from({ length: 60_000 }, (_, index) => `${(index * seed) % 9973}\n`).join('');

  test('that differ everywhere end as replaced, within the budget', () => {
    const [before, after] = [noise(7919), noise(104_729)];
    const budget = { steps: 5_000_000 };
    assert.equal(applyDiff(before, diffText(before, after, { names, budget })), after);
    assert.ok(budget.steps > -1_000_000, `${budget.steps}`);
  });

  test('that differ in one line are compared', () => {
    const before = noise(7919);
    const after = `first\n${before}last\n`;
    assert.equal(diffText(before, after, { names, contextLines: 0 }).split('\n').length, 7);
  });

  test('an empty budget still gives a diff', () => {
    assert.equal(
      applyDiff('a\nb\nc\n', diffText('a\nb\nc\n', 'c\na\nd\n', { names, budget: { steps: 0 } })),
      'c\na\nd\n',
    );
  });
});

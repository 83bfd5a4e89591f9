// Groups against another engine, where both must agree: leftmost, first alternative, greedy.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RE2JS } from '@bufbuild/re2';
import fc from 'fast-check';
import { matchGroups } from '../../../src/expressions/captures.ts';

const patterns = [
  '^v?(\\d+)\\.(\\d+)(?:-(.*))?$',
  '(a|ab)(c|bcd)(d*)',
  '(a+?)(b*)',
  '^main-([a-f0-9]+)-([0-9]+)$',
  '\\b(\\w+)-',
  '(a*)(a|b)*?(b)',
  '(?:(x)|(y))+',
  '[^b](b{1,2})',
  '',
];

test('groups are those of a backtracking engine', () => {
  const texts = fc.string({ unit: fc.constantFrom(...'abcdxyv019.-_'.split('')), maxLength: 12 });
  fc.assert(
    fc.property(fc.constantFrom(...patterns), texts, (pattern, text) => {
      const expected = new RegExp(pattern, 'u').exec(text);
      const found = matchGroups(RE2JS.compile(pattern), text);
      // JavaScript forgets groups of earlier rounds of a repetition, which Go does not.
      if (pattern.endsWith('+') || pattern.includes('*?')) {
        assert.equal(found?.[0], expected?.[0]);
      } else {
        assert.deepEqual(
          found,
          expected === null ? undefined : Array.from(expected, (group: string | undefined) => group ?? ''),
        );
      }
    }),
    { numRuns: 3000, seed: 7 },
  );
});

// Ranges over tags as Flux's users know them, and the bounds of what a tenant may ask for.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ContentError, InputError } from '../../../src/errors.ts';
import { parseVersionRange } from '../../../src/trust/version-range.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

const tags = [
  '1.0.0',
  'v1.2.0',
  '1.2.0',
  '1.3.0-rc.1',
  '2.0.0',
  '2.0.0-alpha',
  'prod',
  '2024',
  '1.10.0',
  '0.4.0',
];

suite('a range of versions', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['1.x', '1.10.0'],
    ['^1.0.0', '1.10.0'],
    ['~1.2', '1.2.0'],
    ['>=1.0 <2', '1.10.0'],
    ['>=1.0, <2', '1.10.0'],
    ['> 1.0.0', '2.0.0'],
    ['0.4.x || ~1.2', '1.2.0'],
    ['1.0.0 - 1.5.0', '1.2.0'],
    ['1.3.0-rc.1', '1.3.0-rc.1'],
    ['~1.3.0-0', '1.3.0-rc.1'],
    ['<=2.0.0-beta', '2.0.0-alpha'],
    ['>=1.11.0-0 <2.0.0-0 || 0.x', '0.4.0'],
    // One comparator without a pre-release keeps all of them out.
    ['>=1.3.0-0 <2.0.0', '1.10.0'],
    ['*', '2.0.0'],
  ];
  for (const [range, tag] of cases) {
    test(`${range} picks ${tag}`, () => assert.equal(parseVersionRange(range).pick(tags), tag));
  }

  test('picks among the tags that the filter matches', () => {
    assert.equal(parseVersionRange('1.x', '^v').pick(tags), 'v1.2.0');
    assertThrowsWithCode(() => parseVersionRange('2.x', '^v').pick(tags), ContentError, 'CONTENT_MISSING');
  });

  test('that nothing is in says so', () => {
    assertThrowsWithCode(() => parseVersionRange('7.x').pick(tags), ContentError, 'CONTENT_MISSING');
    assertThrowsWithCode(() => parseVersionRange('*').pick([]), ContentError, 'CONTENT_MISSING');
  });

  for (const range of ['latest', '!=1.0.0', '1.0.0 &&', 'x'.repeat(300)]) {
    test(`${range.slice(0, 20)} is none`, () => {
      assertThrowsWithCode(() => parseVersionRange(range), InputError, 'INPUT_INVALID');
    });
  }

  test('has a filter that is a regular expression, and no way to keep the puller busy', () => {
    assertThrowsWithCode(() => parseVersionRange('*', '('), InputError, 'INPUT_INVALID');
    const many = Array.from({ length: 10_000 }, (_, index) => `1.0.${index}-${'a'.repeat(100)}`);
    const range = parseVersionRange('>=1.0.0-0', `(${'a?'.repeat(100)}){900}b$`);
    const startMs = performance.now();
    assertThrowsWithCode(() => range.pick(many), InputError, 'INPUT_INVALID');
    assert.ok(performance.now() - startMs < 3000);
  });
});

// Which tag is the newest, as Flux's ImagePolicy would say, and what hostile tags and patterns can't do.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ContentError, InputError } from '../../../src/errors.ts';
import { compileTagPolicy, tagPolicySchema } from '../../../src/images/policy.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

function pick(spec: object, tags: readonly string[]): string {
  return compileTagPolicy(tagPolicySchema.parse(spec), 'apps/web')(tags);
}

const semver = (range: string): object => ({ semver: { range } });

suite('picks', () => {
  const cases: readonly (readonly [string, object, readonly string[], string])[] = [
    ['version', { policy: semver('1.x') }, ['1.0.0', 'v1.10.0', '1.9.0', '2.0.0', 'latest'], 'v1.10.0'],
    ['no pre-release', { policy: semver('>=1.0.0') }, ['1.0.0', '1.1.0-rc.1'], '1.0.0'],
    ['pre-release', { policy: semver('>=1.0.0-0') }, ['1.0.0', '1.1.0-rc.1'], '1.1.0-rc.1'],
    [
      'version in a tag',
      { filterTags: { pattern: '^app-(?P<v>.*)$', extract: '$v' }, policy: semver('*') },
      ['app-1.2.0', 'app-1.10.0', 'lib-9.0.0'],
      'app-1.10.0',
    ],
    ['last letter', { policy: { alphabetical: {} } }, ['b', 'a', 'c'], 'c'],
    ['first letter', { policy: { alphabetical: { order: 'desc' } } }, ['b', 'a', 'c'], 'a'],
    ['highest number', { policy: { numerical: { order: 'asc' } } }, ['9', '10', '2'], '10'],
    ['lowest number', { policy: { numerical: { order: 'desc' } } }, ['9', '10', '2'], '2'],
    [
      'time in a tag',
      {
        filterTags: { pattern: '^main-[a-f0-9]+-(?P<ts>[0-9]+)$', extract: '${ts}' },
        policy: { numerical: { order: 'asc' } },
      },
      ['main-abc-100', 'main-fff-99', 'dev-abc-900', 'latest'],
      'main-abc-100',
    ],
    [
      'groups by number',
      { filterTags: { pattern: '^(\\d+)-(\\d+)$', extract: '$2' }, policy: { numerical: {} } },
      ['1-5', '9-3'],
      '1-5',
    ],
    [
      'first alternative and greedy groups',
      { filterTags: { pattern: '(a|ab)(c|bcd)(d*)', extract: '$1.$2.$3' }, policy: { alphabetical: {} } },
      ['xabcd'],
      'xabcd',
    ],
  ];
  for (const [name, spec, tags, expected] of cases) {
    test(name, () => assert.equal(pick(spec, tags), expected));
    test(`${name}, in any order`, () => assert.equal(pick(spec, tags.toReversed()), expected));
  }
});

suite('refuses', () => {
  test('no tag that counts', () => {
    const none = (): unknown => pick({ policy: semver('9.x') }, ['1.0.0']);
    assertThrowsWithCode(none, ContentError, 'CONTENT_MISSING');
  });
  for (const [name, spec] of [
    ['a range that is none', { policy: semver('not a range') }],
    ['a broken pattern', { filterTags: { pattern: '(' }, policy: semver('*') }],
    ['a look-ahead', { filterTags: { pattern: '(?=a)' }, policy: semver('*') }],
    ['a long pattern', { filterTags: { pattern: 'a'.repeat(1000) }, policy: semver('*') }],
    ['text as a number', { policy: { numerical: {} } }],
  ] as const) {
    test(name, () => {
      assertThrowsWithCode(() => pick(spec, ['1.0.0', 'Infinity']), InputError, 'INPUT_INVALID');
    });
  }
});

suite('hostile', () => {
  const tags = Array.from({ length: 10_000 }, (_, index) => `${'a'.repeat(100)}${index}`);
  test('a pattern that would backtrack for ever is linear', () => {
    const spec = { filterTags: { pattern: '^(a+)+$', extract: '$1' }, policy: { alphabetical: {} } };
    assert.equal(pick(spec, ['a'.repeat(128), `${'a'.repeat(127)}!`]), 'a'.repeat(128));
  });
  test('a pattern too heavy for so many tags is refused', () => {
    const spec = {
      filterTags: { pattern: '^(a{1,500}){1}\\d+$', extract: '$1' },
      policy: { alphabetical: {} },
    };
    assertThrowsWithCode(() => pick(spec, tags), InputError, 'INPUT_INVALID');
  });
  test('ten thousand tags are sorted', () => {
    assert.equal(pick({ policy: { alphabetical: {} } }, tags), `${'a'.repeat(100)}9999`);
  });
});

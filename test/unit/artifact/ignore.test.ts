import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  createIgnoreBudget,
  findIgnoring,
  parseIgnoreFile,
  type IgnoreRules,
} from '../../../src/artifact/ignore/ignore.ts';
import { InputError } from '../../../src/errors.ts';
import { ignoreLimits } from '../../../src/limits.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

const file = '.sealiftignore';

/** Name, lines, paths that they ignore, paths that they do not; a slash at the end says folder. */
const cases: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ['names in whatever folder', 'a.yaml', ['a.yaml', 'b/c/a.yaml', 'a.yaml/'], ['ba.yaml', 'a.yaml.b']],
  ['paths from the file on', '/a\nb/c', ['a', 'b/c'], ['b/a', 'x/b/c']],
  ['folders', 'a/\n/b/c/', ['a/', 'x/a/', 'b/c/'], ['a', 'x/a', 'b/c', 'x/b/c/']],
  ['comments and empty lines', '# a\n\n   \n#a', [], ['# a', '#a', '   ', 'a']],
  ['escapes', '\\#a\n\\!b\n\\*\na\\?b', ['#a', '!b', '*', 'a?b'], ['a', 'b', 'x', 'axb', '\\#a']],
  ['a backslash at the end: nothing', 'a\\', [], ['a', 'a\\']],
  ['spaces at the end', 'a  \nb\\ \nc\\  \nd\t', ['a', 'b ', 'c ', 'd\t'], ['a  ', 'b', 'c', 'c  ', 'd']],
  ['lines of Windows, and a byte order mark', '\uFEFFa\r\nb\r\nc\r', ['a', 'b', 'c'], ['a\r']],
  ['the last rule that matches', '*.yaml\n!a.yaml\nb/a.yaml', ['b.yaml', 'b/a.yaml'], ['a.yaml', 'c/a.yaml']],
  ['stars within a segment', '/a*c\nx/*/z', ['ac', 'abbc', 'x/y/z'], ['a/c', 'x/z', 'x/y/y/z', 'abcd']],
  ['question marks', 'a?c', ['abc', 'x/a-c'], ['ac', 'abbc', 'a/c']],
  ['bytes, not characters', 'a?\nb??', ['bé'], ['aé']],
  ['stars over folders at the start', '**/a/b', ['a/b', 'x/a/b', 'x/y/a/b'], ['a', 'xa/b', 'a/x/b']],
  ['stars over folders in the middle', 'a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['ab', 'a/xb', 'x/a/b']],
  ['stars over folders at the end', 'a/**', ['a/b', 'a/b/c'], ['a', 'x/a/b']],
  ['two stars that are no segment', 'x/?**b', ['x/ab', 'x/acb'], ['x/a/b', 'x/b']],
  ['two stars behind literals, as git has them', 'x/a**/b', ['x/a/b', 'x/a/y/b', 'x/ay/b'], ['x/y/a/b']],
  ['stars over folders before an escaped slash', 'x/**\\/y', ['x/a/y', 'x/a/b/y'], ['x/y']],
  ['sets', '[ab]\n[^x-z]1\n[!x-z]2\n[]-]3', ['a', 'b', 'a1', 'a2', ']3', '-3'], ['c', 'x1', 'y2', '13']],
  ['sets with escapes', '[\\]]\n[a\\-c]1\n[\\a-c]2', [']', '-1', 'b2'], ['\\', 'b1', '\\1', '-2']],
  ['named classes', '[[:digit:]x]\n[[:upper:]-_]1', ['7', 'x', 'A1', '-1'], ['y', 'a1', 'é']],
  ['a bracket and a colon that open no class', '[[:]\n[[:a]1', ['[', ':', '[1', 'a1'], ['a', '1']],
  ['a set never has the slash', 'a[/]b\nc[!x]d', ['c-d'], ['a/b', 'c/d']],
  ['what is malformed: nothing', '[a\n[[:none:]]\n[a-\n!', [], ['a', '[a', 'n', '[a-', '!']],
  ['slashes alone: nothing', '/\n//\n!/', [], ['a', 'a/', 'a/b']],
  ['upper and lower case differ', 'A', ['A'], ['a']],
];

suite('ignore files', () => {
  for (const [name, text, ignored, taken] of cases) {
    test(name, () => {
      const rules = parse(text);
      for (const path of ignored) assert.ok(isIgnored(rules, path), `${path} is to be ignored`);
      for (const path of taken) assert.ok(!isIgnored(rules, path), `${path} is not to be ignored`);
    });
  }

  test('the deepest file has the last word, about what is below it', () => {
    const top = parse('*.json\n/é/x.yaml');
    const rules = parse('!a.json\n/x.yaml', { file: `é/${file}`, above: top });
    assert.equal(ignoredBy(rules, 'é/a.json'), undefined);
    assert.equal(ignoredBy(rules, 'é/b.json'), '.sealiftignore:1');
    assert.equal(ignoredBy(rules, 'é/x.yaml'), 'é/.sealiftignore:2');
    assert.equal(ignoredBy(rules, 'é/é/x.yaml'), undefined);
    assert.equal(ignoredBy(rules, 'é/b/x.yaml'), undefined);
  });

  test('what is too large or no text is refused', () => {
    const { bytes, patterns, patternBytes } = ignoreLimits;
    for (const text of [
      '#'.repeat(bytes + 1),
      'a'.repeat(patternBytes + 1),
      'a\n'.repeat(patterns + 1),
      Buffer.from('\uFEFFa.yaml\n', 'utf16le').toString('latin1'),
    ]) {
      assertThrowsWithCode(() => parse(text), InputError, 'INPUT_INVALID');
    }
    parse('a\n'.repeat(patterns));
    parse('a'.repeat(patternBytes));
    parse('#'.repeat(bytes));
  });

  test('the bounds are for all files of a run together', () => {
    const budget = createIgnoreBudget();
    parse('a\n'.repeat(ignoreLimits.patterns), { budget });
    assertThrowsWithCode(() => parse('a', { budget }), InputError, 'INPUT_INVALID');
    const other = createIgnoreBudget();
    parse('#'.repeat(ignoreLimits.bytes), { budget: other });
    assertThrowsWithCode(() => parse('#', { budget: other }), InputError, 'INPUT_INVALID');
  });

  test('no pattern takes longer than its length times that of the path', () => {
    const path = `${'a/'.repeat(500)}${'a'.repeat(1000)}`;
    for (const pattern of ['*a'.repeat(500), `${'**/'.repeat(330)}b`, `a/${'**/*a/'.repeat(160)}b`]) {
      const budget = createIgnoreBudget();
      isIgnored(parse(pattern, { budget }), path);
      const steps = ignoreLimits.steps - budget.steps;
      assert.ok(steps > path.length, `${steps} steps`);
      assert.ok(steps <= 2 * pattern.length * path.length, `${steps} steps`);
    }
  });

  test('comparisons end when they took too many steps', () => {
    const budget = { ...createIgnoreBudget(), steps: 10 };
    const rules = parse('*a', { budget });
    assert.ok(isIgnored(rules, 'aaa'));
    assertThrowsWithCode(() => isIgnored(rules, 'aaaaaaaa'), InputError, 'INPUT_INVALID');
  });
});

function parse(text: string, options: Partial<Parameters<typeof parseIgnoreFile>[1]> = {}): IgnoreRules {
  return parseIgnoreFile(Buffer.from(text), {
    file,
    above: undefined,
    budget: createIgnoreBudget(),
    ...options,
  });
}

function isIgnored(rules: IgnoreRules, path: string): boolean {
  return ignoredBy(rules, path) !== undefined;
}

function ignoredBy(rules: IgnoreRules, path: string): string | undefined {
  return findIgnoring(rules, { path: path.replace(/\/$/u, ''), isFolder: path.endsWith('/') });
}

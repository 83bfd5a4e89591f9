// Paths and globs that say which files are taken.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { choosePaths, type PathChoice } from '../../../src/operations/path-choice.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { InputError } from '../../../src/errors.ts';
import { collectLimits } from '../../../src/limits.ts';

const choose = (...paths: readonly string[]): PathChoice =>
  choosePaths(
    paths.map((given) => ({ given, segments: given.split('/').filter((segment) => segment !== '') })),
  );

suite('a glob', () => {
  const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['a/*.yaml', ['a/x.yaml', 'a/.yaml'], ['a/x.yml', 'b/x.yaml', 'a/b/x.yaml', 'a.yaml']],
    ['a/?.yaml', ['a/x.yaml'], ['a/xy.yaml', 'a/.yam', 'a/.yaml']],
    ['**/*.yaml', ['x.yaml', 'a/x.yaml', 'a/b/c/x.yaml'], ['x.json']],
    ['a/**/x.yaml', ['a/x.yaml', 'a/b/x.yaml', 'a/b/c/x.yaml'], ['x.yaml', 'b/a/x.yaml', 'a/b/y.yaml']],
    ['a/**', ['a/x', 'a/b/x'], ['b/x', 'ab/x']],
    ['*/prod', ['a/prod/x', 'b/prod/c/x'], ['prod/x', 'a/b/prod/x']],
    ['a/[x]{y}(z)\\w.yaml', ['a/[x]{y}(z)\\w.yaml'], ['a/xyzw.yaml', 'a/x{y}(z)w.yaml']],
    ['gr\u{fc}n/*', ['gr\u{fc}n/\u{df}'], ['grun/x']],
    ['a', ['a/x', 'a/b/c'], ['ab/x', 'b/a/x']],
    ['', ['x', 'a/b'], []],
  ];
  for (const [glob, taken, left] of table) {
    test(JSON.stringify(glob), () => {
      const choice = choose(glob);
      for (const path of taken) assert.ok(choice.takes(path), path);
      for (const path of left) assert.ok(!choice.takes(path), path);
    });
  }
});

test('only folders that may hold something are entered', () => {
  const choice = choose('apps/*/prod', 'infra/base');
  for (const folder of ['apps', 'apps/web', 'apps/web/prod', 'apps/web/prod/x', 'infra', 'infra/base'])
    assert.ok(choice.enters(folder), folder);
  for (const folder of ['node_modules', 'apps/web/test', 'infra/other', 'base']) {
    assert.ok(!choice.enters(folder), folder);
  }
});

test('what is written out is not hidden by its dot, what a wildcard finds is', () => {
  const choice = choose('.deploy/web', 'apps/*');
  for (const path of ['.deploy', '.deploy/web', 'apps']) assert.ok(choice.names(path), path);
  for (const path of ['.deploy/web/.x', 'apps/.x', '.git']) assert.ok(!choice.names(path), path);
});

test('each path must give a file', () => {
  choose('a', 'b/*').assertAllFound(['a/x', 'b/x']);
  assertThrowsWithCode(() => choose('a', 'b/*').assertAllFound(['a/x']), InputError, 'INPUT_INVALID');
});

test('their number is bounded, and so is what globs cost', () => {
  const many = Array.from({ length: collectLimits.paths + 1 }, (_, index) => `a${index}`);
  assertThrowsWithCode(() => choose(...many), InputError, 'INPUT_INVALID');
  const costly = choose(...many.slice(1).map(() => '*a'.repeat(120)));
  const name = 'a'.repeat(250).concat('b');
  assertThrowsWithCode(
    () => {
      for (let index = 0; index < 1000; index += 1) costly.takes(name);
    },
    InputError,
    'INPUT_INVALID',
  );
});

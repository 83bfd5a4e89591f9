import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { parseSelector } from '../../../src/resources/selector.ts';

const labels = { app: 'web', tier: 'front', 'example.com/team': 'shop' };

suite('a selector', () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['', true],
    ['app', true],
    ['!app', false],
    ['!other', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web', true],
    ['app=', false],
    ['app!=web', false],
    ['other!=web', true],
    ['app in (web, api)', true],
    ['app notin (web,api)', false],
    ['other notin (web)', true],
    ['other in (web)', false],
    ['app=web,tier in (front,back),example.com/team=shop', true],
    ['app=web,tier=back', false],
    ['constructor', false],
  ];
  for (const [text, expected] of cases) {
    test(`${text === '' ? 'without terms' : text} is ${expected}`, () => {
      assert.equal(parseSelector(text)?.(labels), expected);
    });
  }

  for (const text of [
    'app in web',
    '=web',
    'app=a b',
    'app in (a',
    'a,,b',
    '!',
    'app=(x)',
    'app notin',
    '-a',
  ]) {
    test(`is not ${text}`, () => assert.equal(parseSelector(text), undefined));
  }

  test('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseSelector(text)?.(labels)));
  });
});

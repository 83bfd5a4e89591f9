import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { authLimits } from '../../../src/limits.ts';
import { parseChallenges, type Challenge } from '../../../src/registry/challenge.ts';

type Plain = readonly [scheme: string, parameters: Readonly<Record<string, string>>, token68?: string];

function plain(challenges: readonly Challenge[]): readonly Plain[] {
  return challenges.map(({ scheme, parameters, token68 }): Plain => {
    const members = Object.fromEntries(parameters);
    return token68 === undefined ? [scheme, members] : [scheme, members, token68];
  });
}

const cases: readonly (readonly [name: string, header: string | undefined, expected: readonly Plain[]])[] = [
  ['none', undefined, []],
  ['an empty one', '', []],
  ['commas alone', ' , ,', []],
  ['a scheme alone', 'Negotiate', [['negotiate', {}]]],
  [
    'what docker-registry sends',
    'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a:pull repository:b:pull,push"',
    [
      [
        'bearer',
        {
          realm: 'https://auth.test/token',
          service: 'registry.test',
          scope: 'repository:a:pull repository:b:pull,push',
        },
      ],
    ],
  ],
  [
    'several in one line',
    'Negotiate, Basic realm="a, b", BEARER Realm="c" , error="x"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'a, b' }],
      ['bearer', { realm: 'c', error: 'x' }],
    ],
  ],
  [
    'a token of 68 characters',
    'NTLM TlRMTVNTUAAB==, Basic realm=x',
    [
      ['ntlm', {}, 'TlRMTVNTUAAB=='],
      ['basic', { realm: 'x' }],
    ],
  ],
  ['escapes', 'Basic realm="a\\"b\\\\c\\d"', [['basic', { realm: 'a"b\\cd' }]]],
  [
    'spaces around "="',
    'Basic realm = "a" ,charset\t=\t"UTF-8"',
    [['basic', { realm: 'a', charset: 'UTF-8' }]],
  ],
  ['an empty value', 'Bearer realm="",service="s"', [['bearer', { realm: '', service: 's' }]]],
  [
    'values without quotes, that should have them',
    'Bearer realm=https://auth.test/token?a=b,service=registry.test:5000',
    [['bearer', { realm: 'https://auth.test/token?a=b', service: 'registry.test:5000' }]],
  ],
  [
    'no commas, where there should be',
    'Bearer realm="a" service="b"',
    [['bearer', { realm: 'a', service: 'b' }]],
  ],
  ['a name twice', 'Basic realm="a", realm="b"', [['basic', { realm: 'a' }]]],
  [
    'a quote without its end',
    'Basic realm="a", Bearer realm="b',
    [
      ['basic', { realm: 'a' }],
      ['bearer', {}],
    ],
  ],
  ['what is no challenge behind one', 'Basic realm="a", {"realm": "b"}', [['basic', { realm: 'a' }]]],
  ['what is no challenge at all', '<html>', []],
];

suite('challenges', () => {
  for (const [name, header, expected] of cases) {
    test(`of ${name}`, () => assert.deepEqual(plain(parseChallenges(header)), expected));
  }

  test('are bounded in length and number', () => {
    assert.deepEqual(parseChallenges(`Basic realm="${'x'.repeat(authLimits.challengeLength)}"`), []);
    assert.equal(parseChallenges('Basic realm=x,'.repeat(200)).length, authLimits.challenges);
    const many = Array.from({ length: 100 }, (_, index) => `p${index}=v`).join(',');
    assert.equal(parseChallenges(`Basic ${many}`)[0]?.parameters.size, authLimits.challengeParameters);
  });
});

const names = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/u);
const challenges = fc.array(
  fc.record({
    scheme: names,
    parameters: fc.dictionary(names, fc.string({ unit: 'binary-ascii' }), { minKeys: 1, maxKeys: 5 }),
  }),
  { maxLength: 6 },
);

suite('any', () => {
  test('challenges that are formatted are read again as they were', () => {
    const separators = fc.constantFrom(',', ', ', ' ,\t');
    fc.assert(
      fc.property(challenges, separators, (list, comma) => {
        const header = list
          .map(({ scheme, parameters }) => {
            const pairs = Object.entries(parameters).map(
              ([name, value]) => `${name}="${value.replaceAll(/["\\]/gu, '\\$&')}"`,
            );
            return `${scheme} ${pairs.join(comma)}`;
          })
          .join(comma);
        const expected = list.map(({ scheme, parameters }) => [scheme, { ...parameters }]);
        assert.deepEqual(plain(parseChallenges(header)), expected);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test('text is read without failing, and in time', () => {
    const parts = fc.constantFrom(
      'Basic',
      ' ',
      ',',
      '=',
      '"',
      '\\',
      'realm',
      '\t',
      'a==',
      '\0',
      'é',
      'Bearer ',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(parts, { maxLength: 200 }).map((list) => list.join('')),
    );
    fc.assert(
      fc.property(text, (header) => assert.ok(Array.isArray(parseChallenges(header)))),
      { numRuns: 500, seed: 2 },
    );
    for (const part of ['=', '"', '\\', ',', ' ', 'a', 'a=', 'a="', 'a ']) {
      parseChallenges(`Basic ${part.repeat(authLimits.challengeLength / part.length - 10)}`);
    }
  });
});

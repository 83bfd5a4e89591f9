import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { InvalidReferenceError, PolicyError } from '../../../src/errors.ts';
import { parseSourceUrl } from '../../../src/trust/source-url.ts';
import { canClaim, logicalRepository, parseUrlPattern } from '../../../src/trust/url-pattern.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

suite('source urls have one spelling', () => {
  for (const url of [
    'oci://registry.site/config/app',
    'oci://registry.site:5000/a',
    'oci://registry.site:80/a',
    'oci://localhost:5000/a',
    'oci://[::1]:5000/a',
    'oci://10.0.0.1/a',
    'oci://10.0.0.1:5000/a',
  ]) {
    test(`${url} is canonical`, () => assert.equal(parseSourceUrl(url).canonical, url));
  }

  for (const url of [
    'registry.site/config/app',
    'oci://Registry.site/app',
    'oci://registry.site:443/app',
    'oci://registry.site:05000/app',
    'oci://127.1:5000/app',
    'oci://0x7f000001:5000/app',
    'oci://2130706433/app',
    'oci://127.0.0.01/app',
    'oci://[0::1]:5000/app',
    'oci://[::0:1]/app',
    'oci://[::FFFF]/app',
    'oci://registry.site/app:prod',
    `oci://registry.site/app@sha256:${'a'.repeat(64)}`,
  ]) {
    test(`${url.slice(0, 50)} is refused`, () => {
      assertThrowsWithCode(() => parseSourceUrl(url), PolicyError, 'URL_NOT_CANONICAL');
    });
  }

  for (const url of [
    'oci://registry.site./app',
    'oci://user@registry.site/app',
    'oci://registry.site/App',
    'oci://registry.site/a/../b',
    'oci://registry.site//a',
    'oci://registry.site/a?b',
    'https://registry.site/a',
    'OCI://registry.site/a',
    ' oci://registry.site/a',
  ]) {
    test(`${url} is no reference`, () => {
      assertThrowsWithCode(() => parseSourceUrl(url), InvalidReferenceError, 'REFERENCE_INVALID');
    });
  }
});

suite('patterns', () => {
  const table: readonly (readonly [string, string, readonly string[] | undefined])[] = [
    ['oci://h/a', 'oci://h/a', []],
    ['oci://h/a', 'oci://h/a/b', undefined],
    ['oci://h/a', 'oci://h/ab', undefined],
    ['oci://h/*', 'oci://h/a', ['a']],
    ['oci://h/*', 'oci://h/a/b', undefined],
    ['oci://h/*/b', 'oci://h/a/b', ['a']],
    ['oci://h/app-*', 'oci://h/app-x', ['x']],
    ['oci://h/app-*', 'oci://h/app-', undefined],
    ['oci://h/**', 'oci://h/a/b/c', ['a/b/c']],
    ['oci://h/a/**', 'oci://h/a', undefined],
    ['oci://h/*/**', 'oci://h/a/b/c', ['a', 'b/c']],
    ['oci://h.site/a', 'oci://hxsite/a', undefined],
    ['oci://h/a', 'oci://h.evil/a', undefined],
    ['oci://h/**', 'oci://h.evil/a', undefined],
    ['oci://h/**', 'oci://h:5000/a', undefined],
    ['oci://h:5000/**', 'oci://h:5000/a', ['a']],
    ['oci://h/a+', 'oci://h/aa', undefined],
    ['oci://h/(a|b)', 'oci://h/a', undefined],
  ];
  for (const [pattern, url, captures] of table) {
    test(`${pattern} for ${url}`, () => assert.deepEqual(parseUrlPattern(pattern).match(url), captures));
  }

  for (const pattern of [
    'oci://*/a',
    'oci://*.site/a',
    'oci://h/**/a',
    'oci://h/a**',
    'oci://h/***',
    'https://h/a',
    'oci:///a',
    '*',
    '',
  ]) {
    test(`${JSON.stringify(pattern)} is invalid`, () => {
      assertThrowsWithCode(() => parseUrlPattern(pattern), PolicyError, 'POLICY_INVALID');
    });
  }
});

suite(
  'patterns name hosts as sources have them, or they would match nothing and look as if they held',
  () => {
    for (const host of [
      'localhost:5000',
      'registry.site',
      'registry.site:80',
      '[::1]:5000',
      '10.0.0.1:5000',
    ]) {
      test(`${host} matches its own sources`, () => {
        assert.deepEqual(parseUrlPattern(`oci://${host}/*`).match(`oci://${host}/app`), ['app']);
      });
    }

    for (const host of [
      'Registry.Site',
      'registry.site:443',
      'registry.site:05000',
      'registry.site.',
      'registry.site.:5000',
      '127.1',
      '127.1:5000',
      '0x7f000001:5000',
      '2130706433',
      '[0::1]:5000',
      'registry.site:x',
      'registry.site:65536',
      'user@registry.site',
    ]) {
      test(`${host} is invalid, whatever the path`, () => {
        for (const path of ['', '/app', '/*', '/**']) {
          assertThrowsWithCode(() => parseUrlPattern(`oci://${host}${path}`), PolicyError, 'POLICY_INVALID');
        }
      });
    }
  },
);

suite('logical repositories', () => {
  test('are the path where no template is given', () => {
    assert.equal(logicalRepository(undefined, 'config/app', ['app']), 'config/app');
  });

  test('are the template with every star filled in', () => {
    assert.equal(logicalRepository('org/{1}', 'x', ['app']), 'org/app');
    assert.equal(logicalRepository('{2}/{1}', 'x', ['a', 'b/c']), 'b/c/a');
    assert.equal(logicalRepository('fixed', 'x', []), 'fixed');
  });

  for (const [template, captures] of [
    ['org/app', ['a']],
    ['org/{2}', ['a']],
    ['org/{0}', ['a']],
    ['{1}', ['a', 'b']],
    ['{1}{2}', ['a']],
    ['{1}{1}', ['a']],
    ['{1}/{1}', ['a']],
    ['{1}', []],
  ] as const) {
    test(`${template} for ${captures.length} stars is invalid`, () => {
      assertThrowsWithCode(() => logicalRepository(template, 'x', captures), PolicyError, 'POLICY_INVALID');
    });
  }
});

suite('a pattern can claim a repository', () => {
  const table: readonly (readonly [string | undefined, string, string, boolean])[] = [
    [undefined, 'oci://h/a', 'a', true],
    [undefined, 'oci://h:5000/a/b', 'a/b', true],
    [undefined, 'oci://h/a', 'ab', false],
    [undefined, 'oci://h/a.b', 'axb', false],
    [undefined, 'oci://h/*', 'a', true],
    [undefined, 'oci://h/*', 'a/b', false],
    [undefined, 'oci://h/app-*/x', 'app-1/x', true],
    [undefined, 'oci://h/**', 'a/b/c', true],
    [undefined, 'oci://h/a/**', 'a', false],
    ['org/{1}', 'oci://h/*', 'org/a', true],
    ['org/{1}', 'oci://h/*', 'a', false],
    ['org/{1}', 'oci://h/*', 'org/a/b', false],
    ['org/{1}', 'oci://h/**', 'org/a/b', true],
    ['{2}/{1}', 'oci://h/*/**', 'a/b/c', true],
    ['{2}/{1}', 'oci://h/*/x/*', 'a/b/c', false],
    ['a.b', 'oci://h/x', 'axb', false],
    ['a.b', 'oci://h/x', 'a.b', true],
    ['org/{2}', 'oci://h/*', 'org/', false],
    ['org/{1}', 'oci://h/a', 'org/a', false],
    ['{1}-{2}', 'oci://h/*/*', 'a-b', false],
    ['app-{1}', 'oci://h/*', 'app-x', true],
  ];
  for (const [template, pattern, repository, can] of table) {
    test(`${pattern} as ${template ?? 'its path'} ${can ? 'can be' : 'is never'} ${repository}`, () => {
      assert.equal(canClaim(template, pattern, repository), can);
    });
  }

  const segment = fc.constantFrom('a', 'b', 'c');
  /** Segments of a path, `*` among them, and whether `**` follows. */
  const patterns = fc
    .tuple(fc.array(fc.constantFrom('a', 'b', '*', 'a*', '*b'), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([segments, isOpen]) => `oci://h/${[...segments, ...(isOpen ? ['**'] : [])].join('/')}`);
  const paths = fc.array(
    fc.array(segment, { minLength: 1, maxLength: 2 }).map((letters) => letters.join('')),
    { minLength: 1, maxLength: 4 },
  );

  /** A template that names every star once, in some order, each as a segment of its own. */
  function templateOf(pattern: string, isReversed: boolean): string {
    const stars = [...pattern.matchAll(/\*\*|\*/gu)].map((_, index) => `{${index + 1}}`);
    return ['org', ...(isReversed ? stars.toReversed() : stars)].join('/');
  }

  test('whenever one of its urls has that name', () => {
    fc.assert(
      fc.property(patterns, paths, fc.boolean(), fc.boolean(), (pattern, path, hasTemplate, isReversed) => {
        const repository = path.join('/');
        const captures = parseUrlPattern(pattern).match(`oci://h/${repository}`);
        fc.pre(captures !== undefined);
        const template = hasTemplate ? templateOf(pattern, isReversed) : undefined;
        assert.ok(canClaim(template, pattern, logicalRepository(template, repository, captures)));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('and only then', () => {
    fc.assert(
      fc.property(patterns, paths, (pattern, path) => {
        const repository = path.join('/');
        const isMatch = parseUrlPattern(pattern).match(`oci://h/${repository}`) !== undefined;
        assert.equal(canClaim(undefined, pattern, repository), isMatch);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('is told at once, however a template repeats or joins its stars', () => {
    const several = Array.from({ length: 12 }, () => '*').join('/');
    const joined = Array.from({ length: 12 }, (_, index) => `{${index + 1}}`).join('');
    for (const [template, path] of [
      [joined, several],
      ['{1}'.repeat(80), '*'],
    ] as const) {
      assert.equal(canClaim(template, `oci://h/${path}`, `${'a'.repeat(200)}/`), false);
    }
  });
});

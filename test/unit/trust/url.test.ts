import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { InvalidReferenceError, PolicyError } from '../../../src/errors.ts';
import { parseSourceUrl } from '../../../src/trust/source-url.ts';
import { logicalRepository, parseUrlPattern } from '../../../src/trust/url-pattern.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

suite('source urls have one spelling', () => {
  for (const url of [
    'oci://registry.site/config/app',
    'oci://registry.site:5000/a',
    'oci://[::1]:5000/a',
    'oci://10.0.0.1/a',
  ]) {
    test(`${url} is canonical`, () => assert.equal(parseSourceUrl(url).canonical, url));
  }

  for (const url of [
    'registry.site/config/app',
    'oci://Registry.site/app',
    'oci://registry.site:443/app',
    'oci://registry.site:05000/app',
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
    ['{1}', []],
  ] as const) {
    test(`${template} for ${captures.length} stars is invalid`, () => {
      assertThrowsWithCode(() => logicalRepository(template, 'x', captures), PolicyError, 'POLICY_INVALID');
    });
  }
});

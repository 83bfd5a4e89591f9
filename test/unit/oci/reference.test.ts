import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { InvalidReferenceError } from '../../../src/errors.ts';
import { computeDigest, digestHex, isDigest, parseDigest } from '../../../src/oci/digest.ts';
import {
  formatReference,
  isLoopback,
  parseReference,
  parseTag,
  registryHostname,
} from '../../../src/oci/reference.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

const digest = computeDigest('x');

suite('parseReference', () => {
  test('reads each part', () => {
    const base = { registry: 'registry.site:5000', repository: 'config/app' };
    const text = 'registry.site:5000/config/app';
    assert.deepEqual(parseReference(text), base);
    assert.deepEqual(parseReference(`oci://${text}:1.4`), { ...base, tag: '1.4' });
    assert.deepEqual(parseReference(`${text}@${digest}`), { ...base, digest });
    assert.deepEqual(parseReference(`${text}:a@${digest}`), { ...base, tag: 'a', digest });
    assert.equal(parseReference('REGISTRY.Site/a').registry, 'registry.site');
    assert.equal(parseReference('[::1]:5000/a').registry, '[::1]:5000');
  });

  const refused: readonly (readonly [string, 'REFERENCE_INVALID' | 'TAG_INVALID' | 'DIGEST_INVALID'])[] = [
    ['', 'REFERENCE_INVALID'],
    ['app:1', 'REFERENCE_INVALID'],
    ['/app', 'REFERENCE_INVALID'],
    ['https://host/app', 'REFERENCE_INVALID'],
    ['user@host/app', 'REFERENCE_INVALID'],
    ['host_name/app', 'REFERENCE_INVALID'],
    ['-host/app', 'REFERENCE_INVALID'],
    ['host:port/app', 'REFERENCE_INVALID'],
    ['host/', 'REFERENCE_INVALID'],
    ['host/App', 'REFERENCE_INVALID'],
    ['host/a//b', 'REFERENCE_INVALID'],
    ['host/../a', 'REFERENCE_INVALID'],
    ['host/a/', 'REFERENCE_INVALID'],
    ['host/a?x=1', 'REFERENCE_INVALID'],
    ['host/a%2e', 'REFERENCE_INVALID'],
    [`host/${'a'.repeat(256)}`, 'REFERENCE_INVALID'],
    ['host/a:', 'TAG_INVALID'],
    ['host/a:-x', 'TAG_INVALID'],
    ['host/a:x/y', 'TAG_INVALID'],
    [`host/a:${'x'.repeat(129)}`, 'TAG_INVALID'],
    ['host/a@', 'DIGEST_INVALID'],
    ['host/a@sha256:abc', 'DIGEST_INVALID'],
    [`host/a@${digest.toUpperCase()}`, 'DIGEST_INVALID'],
    [`host/a@sha512:${'a'.repeat(128)}`, 'DIGEST_INVALID'],
    [`host/a@${digest}@${digest}`, 'REFERENCE_INVALID'],
  ];
  for (const [text, code] of refused) {
    test(`refuses ${text.slice(0, 60)}`, () => {
      assertThrowsWithCode(() => parseReference(text), InvalidReferenceError, code);
    });
  }

  test('suggests lower case', () => {
    const { hint } = assertThrowsWithCode(
      () => parseReference('host/App'),
      InvalidReferenceError,
      'REFERENCE_INVALID',
    );
    assert.match(hint ?? '', /\bapp\b/u);
  });

  test('any text: a reference that comes back the same, or an error of its own', () => {
    const parts = [
      'host',
      ':',
      '/',
      '@',
      'a',
      'A',
      '..',
      '.',
      '-',
      '_',
      '5000',
      'oci://',
      digest,
      '[',
      ']',
      ' ',
      '\0',
      'é',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 12 }), (words) => {
        try {
          const reference = parseReference(words.join(''));
          assert.deepEqual(parseReference(formatReference(reference)), reference);
        } catch (error) {
          assert.ok(error instanceof InvalidReferenceError, String(error));
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

test('tags', () => {
  for (const tag of ['a', '_a', '1.4.2', 'A-b_c.d', 'x'.repeat(128)]) assert.equal(parseTag(tag), tag);
  for (const tag of ['', '.a', 'a b', 'a\n', 'ü'])
    assertThrowsWithCode(() => parseTag(tag), InvalidReferenceError, 'TAG_INVALID');
});

test('digests', () => {
  assert.equal(computeDigest(''), 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.equal(parseDigest(digest), digest);
  assert.equal(`sha256:${digestHex(digest)}`, digest);
  assert.equal(isDigest(`${digest}\n`), false);
  assertThrowsWithCode(() => parseDigest('latest'), InvalidReferenceError, 'DIGEST_INVALID');
});

test('loopback is this machine only', () => {
  for (const host of [
    'localhost',
    'localhost:5000',
    '127.0.0.1:5000',
    '127.1.2.3',
    '[::1]:80',
    '[::1]',
    '::1',
  ])
    assert.ok(isLoopback(host), host);
  for (const host of [
    'localhost.evil.site',
    '127.0.0.1.evil.site',
    '10.0.0.1',
    '[::2]',
    '::2',
    '::1:1',
    'mylocalhost',
    '128.0.0.1',
  ]) {
    assert.ok(!isLoopback(host), host);
  }
  assert.equal(registryHostname('[::1]:5000'), '::1');
});

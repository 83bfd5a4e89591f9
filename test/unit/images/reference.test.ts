// Images as runtimes read them, and rules that rewrite them.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { InputError, isSealiftError } from '../../../src/errors.ts';
import { formatImage, parseImage } from '../../../src/images/reference.ts';
import { parseRewrites, rewriteImage } from '../../../src/images/rewrite.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

const digest = `sha256:${'a'.repeat(64)}`;

suite('images in full', () => {
  for (const [text, full] of [
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['bitnami/redis', 'docker.io/bitnami/redis:latest'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/a/b:1', 'docker.io/a/b:1'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['ghcr.io/org/app:v1', 'ghcr.io/org/app:v1'],
    [`ghcr.io/org/app:v1@${digest}`, `ghcr.io/org/app:v1@${digest}`],
    [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
  ] as const) {
    test(text, () => assert.equal(formatImage(parseImage(text)), full));
  }
});

suite('images that are none', () => {
  const long = 'a'.repeat(100_000);
  const texts = [
    '',
    ':',
    '/',
    '@',
    'UPPER',
    'a b',
    'a:b:c',
    'oci://h.example/a',
    'h.example/',
    `a@${digest}x`,
  ];
  for (const text of [
    ...texts,
    'nginx:',
    '-a',
    '{{ .Values.image }}',
    long,
    `${'a/'.repeat(5000)}b`,
    'a\u{0}',
  ]) {
    test(JSON.stringify(text.slice(0, 30)), () => {
      assert.throws(
        () => parseImage(text),
        (error) => isSealiftError(error),
      );
    });
  }
});

test('the longest prefix that ends with a segment rewrites', () => {
  const rules = parseRewrites(['docker.io=mirror.example/hub', 'docker.io/library=mirror.example:5000/lib']);
  const rewritten = (text: string): string => formatImage(rewriteImage(parseImage(text), rules));
  assert.equal(rewritten('nginx:1'), 'mirror.example:5000/lib/nginx:1');
  assert.equal(rewritten('a/b:1'), 'mirror.example/hub/a/b:1');
  assert.equal(rewritten('library2/b:1'), 'mirror.example/hub/library2/b:1');
  assert.equal(rewritten(`nginx@${digest}`), `mirror.example:5000/lib/nginx@${digest}`);
  assert.equal(rewritten('ghcr.io/a/b:1'), 'ghcr.io/a/b:1');
});

test('rules that are none', () => {
  for (const text of [
    '',
    'a',
    '=',
    'docker.io=',
    'docker.io=a=b',
    'docker.io=m.example/a:tag',
    'docker.io=nohost',
  ]) {
    assertThrowsWithCode(() => parseRewrites([text]), InputError, 'INPUT_INVALID');
  }
});

test('any text is an image that reads the same in full, or is refused by an error of ours', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...'aZ0.:/@-_'.split('')), maxLength: 40 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      let full: string;
      try {
        full = formatImage(parseImage(text));
      } catch (error) {
        assert.ok(isSealiftError(error), String(error));
        return;
      }
      assert.equal(formatImage(parseImage(full)), full);
    }),
    { numRuns: 5000, seed: 11 },
  );
});

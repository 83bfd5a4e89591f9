// Annotations: whoever may read the artifact may read them, so that no address in them has a token.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { annotationsOf } from '../../../src/operations/annotations.ts';

const source = 'org.opencontainers.image.source';

suite('the source', () => {
  for (const url of [
    'https://gitlab.example/acme/shop.git',
    'ssh://git@gitlab.example/acme/shop.git',
    'git@gitlab.example:acme/shop.git',
    'shop',
  ]) {
    test(`may be ${url}`, () => {
      assert.deepEqual(annotationsOf([], { source: url }), { [source]: url });
      assert.deepEqual(annotationsOf([`${source}=${url}`], {}), { [source]: url });
    });
  }

  for (const url of [
    'https://gitlab-ci-token:glcbt-secret@gitlab.example/acme/shop.git',
    'https://ghp_secret@github.example/acme/shop',
    'ssh://git:secret@gitlab.example/acme/shop.git',
  ]) {
    test(`is refused as ${url.replace(/\/\/.*@/u, '//…@')}, and not repeated`, () => {
      for (const annotate of [
        () => annotationsOf([], { source: url }),
        () => annotationsOf([`${source}=${url}`], {}),
      ]) {
        assert.throws(annotate, (error: unknown) => {
          assert.ok(error instanceof Error && 'code' in error);
          assert.equal(error.code, 'INPUT_INVALID');
          assert.ok(!error.message.includes('secret'));
          return true;
        });
      }
    });
  }
});

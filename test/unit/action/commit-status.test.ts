// What the commit status says: never more than GitHub takes, and no words of an error.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusOfFailure, statusOfOutcome } from '../../../action/publish/commit-status.ts';
import { FailuresError, InputError, PromotionError } from '../../../src/errors.ts';
import { computeDigest } from '../../../src/oci/digest.ts';

test('success has the short digest', () => {
  const { state, description } = statusOfOutcome({ digest: computeDigest('a') });
  assert.equal(state, 'success');
  assert.equal(description, computeDigest('a').slice(0, 19));
});

test('failure has the code, how many more there are, and nothing of the message', () => {
  const secret = new PromotionError('TAG_EXISTS', 'tag internal-name shows another');
  assert.deepEqual(statusOfFailure(secret), {
    state: 'failure',
    description: 'Tag is taken (TAG_EXISTS)',
  });
  const other = new InputError('INPUT_INVALID', 'path: leads elsewhere');
  assert.equal(
    statusOfFailure(new FailuresError([secret, other, other], 'three')).description,
    'Tag is taken (TAG_EXISTS) and 2 more',
  );
  assert.equal(statusOfFailure(new TypeError('x')).description, 'Internal error (INTERNAL)');
});

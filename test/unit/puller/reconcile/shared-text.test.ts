import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { shareText } from '../../../../puller/reconcile/shared-text.ts';
import { pullerLimits } from '../../../../src/limits.ts';

test('gives a text that is equal, however many there are', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 2 * pullerLimits.sharedTexts.count }), (texts) => {
      for (const text of texts) assert.equal(shareText(text), text);
    }),
    { numRuns: 20 },
  );
});

test('takes also what is too long to be remembered', () => {
  const text = 'x'.repeat(pullerLimits.sharedTexts.length + 1);
  assert.equal(shareText(text), text);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { compareResourceVersions } from '../../../src/kube/resource-version.ts';

test('versions compare as numbers of any size', () => {
  const version = fc.bigInt({ min: 0n, max: 2n ** 80n });
  fc.assert(
    fc.property(version, version, (left, right) => {
      const order = compareResourceVersions(String(left), String(right)) ?? Number.NaN;
      assert.equal(Math.sign(order), Math.sign(Number(left - right)));
    }),
  );
});

test('what is not a number compares with nothing', () => {
  for (const version of ['', '-1', '1.5', '007', '0x1', ' 1', 'abc']) {
    assert.equal(compareResourceVersions(version, '1'), undefined, version);
    assert.equal(compareResourceVersions('1', version), undefined, version);
  }
});

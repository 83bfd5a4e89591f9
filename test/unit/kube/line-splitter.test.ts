import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { KubeError } from '../../../src/errors.ts';
import { createLineSplitter } from '../../../src/kube/line-splitter.ts';

/** Bytes with many line feeds, cut into chunks anywhere, also within a character. */
const chunksArbitrary = fc
  .array(fc.oneof(fc.constant('\n'), fc.string({ unit: 'grapheme', maxLength: 20 })))
  .chain((texts) => {
    const bytes = Buffer.from(texts.join(''), 'utf8');
    return fc.array(fc.nat({ max: bytes.length }), { maxLength: 20 }).map((cuts) => {
      const ends = [...cuts, bytes.length].toSorted((left, right) => left - right);
      return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
    });
  });

test('however the bytes are cut, the lines are those of the whole', () => {
  fc.assert(
    fc.property(chunksArbitrary, (chunks) => {
      const splitter = createLineSplitter(1 << 20);
      const lines = chunks.flatMap((chunk) => splitter.push(chunk)).map((line) => line.toString('utf8'));
      const whole = Buffer.concat(chunks).toString('utf8').split('\n');
      const rest = whole.pop() ?? '';
      assert.deepEqual(
        lines,
        whole.filter((line) => line !== ''),
      );
      assert.equal(splitter.pendingBytes(), Buffer.byteLength(rest));
    }),
    { numRuns: 500 },
  );
});

test('a line may have as many bytes as allowed and not one more, over chunks or in one', () => {
  const fits = createLineSplitter(4);
  assert.deepEqual(fits.push(Buffer.from('1234\n12')), [Buffer.from('1234')]);
  assert.deepEqual(fits.push(Buffer.from('34\n')), [Buffer.from('1234')]);
  for (const chunks of [['12345'], ['12', '345'], ['1\n12345\n']]) {
    const splitter = createLineSplitter(4);
    assert.throws(
      () => chunks.map((chunk) => splitter.push(Buffer.from(chunk))),
      (error) => error instanceof KubeError && error.code === 'KUBE_PROTOCOL',
    );
  }
});

test('a line of many chunks is copied once', () => {
  const splitter = createLineSplitter(64 << 20);
  const chunk = Buffer.alloc(1024, 'x');
  for (let count = 0; count < 32 * 1024; count += 1) splitter.push(chunk);
  const [line] = splitter.push(Buffer.from('\n'));
  assert.equal(line?.length, 32 << 20);
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { httpLimits } from '../../../src/limits.ts';
import { createInflow } from '../../../src/registry/inflow.ts';

const { readBytes, waitingReads } = httpLimits;

suite('an inflow', () => {
  test('gives what was put, in order, whatever is put and taken when', async () => {
    const maxSteps = 12;
    const content = randomBytes(maxSteps * 3 * readBytes);
    const step = fc.oneof(fc.integer({ min: 1, max: 3 * readBytes }), fc.constant('next' as const));
    const steps = fc.array(step, { maxLength: maxSteps });
    const property = fc.asyncProperty(steps, fc.boolean(), async (order, isChunkLent) => {
      const inflow = createInflow({ resume: () => undefined, isChunkLent });
      let put = 0;
      let taken = 0;
      for (const one of [...order, ...Array.from({ length: 3 * maxSteps }, () => 'next' as const)]) {
        if (one !== 'next') {
          const bytes = Buffer.from(content.subarray(put, put + one));
          put += bytes.byteLength;
          inflow.put(bytes);
          // The memory is not ours.
          bytes.fill(0);
        } else if (taken < put) {
          const chunk = await inflow.next();
          assert.ok(content.subarray(taken, taken + chunk.byteLength).equals(chunk));
          taken += chunk.byteLength;
        }
      }
      assert.equal(taken, put);
    });
    await fc.assert(property, { seed: 5, numRuns: 50 });
  });

  test('uses memory again that it lent, and no other', async () => {
    for (const isChunkLent of [true, false]) {
      const inflow = createInflow({ resume: () => undefined, isChunkLent });
      const memories = new Set<unknown>();
      for (let count = 0; count < 10; count += 1) {
        inflow.put(Buffer.alloc(readBytes));
        memories.add((await inflow.next()).buffer);
      }
      assert.equal(memories.size, isChunkLent ? 2 : 10);
    }
  });

  test('has enough at some point, and asks for more once it has nothing', async () => {
    let asked = 0;
    const inflow = createInflow({ resume: () => (asked += 1), isChunkLent: true });
    for (let count = 1; count < waitingReads; count += 1)
      assert.equal(inflow.put(Buffer.alloc(readBytes)), true);
    assert.equal(inflow.put(Buffer.alloc(1)), false);
    for (let count = 1; count <= waitingReads; count += 1) await inflow.next();
    assert.equal(asked, 0);
    const next = inflow.next();
    assert.equal(asked, 1);
    inflow.put(Buffer.from('x'));
    assert.equal(String(await next), 'x');
  });

  test('gives what it has before it fails, and fails whoever waits', async () => {
    const inflow = createInflow({ resume: () => undefined, isChunkLent: false });
    inflow.put(Buffer.from('x'));
    inflow.fail(new Error('first'));
    inflow.fail(new Error('second'));
    assert.equal(String(await inflow.next()), 'x');
    await assert.rejects(inflow.next(), /first/u);
    const other = createInflow({ resume: () => undefined, isChunkLent: false });
    const next = other.next();
    other.fail(new Error('now'));
    await assert.rejects(next, /now/u);
  });
});

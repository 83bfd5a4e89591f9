// A stream that was checked is not hashed again, and nothing else can pass for one: a rest, a copy, what somebody changed.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { ContentError } from '../../../src/errors.ts';
import { verifyStream, watchStream, type Bytes } from '../../../src/oci/content-store.ts';
import { describe } from '../../../src/oci/descriptor.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';

const good = Buffer.from('some content in parts');
const descriptor = describe('a/b', good);

async function* inChunks(bytes: Uint8Array, size = 4): Bytes {
  for (let start = 0; start < bytes.byteLength; start += size) yield bytes.subarray(start, start + size);
}

async function read(stream: Bytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function* altered(stream: Bytes, change: (chunk: Uint8Array, index: number) => Uint8Array[]): Bytes {
  let index = 0;
  for await (const chunk of stream) {
    yield* change(chunk, index);
    index += 1;
  }
}

suite('a stream that was checked', () => {
  test('is given as it is for the same content, of whatever type', async () => {
    const checked = verifyStream(descriptor, inChunks(good));
    const again = verifyStream({ ...descriptor, mediaType: 'c/d' }, checked);
    assert.equal(again, checked);
    assert.equal(await read(again), good.toString());
  });

  test('still fails at its end where it is not what it should be', async () => {
    const wrong = verifyStream(descriptor, inChunks(Buffer.from('some content in partS')));
    await assertRejectsWithCode(read(verifyStream(descriptor, wrong)), ContentError, 'DIGEST_MISMATCH');
  });

  test('is checked again for other content', async () => {
    const other = describe('a/b', Buffer.from('other content of this'));
    assert.equal(other.size, descriptor.size);
    const asOther = verifyStream(other, verifyStream(descriptor, inChunks(good)));
    await assertRejectsWithCode(read(asOther), ContentError, 'DIGEST_MISMATCH');
    const shorter = { ...descriptor, size: descriptor.size - 1 };
    const asShorter = verifyStream(shorter, verifyStream(descriptor, inChunks(good)));
    await assertRejectsWithCode(read(asShorter), ContentError, 'SIZE_MISMATCH');
  });

  test('is none once somebody began to read it: a rest is not the whole', async () => {
    const begun = verifyStream(descriptor, inChunks(good));
    const iterator = begun[Symbol.asyncIterator]();
    await iterator.next();
    const again = verifyStream(descriptor, begun);
    assert.notEqual(again, begun);
    await assertRejectsWithCode(read(again), ContentError, 'SIZE_MISMATCH');
    // Whoever was given it before that gets no rest either.
    const given = verifyStream(descriptor, inChunks(good));
    const taken = verifyStream(descriptor, given);
    await given[Symbol.asyncIterator]().next();
    await assertRejectsWithCode(read(taken), ContentError, 'SIZE_MISMATCH');
    const watched = verifyStream(descriptor, inChunks(good));
    const watching = watchStream(watched, { onBytes: () => undefined });
    await watched[Symbol.asyncIterator]().next();
    await assertRejectsWithCode(read(verifyStream(descriptor, watching)), ContentError, 'SIZE_MISMATCH');
  });

  test('can’t be forged', async () => {
    const checked = verifyStream(descriptor, inChunks(good));
    const evil = (): AsyncIterator<Uint8Array> => inChunks(Buffer.from('evil'))[Symbol.asyncIterator]();
    assert.throws(() => Object.assign(checked, { [Symbol.asyncIterator]: evil }), TypeError);
    const forgeries: Bytes[] = [
      { ...checked, [Symbol.asyncIterator]: evil },
      Object.create(checked, { [Symbol.asyncIterator]: { value: evil } }) as Bytes,
      new Proxy(checked, {}),
    ];
    for (const forged of forgeries) assert.notEqual(verifyStream(descriptor, forged), forged);
    await assertRejectsWithCode(
      read(verifyStream(descriptor, forgeries[0] ?? checked)),
      ContentError,
      'SIZE_MISMATCH',
    );
  });

  test('that was altered or cut on the way is caught by the next check', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.nat(),
        fc.constantFrom('flip', 'cut', 'add'),
        async (bytes, place, how) => {
          const whole = describe('a/b', bytes);
          const at = place % bytes.byteLength;
          const changed = altered(verifyStream(whole, inChunks(bytes, 1)), (chunk, index) => {
            if (index !== at) return [chunk];
            if (how === 'flip') return [Uint8Array.of((chunk[0] ?? 0) ^ 1)];
            return how === 'cut' ? [] : [chunk, chunk];
          });
          const code = how === 'flip' ? 'DIGEST_MISMATCH' : 'SIZE_MISMATCH';
          await assertRejectsWithCode(read(verifyStream(whole, changed)), ContentError, code);
        },
      ),
      { numRuns: 200, seed: 5 },
    );
  });
});

suite('a stream that is watched', () => {
  test('is told by its bytes, and stays what it was', async () => {
    const counts: number[] = [];
    const watch = { onBytes: (count: number) => void counts.push(count) };
    const checked = watchStream(verifyStream(descriptor, inChunks(good, 8)), watch);
    assert.equal(verifyStream(descriptor, checked), checked);
    assert.equal(await read(checked), good.toString());
    assert.deepEqual(counts, [8, 8, 5]);
    const unchecked = watchStream(inChunks(good), watch);
    assert.notEqual(verifyStream(descriptor, unchecked), unchecked);
  });

  test('gives on what it fails with, and what the watch throws', async () => {
    const failure = new Error('disk');
    const failing = async function* failing(): Bytes {
      yield good;
      throw failure;
    };
    const seen: unknown[] = [];
    const onError = (error: unknown): void => void seen.push(error);
    await assert.rejects(read(watchStream(failing(), { onBytes: () => undefined, onError })), failure);
    assert.deepEqual(seen, [failure]);
    const stop = new Error('stop');
    const onBytes = (): void => {
      throw stop;
    };
    await assert.rejects(read(watchStream(inChunks(good), { onBytes })), stop);
  });
});

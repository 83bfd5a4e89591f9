// Reading and writing files piece by piece: whatever the pieces are, the bytes are the same.
import assert from 'node:assert/strict';
import { open, readFile, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { readRange } from '../../../src/layout/file-reader.ts';
import { createFileWriter } from '../../../src/layout/file-writer.ts';
import { makeTempDir } from '../../helpers/temp.ts';

/** Bytes that are others at every place. */
function makeBytes(size: number): Buffer {
  return Buffer.from(
    Uint32Array.from({ length: Math.ceil(size / 4) }, (_, index) => index * 2_654_435_761).buffer,
  ).subarray(0, size);
}

async function openFile(t: TestContext, flags: string): Promise<{ path: string; handle: FileHandle }> {
  const path = join(await makeTempDir(t), 'file');
  if (!flags.startsWith('w')) await writeFile(path, '');
  const handle = await open(path, flags);
  t.after(() => handle.close());
  return { path, handle };
}

suite('a file that is written', () => {
  for (const expectedBytes of [undefined, 0, 1, 3_000_000]) {
    test(`has what was appended, where ${expectedBytes} bytes were expected`, async (t) => {
      const { path, handle } = await openFile(t, 'w');
      const writer = createFileWriter(handle, expectedBytes);
      const bytes = makeBytes(3_000_000);
      // From some bytes to more than a buffer.
      const sizes = [1, 0, 70_000, 600_000, 1_200_000, 7, 900_000, 229_992];
      let start = 0;
      for (const size of sizes) {
        await writer.append(bytes.subarray(start, start + size));
        start += size;
      }
      assert.deepEqual([writer.size, start], [bytes.byteLength, bytes.byteLength]);
      await writer.finish();
      assert.equal(Buffer.compare(await readFile(path), bytes), 0);
    });
  }

  test('has nothing of what a chunk’s memory holds afterwards', async (t) => {
    const { path, handle } = await openFile(t, 'w');
    const writer = createFileWriter(handle);
    const memory = Buffer.alloc(300_000);
    for (const value of [1, 2, 3, 4, 5, 6, 7, 8]) await writer.append(memory.fill(value));
    memory.fill(9);
    await writer.finish();
    const found = await readFile(path);
    for (const value of [1, 2, 3, 4, 5, 6, 7, 8])
      assert.ok(found.subarray((value - 1) * 300_000, value * 300_000).every((byte) => byte === value));
  });

  test('may be empty', async (t) => {
    const { path, handle } = await openFile(t, 'w');
    await createFileWriter(handle).finish();
    assert.equal((await readFile(path)).byteLength, 0);
  });

  test('tells what a write failed with that an earlier call began', async (t) => {
    const { handle } = await openFile(t, 'r');
    const early = createFileWriter(handle);
    const appendOn = async (): Promise<void> => {
      for (let count = 0; count < 100; count += 1) await early.append(Buffer.alloc(100_000));
    };
    await assert.rejects(appendOn(), { code: 'EBADF' });
    await assert.rejects(early.finish(), { code: 'EBADF' });
    const late = createFileWriter(handle);
    await late.append(Buffer.alloc(1));
    await assert.rejects(late.finish(), { code: 'EBADF' });
  });
});

suite('a file that is read', () => {
  test('gives the bytes between two positions, lent or not', async (t) => {
    const { path, handle } = await openFile(t, 'r');
    const size = 700_000;
    const bytes = makeBytes(size);
    await writeFile(path, bytes);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(size + 10),
        fc.nat(size + 10),
        fc.boolean(),
        async (first, last, isChunkLent) => {
          const found: Buffer[] = [];
          for await (const chunk of readRange(handle, { first, last }, { isChunkLent }))
            found.push(
              isChunkLent
                ? Buffer.from(chunk)
                : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength),
            );
          const expected = bytes.subarray(first, Math.max(first, last + 1));
          assert.equal(Buffer.compare(Buffer.concat(found), expected), 0);
        },
      ),
      {
        numRuns: 100,
        seed: 5,
        examples: [
          [0, size - 1, true],
          [0, size - 1, false],
          [5, 4, true],
        ],
      },
    );
  });

  test('passes through two buffers where its chunks are lent, and else through one each', async (t) => {
    const { path, handle } = await openFile(t, 'r');
    await writeFile(path, makeBytes(2_500_000));
    const buffersOf = async (isChunkLent: boolean): Promise<{ chunks: number; buffers: number }> => {
      const buffers = new Set<ArrayBufferLike>();
      let chunks = 0;
      for await (const { buffer } of readRange(handle, { first: 0, last: 2_499_999 }, { isChunkLent })) {
        buffers.add(buffer);
        chunks += 1;
      }
      return { chunks, buffers: buffers.size };
    };
    const lent = await buffersOf(true);
    assert.ok(lent.chunks > 5, `${lent.chunks}`);
    assert.equal(lent.buffers, 2);
    const own = await buffersOf(false);
    assert.equal(own.buffers, own.chunks);
  });

  test('can be closed where nobody reads on', async (t) => {
    const { path, handle } = await openFile(t, 'r');
    await writeFile(path, makeBytes(2_000_000));
    for await (const chunk of readRange(handle, { first: 0, last: 1_999_999 })) {
      assert.ok(chunk.byteLength > 0);
      break;
    }
    await handle.close();
  });
});

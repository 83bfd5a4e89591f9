// Files for artifacts: random small sets, large generated ones, and sources that give their bytes in any chunks.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { ArtifactFile } from '../../src/artifact/pack.ts';
import type { StreamedFile } from '../../src/artifact/pack-stream.ts';
import type { Bytes } from '../../src/oci/content-store.ts';

const segment = fc
  .string({
    minLength: 1,
    maxLength: 60,
    unit: fc.constantFrom('a', 'b', '.', '-', ' ', 'é', '日', '😀', '=', '"'),
  })
  .filter((text) => text !== '.' && text !== '..');
const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => segments.join('/'));

/** A few files at paths that may stand together: no two are one by case, none is another's folder. */
export const fileSets: fc.Arbitrary<ArtifactFile[]> = fc
  .uniqueArray(fc.record({ path, bytes: fc.uint8Array({ maxLength: 1500 }) }), {
    minLength: 1,
    maxLength: 8,
    selector: ({ path: text }) => text.normalize('NFC').toLowerCase(),
  })
  .map((files) => files.filter(({ path }) => !files.some((other) => other.path.startsWith(`${path}/`))));

/** The same file as a source that gives chunks of these sizes in turn, all in one buffer that it uses again. */
export function streamed({ path, bytes }: ArtifactFile, chunkSizes: readonly number[]): StreamedFile {
  return { path, size: bytes.byteLength, open: () => inChunks(bytes, chunkSizes) };
}

async function* inChunks(bytes: Uint8Array, chunkSizes: readonly number[]): Bytes {
  const buffer = new Uint8Array(Math.max(...chunkSizes));
  for (let at = 0, turn = 0; at < bytes.byteLength; turn += 1) {
    const part = bytes.subarray(at, at + (chunkSizes[turn % chunkSizes.length] ?? 1));
    buffer.set(part);
    yield buffer.subarray(0, part.byteLength);
    at += part.byteLength;
  }
}

const LINE_BYTES = 64;

/** Text of numbered lines: each of its bytes is known, and it compresses well. */
export function numberedLines(size: number): Buffer {
  const lines = Buffer.alloc(
    Math.ceil(size / LINE_BYTES) * LINE_BYTES,
    'value: 0123456789 abcdefghijklmnopq ',
  );
  for (let at = 0; at < lines.byteLength; at += LINE_BYTES) lines.write(`${at}\n`, at);
  return lines.subarray(0, size);
}

/** The same bytes each time, which nobody can compress. */
export function noise(size: number): Buffer {
  return createHash('shake256', { outputLength: size }).digest();
}

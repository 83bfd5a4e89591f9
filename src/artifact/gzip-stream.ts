// Gzip whose bytes depend on the content alone, never on the chunks in which it comes. fflate, not the platform's zlib:
// Node builds with different zlibs compress to different bytes.
import { Gzip, gzipSync } from 'fflate';

/** Takes bytes in and gives compressed ones. Both results have to be read to their ends. */
export type GzipWriter = {
  /** @param chunk is not kept */
  push(chunk: Uint8Array): Iterable<Uint8Array>;
  end(): Iterable<Uint8Array>;
};

// Everything here is part of the format: another value gives other digests.
const OPTIONS = { level: 9, mtime: 0 } as const;
/** Bytes that are given to fflate at once; it ends a deflate block after each of them. */
const BLOCK_BYTES = 256 * 1024;
/** 20 bits of hash; without it fflate takes fewer for a last block than for those before. */
const HASH_MEMORY = 8;

/**
 * Compresses all at once, as the first version did: it splits deflate blocks where the content suggests.
 * @param size bytes that will come, at most; that many are held
 */
export function gzipAtOnce(size: number): GzipWriter {
  const whole = new Uint8Array(size);
  let filled = 0;
  return {
    push: (chunk) => {
      whole.set(chunk, filled);
      filled += chunk.byteLength;
      return [];
    },
    end: () => [gzipSync(whole.subarray(0, filled), OPTIONS)],
  };
}

/** Compresses block by block, in the same little memory whatever comes. */
export function gzipInBlocks(): GzipWriter {
  const ready: Uint8Array[] = [];
  const gzip = new Gzip({ ...OPTIONS, mem: HASH_MEMORY }, (piece) => void ready.push(piece));
  const block = new Uint8Array(BLOCK_BYTES);
  let filled = 0;

  function compress(isLast: boolean): readonly Uint8Array[] {
    gzip.push(block.subarray(0, filled), isLast);
    filled = 0;
    return ready.splice(0);
  }

  return {
    *push(chunk) {
      for (let taken = 0; taken < chunk.byteLength;) {
        // A full block waits for more: it may be the last one, which is marked as such.
        if (filled === BLOCK_BYTES) yield* compress(false);
        const part = chunk.subarray(taken, taken + BLOCK_BYTES - filled);
        block.set(part, filled);
        filled += part.byteLength;
        taken += part.byteLength;
      }
    },
    end: () => compress(true),
  };
}

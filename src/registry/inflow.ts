// Bytes of a connection on their way to a reader: taken over into a few buffers that are used again. The connection waits
// once enough of them are full, and goes on when all of them are empty.
import { httpLimits } from '../limits.ts';

export type Inflow = {
  /** Takes a copy of some bytes; false once there are enough for now. */
  put(bytes: Uint8Array): boolean;
  /**
   * The next bytes, at least one; waits for them.
   * @throws what it was failed with, once all that came before it was given
   */
  next(): Promise<Uint8Array>;
  fail(error: unknown): void;
};

export type InflowOptions = {
  /** Asks the connection for more. */
  readonly resume: () => void;
  /** Whether a chunk's memory may be used again once the next one is asked for. */
  readonly isChunkLent: boolean;
};

type Piece = { readonly memory: Buffer; filled: number };

export function createInflow({ resume, isChunkLent }: InflowOptions): Inflow {
  const pieces: Piece[] = [];
  const spare: Buffer[] = [];
  let lent: Buffer | undefined;
  let failure: { readonly error: unknown } | undefined;
  let proceed = (): void => undefined;

  function lastWithRoom(): Piece {
    const last = pieces.at(-1);
    if (last !== undefined && last.filled < last.memory.byteLength) return last;
    const piece = { memory: spare.pop() ?? Buffer.allocUnsafeSlow(httpLimits.readBytes), filled: 0 };
    pieces.push(piece);
    return piece;
  }

  return {
    put(bytes) {
      for (let start = 0; start < bytes.byteLength;) {
        const piece = lastWithRoom();
        const part = bytes.subarray(start, start + piece.memory.byteLength - piece.filled);
        piece.memory.set(part, piece.filled);
        piece.filled += part.byteLength;
        start += part.byteLength;
      }
      // Not at once: over TLS what the system gives in one read comes in many small parts.
      setImmediate(proceed);
      return pieces.length < httpLimits.waitingReads;
    },
    async next() {
      if (lent !== undefined) spare.push(lent);
      lent = undefined;
      for (;;) {
        const piece = pieces.shift();
        if (piece !== undefined) {
          if (isChunkLent) lent = piece.memory;
          return piece.memory.subarray(0, piece.filled);
        }
        if (failure !== undefined) throw failure.error;
        await new Promise<void>((resolve) => {
          proceed = resolve;
          resume();
        });
      }
    },
    fail(error) {
      failure ??= { error };
      proceed();
    },
  };
}

// Splits a watch's bytes into lines without copying a byte more than once, however the chunks are cut.

import { KubeError } from '../errors.ts';

export type LineSplitter = {
  /**
   * The lines that the chunk completes, without their line feeds; empty lines are left out.
   * @throws KubeError `KUBE_PROTOCOL` when a line is longer than the limit
   */
  push(chunk: Buffer): Buffer[];
  /** Bytes of a line that has begun and not ended. */
  pendingBytes(): number;
};

const lineFeed = 0x0a;

/** Makes a splitter for one stream; `maxBytes` bounds a line without its line feed. */
export function createLineSplitter(maxBytes: number): LineSplitter {
  let parts: Buffer[] = [];
  let partBytes = 0;

  function add(part: Buffer): void {
    if (partBytes + part.length > maxBytes) {
      throw new KubeError('KUBE_PROTOCOL', `a line of the watch has more than ${maxBytes} bytes`, {
        details: { maxBytes },
      });
    }
    if (part.length === 0) return;
    parts.push(part);
    partBytes += part.length;
  }

  function take(): Buffer | undefined {
    const [first] = parts;
    if (first === undefined) return undefined;
    const line = parts.length === 1 ? first : Buffer.concat(parts, partBytes);
    parts = [];
    partBytes = 0;
    return line;
  }

  return {
    push(chunk) {
      const lines: Buffer[] = [];
      let start = 0;
      for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
        add(chunk.subarray(start, end));
        const line = take();
        if (line !== undefined) lines.push(line);
        start = end + 1;
      }
      add(chunk.subarray(start));
      return lines;
    },
    pendingBytes: () => partBytes,
  };
}

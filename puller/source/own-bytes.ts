// Bytes that are kept for long, apart from those that came with them.

/** A copy in memory of its own: small buffers are most often parts of larger ones, which they would keep. */
export function ownBytes(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength);
  copy.set(bytes);
  return copy;
}

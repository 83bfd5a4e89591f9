// Run as a process of its own: packs and pushes an artifact of some hundred MiB into a layout, unpacks it again, and says
// how much memory that took. Arguments: an empty folder, and MiB of text.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fetchLayer, pushArtifact } from '../../src/artifact/artifact.ts';
import { spoolArtifact, type StreamedFile } from '../../src/artifact/pack-stream.ts';
import { unpackTo } from '../../src/artifact/unpack-to.ts';
import { archiveLimits, packLimits } from '../../src/limits.ts';
import { openLayout } from '../../src/layout/layout.ts';

const MIB = 1024 * 1024;
/** As a disk gives them. */
const CHUNK_BYTES = 64 * 1024;
const [folder = '', textMib = '0'] = process.argv.slice(2);
const large = { fileBytes: 1024 * MIB, totalBytes: 1024 * MIB, layerBytes: 1024 * MIB };

/** A file whose bytes are made while it is read. */
function generated(path: string, size: number, make: (number: number) => Buffer): StreamedFile {
  return {
    path,
    size,
    async *open() {
      for (let number = 0; number < size / CHUNK_BYTES; number += 1) yield make(number);
    },
  };
}

function noise(number: number): Buffer {
  return createHash('shake256', { outputLength: CHUNK_BYTES }).update(`${number}`).digest();
}

const files = [
  generated('noise', 6 * MIB, noise),
  generated('text.yaml', Number(textMib) * MIB, (number) => Buffer.alloc(CHUNK_BYTES, `value: ${number}\n`)),
];
const store = await openLayout(join(folder, 'layout'), { create: true });
const packed = await spoolArtifact(files, {}, { directory: folder, limits: { ...packLimits, ...large } });
try {
  await pushArtifact(store, packed);
} finally {
  await packed.close();
}
const { layer } = packed;
const totals = await unpackTo(join(folder, 'out'), fetchLayer(store, layer.descriptor), {
  limits: { ...archiveLimits, ...large },
});
process.stdout.write(
  `${JSON.stringify({ ...totals, layer: layer.descriptor.size, maxRssKib: process.resourceUsage().maxRSS })}\n`,
);

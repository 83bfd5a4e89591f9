// Run as a process of its own, with a time zone, and a umask, an order and a folder as arguments: writes files there, packs
// them from disk in memory and as a stream, and says the digests.
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packArtifact, type ArtifactFile } from '../../src/artifact/pack.ts';
import { spoolArtifact, type StreamedFile } from '../../src/artifact/pack-stream.ts';

const [umask = '022', order = 'forward', folder = ''] = process.argv.slice(2);
process.umask(umask);

const contents = {
  'z.yaml': 'z: 1\n',
  'a/b.yaml': 'b: 2\n'.repeat(100_000),
  'ä.json': '{}',
  'a/a/a.yaml': '',
};
const entries = Object.entries(contents);
for (const [path, text] of order === 'reverse' ? entries.toReversed() : entries) {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

const inMemory: ArtifactFile[] = [];
const streams: StreamedFile[] = [];
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const full = join(entry.parentPath, entry.name);
  const path = full.slice(folder.length + 1);
  inMemory.push({ path, bytes: await readFile(full) });
  streams.push({ path, size: (await stat(full)).size, open: () => createReadStream(full) });
}
if (order === 'reverse') {
  inMemory.reverse();
  streams.reverse();
}
const packed = packArtifact(inMemory, { zone: 'any' });
const spooled = await spoolArtifact(streams, { zone: 'any' }, { directory: dirname(folder), memoryBytes: 0 });
await spooled.close();
process.stdout.write(
  `${JSON.stringify({
    hours: new Date(0).getHours(),
    digests: [packed.manifest.descriptor.digest, spooled.manifest.descriptor.digest],
  })}\n`,
);

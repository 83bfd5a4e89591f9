// The registry client against `crane` and `oras`, which are processes as ours is, on one registry that is neither's: one
// artifact of 1 GiB up and down, 1,000 small ones up and down, and a copy of 1,000 of which a tenth has changed.
import { createCipheriv } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { openLayout, type LayoutStore } from '../src/layout/layout.ts';
import type { Bytes } from '../src/oci/content-store.ts';
import { describe, emptyContent, emptyDescriptor, type Descriptor } from '../src/oci/descriptor.ts';
import { finishDigest, startDigest } from '../src/oci/digest.ts';
import { formatManifest } from '../src/oci/manifest.ts';
import { requireComponents } from '../test/components/locate.ts';
import { openField, type Field } from '../test/helpers/field.ts';
import { startDockerRegistry } from '../test/servers/docker-registry.ts';
import { buildDist } from '../tools/build.ts';
import type { Report } from './report.ts';
import { timeRuns, type Command, type Cost } from './timing.ts';

const MIB = 2 ** 20;
const largeBytes = 1024 * MIB;
const smallCount = 1000;
const changedCount = smallCount / 10;
const largeRuns = 3;
const smallRuns = 3;
const blobType = 'application/vnd.example.bench';

type Bench = {
  readonly field: Field;
  readonly host: string;
  readonly sealift: (...args: readonly string[]) => Command;
  readonly crane: (...args: readonly string[]) => Command;
  readonly oras: (...args: readonly string[]) => Command;
  readonly report: Report;
};

export async function run(report: Report): Promise<void> {
  // Before minutes are spent.
  const { crane, oras } = await requireComponents(['crane', 'oras']);
  const field = await openField();
  try {
    const registry = await startDockerRegistry(field.cwd, { storage: 'filesystem' });
    try {
      const dist = field.path('dist');
      await buildDist(dist, ['sealift.js']);
      await field.write('dist/package.json', { type: 'module' });
      const bench: Bench = {
        field,
        host: registry.host,
        sealift: (...args) => ({ path: process.execPath, args: [`${dist}/sealift.js`, ...args] }),
        crane: (...args) => ({ path: crane, args }),
        oras: (...args) => ({ path: oras, args }),
        report,
      };
      await measureLarge(bench);
      await measureSmall(bench);
      await measureChanged(bench);
    } finally {
      await registry.stop();
    }
  } finally {
    await field.close();
  }
}

/** Bytes that no compression makes smaller, always the same ones. */
async function* noise(size: number, seed: number): Bytes {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, seed), Buffer.alloc(16));
  const zeros = Buffer.alloc(MIB);
  for (let left = size; left > 0; left -= zeros.byteLength)
    yield cipher.update(zeros.subarray(0, Math.min(left, MIB)));
}

async function pushLarge(layout: LayoutStore): Promise<void> {
  const hash = startDigest();
  for await (const chunk of noise(largeBytes, 1)) hash.update(chunk);
  const layer: Descriptor = { mediaType: blobType, digest: finishDigest(hash), size: largeBytes };
  await layout.pushBlob(layer, () => noise(largeBytes, 1));
  await pushManifest(layout, layer, 'v1');
}

async function pushSmall(layout: LayoutStore, tag: string, text: string): Promise<void> {
  const bytes = Buffer.from(`${text}\n`.repeat(40));
  const layer = describe(blobType, bytes);
  await layout.push({ descriptor: layer, bytes });
  await pushManifest(layout, layer, tag);
}

/** The config is an image's, since `crane` copies images. */
async function pushManifest(layout: LayoutStore, layer: Descriptor, tag: string): Promise<void> {
  await layout.push({ descriptor: emptyDescriptor, bytes: emptyContent });
  const manifest = formatManifest({ config: emptyDescriptor, layers: [layer] });
  await layout.push(manifest);
  await layout.tag(manifest, tag);
}

async function measureLarge({ field, host, sealift, crane, oras, report }: Bench): Promise<void> {
  const layout = field.path('large');
  await pushLarge(await openLayout(layout, { create: true }));
  // Another repository each time: the registry keeps no blob that this one may use.
  const pushed = await timeRuns(
    {
      sealift: (turn) => sealift('copy', `oci-layout:${layout}:v1`, `${host}/push/sealift${turn}:v1`),
      crane: (turn) => crane('push', layout, `${host}/push/crane${turn}:v1`),
      oras: (turn) =>
        oras('cp', '--from-oci-layout', `${layout}:v1`, '--to-plain-http', `${host}/push/oras${turn}:v1`),
    },
    { runs: largeRuns, cwd: field.cwd },
  );
  compare(report, 'push-large', 'push of 1 x 1 GiB', pushed);
  const from = `${host}/push/sealift0:v1`;
  const out = (name: string): string => field.path(`pulled-${name}`);
  const pulled = await timeRuns(
    {
      sealift: () => sealift('copy', from, `oci-layout:${out('sealift')}:v1`),
      crane: () => crane('pull', '--format=oci', from, out('crane')),
      oras: () => oras('cp', '--from-plain-http', from, '--to-oci-layout', `${out('oras')}:v1`),
    },
    {
      runs: largeRuns,
      cwd: field.cwd,
      before: async (name) => rm(out(name), { recursive: true, force: true }),
    },
  );
  compare(report, 'pull-large', 'pull of 1 x 1 GiB', pulled);
  for (const name of ['sealift', 'crane', 'oras']) await rm(out(name), { recursive: true, force: true });
}

async function measureSmall({ field, host, sealift, crane, report }: Bench): Promise<void> {
  const path = field.path('small');
  const layout = await openLayout(path, { create: true });
  for (let index = 0; index < smallCount; index += 1) await pushSmall(layout, `v${index}`, `first ${index}`);
  const pushed = await timeRuns(
    {
      sealift: (turn) => sealift('copy', '--all-tags', `oci-layout:${path}`, `${host}/small/sealift${turn}`),
      // All of them as one index, since it has no other way.
      crane: (turn) => crane('push', '--index', path, `${host}/small/crane${turn}:all`),
    },
    { runs: smallRuns, cwd: field.cwd },
  );
  compare(report, 'push-small', `push of ${smallCount} small artifacts`, pushed);
  const from = `${host}/small/sealift0`;
  const tags = Array.from({ length: smallCount }, (_, index) => `${from}:v${index}`);
  const out = (name: string): string => field.path(`small-${name}`);
  const pulled = await timeRuns(
    {
      sealift: () => sealift('copy', '--all-tags', from, `oci-layout:${out('sealift')}`),
      crane: () => crane('pull', '--format=oci', ...tags, out('crane')),
    },
    {
      runs: smallRuns,
      cwd: field.cwd,
      before: async (name) => rm(out(name), { recursive: true, force: true }),
    },
  );
  compare(report, 'pull-small', `pull of ${smallCount} small artifacts`, pulled);
}

async function measureChanged({ field, host, sealift, crane, report }: Bench): Promise<void> {
  const second = field.path('second');
  await mkdir(second);
  const target = await startDockerRegistry(second, { storage: 'filesystem' });
  try {
    const from = `${host}/changed/source`;
    const to = (name: string, turn: number): string => `${target.host}/changed/${name}${turn}`;
    const path = field.path('small');
    await timeRuns(
      { source: () => sealift('copy', '--all-tags', `oci-layout:${path}`, from) },
      { runs: 0, cwd: field.cwd },
    );
    // Every run's target has what the source had before a tenth of it changed.
    for (let turn = 0; turn <= smallRuns; turn += 1) {
      await timeRuns(
        {
          sealift: () => sealift('copy', '--all-tags', from, to('sealift', turn)),
          crane: () => sealift('copy', '--all-tags', from, to('crane', turn)),
        },
        { runs: 0, cwd: field.cwd },
      );
    }
    const layout = await openLayout(path, { create: true });
    for (let index = 0; index < changedCount; index += 1)
      await pushSmall(layout, `v${index}`, `second ${index}`);
    await timeRuns(
      { source: () => sealift('copy', '--all-tags', `oci-layout:${path}`, from) },
      { runs: 0, cwd: field.cwd },
    );
    const copied = await timeRuns(
      {
        sealift: (turn) => sealift('copy', '--all-tags', from, to('sealift', turn)),
        crane: (turn) => crane('copy', '--all-tags', from, to('crane', turn)),
      },
      { runs: smallRuns, cwd: field.cwd },
    );
    compare(report, 'copy-changed', `copy of ${smallCount} artifacts of which a tenth has changed`, copied);
  } finally {
    await target.stop();
  }
}

function compare(report: Report, key: string, what: string, costs: Readonly<Record<string, Cost>>): void {
  const { sealift: ours, ...peers } = costs;
  if (ours === undefined) throw new Error('ours was not measured');
  const words = ({ ms, peakMiB }: Cost): string =>
    `${(ms / 1000).toFixed(2)} s and ${peakMiB.toFixed(0)} MiB`;
  const against = Object.entries(peers).map(
    ([name, cost]) =>
      `${(ours.ms / cost.ms).toFixed(2)} x the time and ${(ours.peakMiB / cost.peakMiB).toFixed(2)} x the memory of ${name} (${words(cost)})`,
  );
  report(key, `${what}: ${words(ours)} at the most, ${against.join(', ')}`, {
    ms: ours.ms,
    peakMiB: ours.peakMiB,
    ...Object.fromEntries(
      Object.entries(peers).flatMap(([name, cost]) => [
        [`${name}Ms`, cost.ms],
        [`${name}PeakMiB`, cost.peakMiB],
        [`${name}Ratio`, ours.ms / cost.ms],
      ]),
    ),
  });
}

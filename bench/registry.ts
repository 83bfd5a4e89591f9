// The registry client against `crane` and `oras`, which are processes as ours is, on one registry that is neither's: one
// artifact of 1 GiB up and down, 1,000 small ones up and down, and a copy of 1,000 of which a tenth has changed, unsigned and
// signed. `raw` is the floor: what `curl` takes for the bytes alone. `craneSynced` waits for the disk, as ours does and the
// others don't. `--only PART` makes one part alone: `large`, `small`, `copy-changed` or `copy-changed-signed`.
import { execFile } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { cp, mkdir, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { openLayout, type LayoutStore } from '../src/layout/layout.ts';
import type { Bytes } from '../src/oci/content-store.ts';
import { describe, emptyContent, emptyDescriptor, type Descriptor } from '../src/oci/descriptor.ts';
import { finishDigest, startDigest, type Digest } from '../src/oci/digest.ts';
import { formatManifest, type Content } from '../src/oci/manifest.ts';
import { mediaTypes } from '../src/oci/media-types.ts';
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
const smallRuns = 2;
const blobType = 'application/vnd.example.bench';

type Bench = {
  readonly field: Field;
  readonly host: string;
  readonly sealift: (...args: readonly string[]) => Command;
  readonly crane: (...args: readonly string[]) => Command;
  readonly oras: (...args: readonly string[]) => Command;
  /** A line for the shell, whose `$0`, `$1` and so on are the words after it. */
  readonly shell: (line: string, ...words: readonly string[]) => Command;
  readonly report: Report;
};

/** So that no run pays for what the one before it left unwritten. */
const syncDisks = async (): Promise<void> => void (await promisify(execFile)('sync'));

const parts: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  large: measureLarge,
  small: measureSmall,
  'copy-changed': (bench) => measureChanged(bench, { isSigned: false }),
  'copy-changed-signed': (bench) => measureChanged(bench, { isSigned: true }),
};

/** @param only names of parts; all of them by default */
export async function run(report: Report, { only }: { readonly only: readonly string[] }): Promise<void> {
  const unknown = only.filter((name) => !Object.hasOwn(parts, name));
  if (unknown.length > 0)
    throw new Error(`no part ${unknown.join()}: there are ${Object.keys(parts).join()}`);
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
        shell: (line, ...words) => ({ path: '/bin/sh', args: ['-ec', line, ...words] }),
        report,
      };
      for (const [name, measure] of Object.entries(parts))
        if (only.length === 0 || only.includes(name)) await measure(bench);
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

async function pushLarge(layout: LayoutStore): Promise<Descriptor> {
  const hash = startDigest();
  for await (const chunk of noise(largeBytes, 1)) hash.update(chunk);
  const layer: Descriptor = { mediaType: blobType, digest: finishDigest(hash), size: largeBytes };
  await layout.pushBlob(layer, () => noise(largeBytes, 1));
  await pushManifest(layout, layer, 'v1');
  return layer;
}

type Small = { readonly tag: string; readonly text: string; readonly isSigned?: boolean };

async function pushSmall(layout: LayoutStore, { tag, text, isSigned = false }: Small): Promise<void> {
  const manifest = await pushManifest(layout, await pushText(layout, text), tag);
  if (!isSigned) return;
  // What a signature costs a copy, and not what it proves.
  const bundle = await pushText(layout, `signature of ${manifest.descriptor.digest}`);
  await layout.push(
    formatManifest({
      artifactType: mediaTypes.sigstoreBundle,
      config: emptyDescriptor,
      layers: [{ ...bundle, mediaType: mediaTypes.sigstoreBundle }],
      subject: manifest.descriptor,
    }),
  );
}

async function pushText(layout: LayoutStore, text: string): Promise<Descriptor> {
  const bytes = Buffer.from(`${text}\n`.repeat(40));
  const layer = describe(blobType, bytes);
  await layout.push({ descriptor: layer, bytes });
  return layer;
}

/** The config is the empty one, with which `crane` copies what it takes for an image. */
async function pushManifest(layout: LayoutStore, layer: Descriptor, tag: string): Promise<Content> {
  await layout.push({ descriptor: emptyDescriptor, bytes: emptyContent });
  const manifest = formatManifest({ config: emptyDescriptor, layers: [layer] });
  await layout.push(manifest);
  await layout.tag(manifest, tag);
  return manifest;
}

type Batch = { readonly count: number; readonly word: string; readonly isSigned?: boolean };

async function fillSmall(path: string, { count, word, isSigned = false }: Batch): Promise<void> {
  const layout = await openLayout(path, { create: true, isIndexHeld: true });
  for (let index = 0; index < count; index += 1)
    await pushSmall(layout, { tag: `v${index}`, text: `${word} ${index}`, isSigned });
  await layout.flush();
}

async function measureLarge(bench: Bench): Promise<void> {
  const layout = bench.field.path('large');
  const { digest } = await pushLarge(await openLayout(layout, { create: true }));
  await measureLargePush(bench, layout, digest);
  await measureLargePull(bench, digest);
}

async function measureLargePush(bench: Bench, layout: string, digest: Digest): Promise<void> {
  const { field, host, sealift, crane, oras, shell, report } = bench;
  const file = `${layout}/blobs/${digest.replace(':', '/')}`;
  const upload = `place=$(curl -sfi -X POST "http://$0/blobs/uploads/" | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')
curl -sf -T "$1" -H 'content-type: application/octet-stream' "$place&digest=$2"`;
  // Another repository each time: the registry keeps no blob that this one may use.
  const pushed = await timeRuns(
    {
      sealift: (turn) => sealift('copy', `oci-layout:${layout}:v1`, `${host}/push/sealift${turn}:v1`),
      crane: (turn) => crane('push', layout, `${host}/push/crane${turn}:v1`),
      oras: (turn) =>
        oras('cp', '--from-oci-layout', `${layout}:v1`, '--to-plain-http', `${host}/push/oras${turn}:v1`),
      raw: (turn) => shell(upload, `${host}/v2/push/raw${turn}`, file, digest),
    },
    { runs: largeRuns, cwd: field.cwd, before: syncDisks },
  );
  compare(report, 'push-large', 'push of 1 x 1 GiB', pushed);
}

async function measureLargePull(bench: Bench, digest: Digest): Promise<void> {
  const { field, host, sealift, crane, oras, shell, report } = bench;
  const from = `${host}/push/sealift0:v1`;
  const out = (name: string): string => field.path(`pulled-${name}`);
  const { path: cranePath } = crane();
  const pulled = await timeRuns(
    {
      sealift: () => sealift('copy', from, `oci-layout:${out('sealift')}:v1`),
      crane: () => crane('pull', '--format=oci', from, out('crane')),
      craneSynced: () =>
        shell(
          '"$0" pull --format=oci "$1" "$2"; sync "$2"/blobs/sha256/* "$2"/*.json',
          cranePath,
          from,
          out('craneSynced'),
        ),
      oras: () => oras('cp', '--from-plain-http', from, '--to-oci-layout', `${out('oras')}:v1`),
      raw: () => shell('curl -sf -o /dev/null "$0"', `http://${host}/v2/push/sealift0/blobs/${digest}`),
    },
    {
      runs: largeRuns,
      cwd: field.cwd,
      async before(name) {
        await rm(out(name), { recursive: true, force: true });
        await syncDisks();
      },
    },
  );
  compare(report, 'pull-large', 'pull of 1 x 1 GiB', pulled);
  for (const name of Object.keys(pulled)) await rm(out(name), { recursive: true, force: true });
}

async function measureSmall({ field, host, sealift, crane, report }: Bench): Promise<void> {
  const path = field.path('small');
  await fillSmall(path, { count: smallCount, word: 'first' });
  const pushed = await timeRuns(
    {
      sealift: (turn) => sealift('copy', '--all-tags', `oci-layout:${path}`, `${host}/small/sealift${turn}`),
      // All of them as one index, since it has no other way.
      crane: (turn) => crane('push', '--index', path, `${host}/small/crane${turn}:all`),
    },
    { runs: smallRuns, warmsUp: false, cwd: field.cwd, before: syncDisks },
  );
  compare(report, 'push-small', `push of ${smallCount} small artifacts`, pushed);
  const from = `${host}/small/sealift1`;
  const tags = Array.from({ length: smallCount }, (_, index) => `${from}:v${index}`);
  const out = (name: string): string => field.path(`small-${name}`);
  const pulled = await timeRuns(
    {
      sealift: () => sealift('copy', '--all-tags', from, `oci-layout:${out('sealift')}`),
      crane: () => crane('pull', '--format=oci', ...tags, out('crane')),
    },
    {
      runs: smallRuns,
      warmsUp: false,
      cwd: field.cwd,
      async before(name) {
        await rm(out(name), { recursive: true, force: true });
        await syncDisks();
      },
    },
  );
  compare(report, 'pull-small', `pull of ${smallCount} small artifacts`, pulled);
}

async function measureChanged(
  { field, host, sealift, crane, report }: Bench,
  { isSigned }: { readonly isSigned: boolean },
): Promise<void> {
  const kind = isSigned ? 'signed' : 'plain';
  const directory = field.path(`second-${kind}`);
  await mkdir(directory);
  const target = await startDockerRegistry(directory, { storage: 'filesystem' });
  try {
    const from = `${host}/changed/${kind}`;
    const to = (name: string): string => `${target.host}/changed/${name}`;
    const runAlone = async (command: Command): Promise<void> =>
      void (await timeRuns({ alone: () => command }, { runs: 0, cwd: field.cwd }));
    const path = field.path(`changed-${kind}`);
    await fillSmall(path, { count: smallCount, word: `first ${kind}`, isSigned });
    await runAlone(sealift('copy', '--all-tags', `oci-layout:${path}`, from));
    await runAlone(sealift('copy', '--all-tags', from, to('before')));
    await fillSmall(path, { count: changedCount, word: `second ${kind}`, isSigned });
    await runAlone(sealift('copy', '--all-tags', `oci-layout:${path}`, from));
    // Every run's target has what the source had before a tenth of it changed: a repository is a folder of links.
    const folder = `${directory}/registry/docker/registry/v2/repositories/changed`;
    for (let turn = 1; turn <= smallRuns; turn += 1) {
      for (const name of ['sealift', 'crane'])
        await cp(`${folder}/before`, `${folder}/${name}${turn}`, { recursive: true });
    }
    const copied = await timeRuns(
      {
        sealift: (turn) => sealift('copy', '--all-tags', from, to(`sealift${turn}`)),
        crane: (turn) => crane('copy', '--all-tags', from, to(`crane${turn}`)),
      },
      { runs: smallRuns, warmsUp: false, cwd: field.cwd, before: syncDisks },
    );
    const what = `copy of ${smallCount} ${isSigned ? 'signed ' : ''}artifacts of which a tenth has changed`;
    compare(report, isSigned ? 'copy-changed-signed' : 'copy-changed', what, copied);
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

// Verified artifacts on the puller's own volume, so that correction, restart and rollback need no registry: one image
// layout a digest, with the manifest, its blobs and the statements that counted, all byte by byte. A layout gets its name
// once it is whole, and a kill leaves at most a folder that the next start removes. What is read is hashed and judged
// anew, and only by Deliveries whose own records name it.
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentError, errorMessageOf, InputError } from '../../src/errors.ts';
import { lookAt, syncDirectory } from '../../src/layout/files.ts';
import { openLayout } from '../../src/layout/layout.ts';
import { pullerLimits, signingLimits } from '../../src/limits.ts';
import type { ContentSource } from '../../src/oci/content-store.ts';
import { digestHex, isDigest, type Digest } from '../../src/oci/digest.ts';
import { parseManifest } from '../../src/oci/manifest.ts';
import { createMemoryStore } from '../../src/oci/memory-store.ts';
import type { Log } from '../log.ts';
import type { Source } from '../services.ts';
import { copyVerified, type Copying } from './copy-verified.ts';

/** An artifact that is to be kept. */
export type Keeping = Pick<Copying, 'digest' | 'statements'> & {
  /** The one that is applied. */
  readonly layer: Digest;
  /** Opens the place that it was accepted from, to read it by digest. */
  readonly open: () => Source;
};

export type ArtifactStore = {
  /** Whether an artifact is kept. */
  has(digest: string): boolean;
  /** The layout of an artifact, read anew by each call; undefined where there is none. */
  open(digest: Digest): Promise<ContentSource | undefined>;
  /** Forgets one that a Delivery takes for damaged, if it is: its spec may just not fit, and others need it. */
  discard(digest: Digest): Promise<void>;
  /** Keeps an artifact once there is time; what is kept already, with its statements, costs nothing. */
  keep(keeping: Keeping): void;
  /** Removes, once there is time, what nobody needs any more. */
  tidy(): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
};

/** Digests of the artifacts that run, and of those in histories; nobody needs the others. */
export type Needs = { readonly running: ReadonlySet<string>; readonly history: ReadonlySet<string> };

export type ArtifactStoreOptions = {
  readonly folder: string;
  readonly needs: () => Needs;
  /** An artifact is kept from now on. */
  readonly onKept: (digest: Digest) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Other bounds than {@link pullerLimits}. */
  readonly maxBytes?: number;
};

type Contents = Pick<Copying, 'layers' | 'statements'>;
type Kept = { bytes: number; contents: Contents | undefined };

const nothing: Contents = { layers: new Set(), statements: new Set() };

const unfinished = '.new';

/**
 * Opens the folder, and removes what a killed process left in it.
 * @throws InputError `FILE_UNREADABLE`
 */
export async function openArtifactStore(options: ArtifactStoreOptions): Promise<ArtifactStore> {
  const { folder, needs, onKept, log, signal, maxBytes = pullerLimits.storedBytes } = options;
  /** The one used longest ago first. */
  const kept = await readFolder(folder);
  const waiting = new Map<Digest, Keeping>();
  let mustTidy = false;
  let working: Promise<void> | undefined;
  const pathOf = (digest: Digest): string => join(folder, digestHex(digest));

  function use(digest: Digest, found: Kept): void {
    kept.delete(digest);
    kept.set(digest, found);
  }

  async function contentsOf(digest: Digest, found: Kept): Promise<Contents> {
    found.contents ??= await listContents(pathOf(digest), digest);
    return found.contents;
  }

  async function drop(digest: Digest): Promise<void> {
    if (!kept.delete(digest)) return;
    // A name of its own first: a kill in between leaves no half of it under the old one.
    const leaving = `${pathOf(digest)}.${randomUUID()}${unfinished}`;
    await rename(pathOf(digest), leaving).catch(() => undefined);
    await rm(leaving, { recursive: true, force: true });
  }

  /** What other Deliveries keep of it, by their layers and policies, comes along. */
  async function copyKept(copying: Omit<Copying, 'source'>): Promise<void> {
    try {
      await copyVerified({ ...copying, source: await openLayout(pathOf(copying.digest)) });
    } catch (error) {
      // What is damaged is kept again by those who read it.
      if (!(error instanceof ContentError)) throw error;
    }
  }

  async function write(keeping: Keeping): Promise<void> {
    const { digest, layer, statements, open } = keeping;
    const found = kept.get(digest);
    if (found !== undefined) use(digest, found);
    const present = found === undefined ? nothing : await contentsOf(digest, found).catch(() => nothing);
    if (holds(present, keeping)) return;
    const temporary = `${pathOf(digest)}.${randomUUID()}${unfinished}`;
    const source = open();
    try {
      await mkdir(temporary, { mode: 0o700 });
      const target = await openLayout(temporary, { create: true, isIndexHeld: true });
      const limited = AbortSignal.any([signal, AbortSignal.timeout(pullerLimits.storingMs)]);
      const copying = { target, digest, signal: limited };
      await copyVerified({ ...copying, source, layers: new Set([layer]), statements });
      if (present !== nothing) await copyKept({ ...copying, ...carriedOver(present, statements) });
      await target.flush();
      const bytes = await measure(temporary);
      const contents = await listContents(temporary, digest);
      // The copy that is there counts until its successor has room.
      if (!(await makeRoom(bytes, digest))) return;
      await drop(digest);
      await rename(temporary, pathOf(digest));
      await syncDirectory(folder);
      kept.set(digest, { bytes, contents });
      mustTidy = true;
      onKept(digest);
    } finally {
      await source.close?.();
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /**
   * Room in place of what is there of a digest. Nobody's goes first, then histories', each from the one used longest ago;
   * what runs stays.
   */
  async function makeRoom(bytes: number, replaced: Digest): Promise<boolean> {
    if (bytes > maxBytes) return false;
    const total = (): number =>
      [...kept].reduce((sum, [digest, one]) => (digest === replaced ? sum : sum + one.bytes), 0);
    const { running, history } = needs();
    for (const others of [history, running]) {
      for (const digest of kept.keys()) {
        if (total() + bytes <= maxBytes) return true;
        if (digest === replaced) continue;
        if (!running.has(digest) && !others.has(digest)) await drop(digest);
      }
    }
    return total() + bytes <= maxBytes;
  }

  async function dropUnneeded(): Promise<void> {
    const { running, history } = needs();
    for (const digest of kept.keys()) if (!running.has(digest) && !history.has(digest)) await drop(digest);
  }

  async function work(): Promise<void> {
    while (!signal.aborted) {
      const [next] = waiting.values();
      if (next === undefined && !mustTidy) return;
      try {
        if (next === undefined) {
          mustTidy = false;
          await dropUnneeded();
          continue;
        }
        waiting.delete(next.digest);
        await write(next);
      } catch (error) {
        if (signal.aborted) return;
        const { digest } = next ?? { digest: undefined };
        log('warn', 'artifact can not be kept on the volume', { digest, error: errorMessageOf(error) });
      }
    }
  }

  function wake(): void {
    working ??= work().finally(() => {
      working = undefined;
      if (!signal.aborted && (waiting.size > 0 || mustTidy)) wake();
    });
  }

  return {
    has: (digest) => isDigest(digest) && kept.has(digest),
    open: async (digest) => {
      const found = kept.get(digest);
      if (found === undefined) return undefined;
      use(digest, found);
      return openLayout(pathOf(digest));
    },
    discard: async (digest) => {
      const contents = kept.get(digest)?.contents ?? nothing;
      if (await isWhole(pathOf(digest), digest, contents)) return;
      log('warn', 'artifact on the volume is damaged and dropped', { digest });
      await drop(digest);
    },
    keep: (keeping) => {
      const { digest } = keeping;
      if (holds(kept.get(digest)?.contents ?? nothing, keeping)) return;
      if (waiting.size >= pullerLimits.storeQueue) return;
      waiting.set(digest, keeping);
      wake();
    },
    tidy: () => {
      mustTidy = true;
      wake();
    },
    idle: async () => {
      // Whoever is woken by the last one is waited for, too.
      for (let last = working; last !== undefined; last = working) await last;
    },
  };
}

/** What is there, in the order of its age. */
async function readFolder(folder: string): Promise<Map<Digest, Kept>> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    const found: { readonly digest: Digest; readonly bytes: number; readonly changedMs: number }[] = [];
    for (const name of await readdir(folder)) {
      const digest = `sha256:${name}`;
      const path = join(folder, name);
      if (name.endsWith(unfinished)) await rm(path, { recursive: true, force: true });
      const stats = isDigest(digest) ? await lookAt(path) : undefined;
      if (!isDigest(digest) || stats?.isDirectory() !== true) continue;
      found.push({ digest, bytes: await measure(path), changedMs: stats.mtimeMs });
    }
    found.sort((a, b) => a.changedMs - b.changedMs);
    return new Map(found.map(({ digest, bytes }) => [digest, { bytes, contents: undefined }]));
  } catch (cause) {
    const message = `artifact folder ${folder} can not be used: ${errorMessageOf(cause)}`;
    throw new InputError('FILE_UNREADABLE', message, {
      cause,
      hint: 'Mount a volume there that this process may write.',
    });
  }
}

/** Bytes of a layout's files. */
async function measure(path: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await lookAt(join(entry.parentPath, entry.name)))?.size ?? 0;
  }
  return bytes;
}

function holds({ layers, statements }: Contents, wanted: Pick<Keeping, 'layer' | 'statements'>): boolean {
  return layers.has(wanted.layer) && wanted.statements.isSubsetOf(statements);
}

/** Heartbeats would add up over the years: where there are too many, only those of now are kept. */
function carriedOver({ layers, statements }: Contents, added: ReadonlySet<Digest>): Contents {
  const isBounded = statements.union(added).size <= signingLimits.heartbeatReferrers;
  return { layers, statements: isBounded ? statements : new Set() };
}

/** Whether all that is known to be there can be read, and has its hash. */
async function isWhole(path: string, digest: Digest, known: Contents): Promise<boolean> {
  try {
    const source = await openLayout(path);
    const found = await listContents(path, digest);
    const signal = AbortSignal.timeout(pullerLimits.storingMs);
    await copyVerified({ source, target: createMemoryStore(), digest, ...found, signal });
    return known.layers.isSubsetOf(found.layers) && known.statements.isSubsetOf(found.statements);
  } catch {
    return false;
  }
}

/** The layers that are there, and the manifests beside the artifact's own. */
async function listContents(path: string, digest: Digest): Promise<Contents> {
  const layout = await openLayout(path);
  const { descriptor, bytes } = await layout.resolve(digest);
  const layers = new Set<Digest>();
  for (const layer of parseManifest(bytes).layers) if (await layout.exists(layer)) layers.add(layer.digest);
  const referrers = await layout.referrers(descriptor);
  const tagged = await Promise.all((await layout.tags()).map((tag) => layout.resolve(tag)));
  const found = [...referrers.map((one) => one.digest), ...tagged.map((one) => one.descriptor.digest)];
  return { layers, statements: new Set(found) };
}

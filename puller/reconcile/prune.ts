// Deletes what left the artifact: only what is in our record and still carries our label, our Apply entry and the same
// uid. Whoever merely copies a label gets nothing deleted.
import {
  ApplyError,
  errorMessageOf,
  isSealiftError,
  type ErrorCode,
  type SealiftError,
} from '../../src/errors.ts';
import type { Discovery, ResourceKind } from '../../src/kube/discovery.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { formatIdentity, type ResourceIdentity } from '../../src/resources/resource.ts';
import { stageOf, stages } from '../../src/resources/stages.ts';
import { forEachConcurrently } from './concurrently.ts';
import { isProtectedKind } from './desired.ts';
import type { Keeper } from './keeper.ts';
import type { KindWatches } from './kind-watches.ts';
import { finalizersOf, liveOfObject, type Live } from './live-objects.ts';
import { readMetadata, sendDelete, type Applier } from './object-requests.ts';
import type { RecordEntry } from './record.ts';

export type PruneResult = {
  /** Objects that were deleted. */
  readonly deleted: readonly ResourceIdentity[];
  /** Objects that were left in the cluster on purpose, and why. */
  readonly kept: readonly { readonly identity: ResourceIdentity; readonly reason: string }[];
  /** Keys that are no longer ours: deleted, gone, or another's. */
  readonly settled: ReadonlySet<string>;
  /** Keys of objects that are being deleted and not gone yet. */
  readonly leaving: ReadonlySet<string>;
  readonly failures: readonly SealiftError<ErrorCode>[];
};

export type PruneContext = {
  readonly keeper: Keeper;
  readonly watches: KindWatches;
  readonly discovery: Discovery;
  readonly applier: Applier;
};

type Outcome = 'gone' | 'deleted' | 'leaving' | { readonly kept: string };

const concurrency = 8;

/** Goes backwards through the stages: objects before their Namespace, custom ones before their definition. */
export async function pruneEntries(
  context: PruneContext,
  entries: ReadonlyMap<string, RecordEntry>,
): Promise<PruneResult> {
  const deleted: ResourceIdentity[] = [];
  const kept: { identity: ResourceIdentity; reason: string }[] = [];
  const settled = new Set<string>();
  const leaving = new Set<string>();
  const failures: SealiftError<ErrorCode>[] = [];
  for (const stage of stages.toReversed()) {
    const ofStage = [...entries].filter(([, entry]) => stageOf(entry) === stage);
    await forEachConcurrently(ofStage, concurrency, async ([key, entry]) => {
      const identity = toIdentity(entry);
      try {
        const outcome = await releaseAndPrune(context, key, entry);
        if (outcome === 'leaving') leaving.add(key);
        else settled.add(key);
        if (outcome === 'deleted' || (outcome === 'leaving' && entry.isLeaving !== true))
          deleted.push(identity);
        if (typeof outcome === 'object') kept.push({ identity, reason: outcome.kept });
      } catch (error) {
        if (!isSealiftError(error)) throw error;
        failures.push(pruneFailed(identity, error));
      }
    });
  }
  return { deleted, kept, settled, leaving, failures };
}

/** Why an object stays whatever becomes of the Delivery, or undefined: by its kind, or as the artifact said. */
export function whyKept({ group, kind, prune }: RecordEntry): string | undefined {
  if (prune === 'Disabled') return 'the artifact says that it is never pruned';
  if (prune === 'Enabled' || !isProtectedKind({ group, kind })) return undefined;
  return `a ${kind} is pruned only where its annotation sealift.dev/prune in the artifact is Enabled`;
}

function pruneFailed(identity: ResourceIdentity, cause: SealiftError): ApplyError {
  const name = formatIdentity(identity);
  return new ApplyError('PRUNE_FAILED', `${name}: ${errorMessageOf(cause, 300)}`, name, {
    cause,
    retryable: true,
  });
}

async function releaseAndPrune(context: PruneContext, key: string, entry: RecordEntry): Promise<Outcome> {
  const { keeper, applier } = context;
  const tracked = keeper.get(key);
  const isKept = tracked?.ownerId === applier.ownerId;
  keeper.release(key, applier.ownerId);
  // A repair under way would make the object again.
  if (isKept) await tracked.busy;
  // An object that was made again by a repair has another uid than the record says.
  const uid = isKept ? tracked.baseline.uid : entry.applied?.uid;
  const reason = whyKept(entry);
  return reason === undefined ? pruneOne(context, { key, entry, uid }) : { kept: reason };
}

type Target = { readonly key: string; readonly entry: RecordEntry; readonly uid: string | undefined };

async function pruneOne(context: PruneContext, { key, entry, uid }: Target): Promise<Outcome> {
  const { discovery, applier } = context;
  const kind = await discovery.find(entry.group, entry.version, entry.kind);
  if (kind === undefined) return 'gone';
  const path = resourcePath(kind, entry.namespace, entry.name);
  const live = await findLive(context, key, path);
  if (live === undefined || live.isDeleted) return 'gone';
  const isOurs = live.ownerId === applier.ownerId && live.fingerprint !== undefined;
  // What was made only where there was none, or was let go, was not ours to begin with.
  const wasOurs = entry.applied !== undefined && entry.applied.fieldsHash !== '';
  if (!isOurs) return wasOurs ? { kept: 'it is no longer ours' } : 'gone';
  if (uid !== undefined && live.uid !== uid) return { kept: 'it was made anew by somebody else' };
  let { finalizers } = live;
  if (!live.isTerminating) {
    const left = await sendDelete(applier, path, { uid: live.uid });
    if (left === undefined) return 'deleted';
    finalizers = finalizersOf(left.metadata);
  }
  return (await noteLeaving(context, { key, entry, kind, live: { ...live, finalizers } }))
    ? 'leaving'
    : 'deleted';
}

/** What lost our label is told as deleted, and of some kinds nothing tells: whether it is there must be asked. */
async function findLive(
  { keeper, applier }: PruneContext,
  key: string,
  path: string,
): Promise<Live | undefined> {
  const seen = keeper.live(key);
  return seen === undefined || seen.isDeleted ? readLive(applier, path) : seen;
}

type Leaving = {
  readonly key: string;
  readonly entry: RecordEntry;
  readonly kind: ResourceKind;
  readonly live: Live;
};

/** Follows an object that is being deleted, by its kind's watch. @returns whether it is still there */
async function noteLeaving(
  { keeper, watches, applier }: PruneContext,
  { key, entry, kind, live: { uid, finalizers } }: Leaving,
): Promise<boolean> {
  await watches.ensure(kind);
  // The event of its end may have come before the answer of its deletion.
  if (watches.isWatched(kind) && keeper.live(key)?.uid !== uid) return false;
  const { ownerId } = applier;
  keeper.departures.add(key, { ownerId, identity: toIdentity(entry), kind, uid, finalizers });
  return true;
}

/**
 * Follows again what was deleted before and was not gone then.
 * @returns keys of what has gone since, or is in the cluster to stay
 */
export async function followLeaving(
  context: PruneContext,
  entries: ReadonlyMap<string, RecordEntry>,
): Promise<ReadonlySet<string>> {
  const { keeper, discovery, applier, watches } = context;
  const gone = new Set<string>();
  for (const [key, entry] of entries) {
    const kind = await discovery.find(entry.group, entry.version, entry.kind);
    if (kind !== undefined) await watches.ensure(kind);
    const isWatched = kind !== undefined && watches.isWatched(kind);
    if (keeper.departures.has(key) && isWatched) continue;
    const live =
      kind === undefined || isWatched
        ? keeper.live(key)
        : await readLive(applier, resourcePath(kind, entry.namespace, entry.name));
    const isLeaving = live?.isTerminating === true && live.uid === entry.applied?.uid;
    if (kind !== undefined && isLeaving) await noteLeaving(context, { key, entry, kind, live });
    else {
      keeper.departures.drop(key);
      gone.add(key);
    }
  }
  return gone;
}

/** Of kinds that are not watched, and after a restart with a changed artifact. */
async function readLive(applier: Applier, path: string): Promise<Live | undefined> {
  const object = await readMetadata(applier, path);
  return object === undefined ? undefined : liveOfObject(object);
}

/** What names an object of the record. */
export function toIdentity({ group, version, kind, namespace, name }: RecordEntry): ResourceIdentity {
  return { group, version, kind, ...(namespace === undefined ? {} : { namespace }), name };
}

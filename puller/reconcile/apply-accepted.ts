// From an accepted artifact to the cluster and back into the record: what is being applied is recorded before the first
// write, what was applied after the last, and only a whole apply prunes.
import { isDeepStrictEqual } from 'node:util';
import { formatIdentity } from '../../src/resources/resource.ts';
import type { AcceptedArtifact } from '../source/accept.ts';
import type { Services } from '../services.ts';
import { reasonOf } from '../status/conditions.ts';
import { applierFor } from './applier.ts';
import { applyResources, joinFailures, type ApplyCounts } from './apply-delivery.ts';
import { pruneEntries, type PruneResult } from './prune.ts';
import type { DeliveryRecord, RecordEntry } from './record.ts';
import { judgeKept, toFailure } from './judge.ts';
import { names, type Runtime } from './runtime.ts';

type ApplyMode = {
  /** Whether what looks unchanged is sent where it can't be watched. */
  readonly isFull: boolean;
  /** False while it is not known that the artifact is still the channel's. */
  readonly mayPrune: boolean;
};

/** Applies what was accepted. Every failure ends up in the runtime; none is about the source. */
export async function applyAccepted(services: Services, runtime: Runtime, mode: ApplyMode): Promise<void> {
  // Policies may have changed while the layer was read.
  judgeKept(services, runtime);
  if (runtime.accepted === undefined || runtime.distrust !== undefined) return;
  const { record } = runtime;
  runtime.isApplying = !record.isComplete || !isOfRecord(record, runtime.accepted);
  if (runtime.isApplying) services.touch(runtime);
  const release = services.watches.hold();
  try {
    await applyAndRecord(services, runtime, mode);
  } catch (error) {
    if (services.signal.aborted) return;
    const failure = toFailure(error);
    if (runtime.failure?.message !== failure.message) {
      services.log('error', 'apply failed', {
        ...names(runtime),
        code: failure.code,
        error: failure.message,
      });
    }
    runtime.failure = failure;
  } finally {
    release();
    runtime.isApplying = false;
  }
  services.watches.retain(services.keeper.kinds());
  // What changed while corrections were off, by suspension or by policy, is seen now.
  services.keeper.recheck(runtime.ownerId);
}

async function applyAndRecord(services: Services, runtime: Runtime, mode: ApplyMode): Promise<void> {
  const { accepted, ownerId, delivery } = runtime;
  if (accepted === undefined) return;
  const { namespace, name } = delivery.metadata;
  const write = async (record: DeliveryRecord): Promise<void> => {
    await services.recordStore.write(ownerId, record);
    runtime.record = record;
  };
  const begun = beginRecord(runtime, accepted);
  if (JSON.stringify(begun) !== JSON.stringify(runtime.record)) await write(begun);
  const result = await applyResources(
    {
      keeper: services.keeper,
      watches: services.watches,
      discovery: services.discovery,
      owner: { ownerId, namespace, name, hashKey: Buffer.from(runtime.record.hashKey, 'base64') },
      record: runtime.record,
      pullerNamespace: services.pullerNamespace,
      isLiveOwner: services.isLiveOwner,
      writeRecord: write,
      isSafetyNet: mode.isFull,
      signal: services.signal,
    },
    accepted.resources,
  );
  runtime.keys = result.keys;
  for (const key of runtime.uncorrected.keys()) if (!result.keys.has(key)) runtime.uncorrected.delete(key);
  // Another artifact has the whole time to turn healthy.
  if (runtime.appliedDigest !== accepted.digest) runtime.unhealthySinceMs = undefined;
  runtime.appliedDigest = accepted.digest;
  runtime.unwatched = result.unwatched;
  const current = followBaselines(services, ownerId, result.record.entries);
  const left = new Map(Object.entries(current).filter(([key]) => !result.keys.has(key)));
  const canSettle = mode.mayPrune && result.failures.length === 0;
  const pruned = canSettle ? await settleLeft(services, runtime, left) : nothingPruned;
  const failed = joinFailures([...result.failures, ...pruned.failures]);
  const isComplete = failed === undefined && (canSettle || runtime.record.isComplete);
  const record: DeliveryRecord = {
    ...result.record,
    isComplete,
    ...(isComplete ? { appliedRevision: accepted.revision } : {}),
    entries: Object.fromEntries(Object.entries(current).filter(([key]) => !pruned.settled.has(key))),
  };
  if (JSON.stringify(record) !== JSON.stringify(runtime.record)) await write(record);
  report(services, runtime, { failed, counts: result.counts, deleted: pruned.deleted.length });
}

/** Whether what is recorded is this artifact, transformed as it is now. */
export function isOfRecord(
  { digest, transformsKey }: DeliveryRecord,
  accepted: Pick<AcceptedArtifact, 'digest' | 'basis'>,
): boolean {
  return digest === accepted.digest && transformsKey === accepted.basis.transformsKey;
}

/** What is begun is what a restart goes on with, not what was before. */
function beginRecord(runtime: Runtime, accepted: AcceptedArtifact): DeliveryRecord {
  const { record } = runtime;
  const { digest, revision, promotion, basis } = accepted;
  const healthy = formerHealth(runtime);
  return {
    ...record,
    ...(healthy === undefined ? {} : { healthy }),
    digest,
    revision,
    transformsKey: basis.transformsKey,
    promotion: promotion && toRecorded(promotion),
    isComplete: isOfRecord(record, accepted) && record.isComplete,
  };
}

/** Without the end, which every heartbeat moves. */
function toRecorded({
  channel,
  sequence,
  statementDigest,
}: NonNullable<AcceptedArtifact['promotion']>): DeliveryRecord['promotion'] {
  return { channel, sequence, statementDigest };
}

/** Nothing was to be pruned, or there is nobody to prune as. */
export const nothingPruned: PruneResult = { deleted: [], kept: [], failures: [], settled: new Set() };

/** What left the artifact: pruned, or let go where the Delivery does not prune. */
async function settleLeft(
  services: Services,
  runtime: Runtime,
  left: ReadonlyMap<string, RecordEntry>,
): Promise<PruneResult> {
  const applier = applierFor(services, runtime);
  if (applier === undefined || left.size === 0) return nothingPruned;
  const { keeper, discovery } = services;
  if (!runtime.delivery.spec.prune) {
    for (const key of left.keys()) keeper.release(key, runtime.ownerId);
    return { ...nothingPruned, settled: new Set(left.keys()) };
  }
  const result = await pruneEntries({ keeper, discovery, applier }, left);
  for (const { identity, reason } of result.kept) {
    const note = `${formatIdentity(identity)} left the artifact and is kept: ${reason}`;
    services.tell(runtime, 'Warning', 'PruneSkipped', note);
  }
  return result;
}

/**
 * The record follows what repairs have changed, once a look: uids are what pruning goes by, and a restart finds nothing
 * to do where hashes and times are those of the last repair.
 */
export async function recordRepairs(services: Services, runtime: Runtime): Promise<void> {
  const { record, ownerId } = runtime;
  const entries = followBaselines(services, ownerId, record.entries);
  const healthy = followHealth(runtime);
  if (isDeepStrictEqual(entries, record.entries) && isDeepStrictEqual(healthy, record.healthy)) return;
  const next = { ...record, entries, ...(healthy === undefined ? {} : { healthy }) };
  await services.recordStore.write(ownerId, next);
  runtime.record = next;
}

/** Artifacts that are remembered as healthy. */
const healthyMax = 5;

/** The same, with what is about to be replaced: it may have turned healthy since the last look. */
function formerHealth({ record, healthyDigest }: Runtime): DeliveryRecord['healthy'] {
  const { digest, promotion, isComplete, healthy = [] } = record;
  if (digest === undefined || promotion === undefined || !isComplete || healthyDigest !== digest) {
    return record.healthy;
  }
  const others = healthy.filter((one) => one.digest !== digest);
  return [{ digest, ...promotion }, ...others].slice(0, healthyMax);
}

/** What has been seen healthy, what runs now first. */
function followHealth({ accepted, healthyDigest, record, failure }: Runtime): DeliveryRecord['healthy'] {
  if (accepted?.promotion === undefined || healthyDigest !== accepted.digest) return record.healthy;
  // What was never applied as a whole has not been healthy, whatever there is of it.
  if (failure !== undefined || !record.isComplete || !isOfRecord(record, accepted)) return record.healthy;
  const { digest, promotion } = accepted;
  const { channel, sequence, statementDigest } = promotion;
  const others = (record.healthy ?? []).filter((one) => one.digest !== digest);
  return [{ digest, channel, sequence, statementDigest }, ...others].slice(0, healthyMax);
}

/** Entries with the uids, hashes and times of now. */
function followBaselines(
  { keeper }: Pick<Services, 'keeper'>,
  ownerId: string,
  entries: DeliveryRecord['entries'],
): DeliveryRecord['entries'] {
  const followed = Object.entries(entries).map(([key, entry]): [string, RecordEntry] => {
    const tracked = keeper.get(key);
    if (tracked?.ownerId !== ownerId || entry.applied === undefined) return [key, entry];
    const { uid, hash: fieldsHash, time: fieldsTime } = tracked.baseline;
    return [key, { ...entry, applied: { uid, hash: tracked.desired.hash, fieldsHash, fieldsTime } }];
  });
  return Object.fromEntries(followed);
}

type Outcome = {
  readonly failed: ReturnType<typeof joinFailures>;
  readonly counts: ApplyCounts;
  readonly deleted: number;
};

function report(services: Services, runtime: Runtime, { failed, counts, deleted }: Outcome): void {
  const former = runtime.failure;
  runtime.failure = failed === undefined ? undefined : toFailure(failed);
  if (runtime.failure !== undefined) {
    const { code, message } = runtime.failure;
    services.log('error', 'apply failed', { ...names(runtime), code, error: message });
    if (former?.message !== message) services.tell(runtime, 'Warning', reasonOf(code), `${code}: ${message}`);
    return;
  }
  const { created, configured, unchanged } = counts;
  if (created + configured + deleted === 0) return;
  const revision = runtime.accepted?.revision ?? '';
  const summary = `${created} created, ${configured} configured, ${unchanged} unchanged, ${deleted} deleted`;
  services.log('info', 'applied', { ...names(runtime), revision, created, configured, unchanged, deleted });
  services.tell(runtime, 'Normal', 'Applied', `applied ${revision}: ${summary}`);
}

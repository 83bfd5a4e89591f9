// From an accepted artifact to the cluster and back into the record: what is being applied is recorded before the first
// write, what was applied after the last, and only a whole apply prunes.
import { isDeepStrictEqual } from 'node:util';
import type { AcceptedArtifact } from '../source/accepted-artifact.ts';
import type { Services } from '../services.ts';
import { reasonOf } from '../status/conditions.ts';
import {
  appliedOf,
  applyPlan,
  joinFailures,
  withPlanned,
  type ApplyCounts,
  type ApplyResult,
} from './apply-delivery.ts';
import { tellClaim } from './claims.ts';
import { beginCourse } from './course.ts';
import { beginEntry, followPromotion, originRevisionOf, settledHistory, toRecorded } from './history.ts';
import { followHolds, stanceOf } from './holds.ts';
import { leftPathsOf } from './left-paths.ts';
import { planObjects } from './plan.ts';
import { mustWait } from './order-gate.ts';
import type { DeliveryRecord, RecordEntry } from './record.ts';
import { judgeKept, toFailure } from './judge.ts';
import { namedKeys } from './named-objects.ts';
import { mayCorrect, names, type Runtime } from './runtime.ts';
import { followLeaving } from './prune.ts';
import { entriesAfter, pruneContextOf, settleLeft } from './settle-left.ts';

type ApplyMode = {
  /** Whether what looks unchanged is sent where it can't be watched. */
  readonly isFull: boolean;
  /** False while it is not known that the artifact is still the channel's. */
  readonly mayPrune: boolean;
  /** Whether everything is sent, changed or not: what has failed is tried again whole. */
  readonly isResent?: boolean;
};

/** Applies what was accepted. Every failure ends up in the runtime; none is about the source. */
export async function applyAccepted(services: Services, runtime: Runtime, mode: ApplyMode): Promise<void> {
  // Policies may have changed while the layer was read.
  judgeKept(services, runtime);
  if (runtime.accepted === undefined || runtime.distrust !== undefined) return;
  if (mustWait(services, runtime, runtime.accepted)) return;
  await followHolds(services, runtime);
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
  const { accepted } = runtime;
  if (accepted === undefined) return;
  const isFirst = runtime.record.appliedRevision === undefined;
  const { plan, owner, total } = await begin(services, runtime, accepted);
  const { keeper, watches, discovery, isLiveOwner, signal } = services;
  // A Delivery that was made anew under the name has a runtime, and an account, of its own.
  const isCurrent = (): boolean => (services.runtimeOf(runtime.ownerId) ?? runtime) === runtime;
  const mayGoOn = (): boolean => isCurrent() && mayCorrect(runtime);
  const context = {
    keeper,
    watches,
    discovery,
    owner,
    isLiveOwner,
    signal,
    record: runtime.record,
    isSafetyNet: mode.isFull,
    isResent: mode.isResent ?? false,
    mayGoOn,
    tellOwner: (ofOwner: string, claimed: { readonly key: string; readonly object: string }) =>
      tellClaim(services, runtime, ofOwner, claimed),
  };
  const result = await applyPlan(context, plan);
  noteApplied(services, runtime, accepted, result);
  const current = followBaselines(services, runtime.ownerId, result.record.entries);
  const isLeft = (key: string): boolean => !result.keys.has(key) && !plan.ignored.has(key);
  const leaving = Object.entries(current).filter(([key]) => isLeft(key));
  // What an operator holds is deleted when the hold is over.
  const left = new Map(leaving.filter(([, entry]) => !isHeld(services, runtime, entry)));
  const isWaiting = left.size < leaving.length || result.delayed.length > 0;
  const { isStopped } = result;
  const canSettle = mode.mayPrune && result.failures.length === 0 && mayGoOn();
  const leavers = { digest: accepted.digest, left, total };
  const pruned = await settleLeft(services, runtime, { ...leavers, mayPrune: canSettle });
  const failed = joinFailures([...result.failures, ...pruned.failures]);
  const isDone = failed === undefined && !isWaiting && !isStopped;
  const isComplete = isDone && (canSettle || runtime.record.isComplete);
  const { isPruneHeld: _, ...rest } = result.record;
  const appliedOriginRevision = originRevisionOf(accepted);
  await end(services, runtime, failed, {
    ...rest,
    isComplete,
    ...(runtime.pruneHeld === undefined ? {} : { isPruneHeld: true }),
    ...(isComplete ? { appliedRevision: accepted.revision, appliedOriginRevision } : {}),
    entries: entriesAfter(current, pruned),
  });
  report(services, runtime, {
    failed,
    counts: result.counts,
    deleted: pruned.deleted.length,
    isFirst,
    isStopped,
  });
}

/** One write for all that is begun: whatever is killed from here on, no object is forgotten. */
async function begin(services: Services, runtime: Runtime, accepted: AcceptedArtifact) {
  const { delivery, ownerId, record } = runtime;
  const { discovery, pullerNamespace } = services;
  const { namespace, name } = delivery.metadata;
  const hashKey = Buffer.from(record.hashKey, 'base64');
  const leftPaths = leftPathsOf(accepted, namespace);
  const { hide } = accepted.basis;
  const owner = { ownerId, namespace, name, hashKey, leftPaths, isForced: delivery.spec.force, hide };
  const plan = await planObjects({ discovery, owner, pullerNamespace }, accepted.resources);
  const begun = withPlanned(beginRecord(services, runtime, accepted), plan);
  if (!isOfRecord(record, accepted)) beginCourse(runtime, services.monotonic());
  if (JSON.stringify(begun) !== JSON.stringify(record)) {
    await services.recordStore.write(ownerId, begun);
    runtime.record = begun;
  }
  const total = Object.values(record.entries).filter(({ applied }) => applied !== undefined).length;
  return { plan, owner, total };
}

function noteApplied(
  { customHealth }: Pick<Services, 'customHealth'>,
  runtime: Runtime,
  accepted: AcceptedArtifact,
  result: ApplyResult,
): void {
  runtime.keys = result.keys;
  customHealth.retain(runtime, new Set([...result.keys, ...runtime.plan.checks.flatMap(namedKeys)]));
  for (const key of runtime.uncorrected.keys()) if (!result.keys.has(key)) runtime.uncorrected.delete(key);
  // Another artifact has the whole time to turn healthy.
  if (runtime.appliedDigest !== accepted.digest) runtime.unhealthySinceMs = undefined;
  // What was broken off is not applied, healthy as that part of it may be; what was whole before still is.
  runtime.appliedDigest = result.isStopped && !runtime.record.isComplete ? undefined : accepted.digest;
  runtime.delayed = result.delayed;
}

/** One write for all that came of it; what is healthy at once is recorded as such with it. */
async function end(
  services: Services,
  runtime: Runtime,
  failed: ReturnType<typeof joinFailures>,
  record: DeliveryRecord,
): Promise<void> {
  const { record: before, failure, isApplying } = runtime;
  // As it will be once this is written; nothing else runs in between.
  runtime.record = record;
  runtime.failure = failed === undefined ? undefined : toFailure(failed);
  runtime.isApplying = false;
  services.assess(runtime);
  const ended = { ...record, history: [...settledHistory(runtime)] };
  runtime.record = before;
  runtime.failure = failure;
  runtime.isApplying = isApplying;
  if (JSON.stringify(ended) === JSON.stringify(before)) return;
  await services.recordStore.write(runtime.ownerId, ended);
  runtime.record = ended;
}

function isHeld(services: Services, runtime: Runtime, { namespace, ...entry }: RecordEntry): boolean {
  const identity = { ...entry, ...(namespace === undefined ? {} : { namespace }) };
  return stanceOf(services, runtime, identity).kind === 'Hold';
}

/** Whether what is recorded is this artifact, transformed as it is now. */
export function isOfRecord(
  { digest, transformsKey }: DeliveryRecord,
  accepted: Pick<AcceptedArtifact, 'digest' | 'basis'>,
): boolean {
  return digest === accepted.digest && transformsKey === accepted.basis.transformsKey;
}

/** What is begun is what a restart goes on with, not what was before. */
function beginRecord(
  { now }: Pick<Services, 'now'>,
  runtime: Runtime,
  accepted: AcceptedArtifact,
): DeliveryRecord {
  const { record, delivery } = runtime;
  const { digest, revision, promotion, basis } = accepted;
  // What is about to be replaced may have turned healthy since the last look.
  const former = settledHistory(runtime);
  const isBegun = isOfRecord(record, accepted) && former[0]?.digest === digest;
  const { historyLimit: limit } = delivery.spec;
  return {
    ...record,
    history: isBegun
      ? followPromotion(former, accepted)
      : beginEntry(former, accepted, { nowMs: now(), limit }),
    digest,
    revision,
    transformsKey: basis.transformsKey,
    promotion: promotion && toRecorded(promotion),
    isComplete: isOfRecord(record, accepted) && record.isComplete,
  };
}

/**
 * The record follows what repairs have changed, once a look: uids are what pruning goes by, and a restart finds nothing
 * to do where hashes and times are those of the last repair.
 */
export async function recordRepairs(services: Services, runtime: Runtime): Promise<void> {
  const { record, ownerId } = runtime;
  const followed = followBaselines(services, ownerId, record.entries);
  const entries = await withoutGone(services, runtime, followed);
  const history = [...settledHistory(runtime)];
  if (isDeepStrictEqual(entries, record.entries) && isDeepStrictEqual(history, record.history ?? [])) return;
  const next = { ...record, entries, history };
  await services.recordStore.write(ownerId, next);
  runtime.record = next;
}

/** What was deleted is recorded until it is gone. */
async function withoutGone(
  services: Services,
  runtime: Runtime,
  entries: DeliveryRecord['entries'],
): Promise<DeliveryRecord['entries']> {
  const leaving = Object.entries(entries).filter(([, { isLeaving }]) => isLeaving === true);
  const context = leaving.length === 0 ? undefined : pruneContextOf(services, runtime);
  if (context === undefined) return entries;
  const gone = await followLeaving(context, new Map(leaving));
  return Object.fromEntries(Object.entries(entries).filter(([key]) => !gone.has(key)));
}

/** Entries with the uids, hashes and times of now. */
export function followBaselines(
  { keeper }: Pick<Services, 'keeper'>,
  ownerId: string,
  entries: DeliveryRecord['entries'],
): DeliveryRecord['entries'] {
  const followed = Object.entries(entries).map(([key, entry]): [string, RecordEntry] => {
    const tracked = keeper.get(key);
    if (tracked?.ownerId !== ownerId || entry.applied === undefined) return [key, entry];
    return [key, { ...entry, applied: appliedOf(tracked) }];
  });
  return Object.fromEntries(followed);
}

type Outcome = {
  readonly failed: ReturnType<typeof joinFailures>;
  readonly counts: ApplyCounts;
  readonly deleted: number;
  readonly isFirst: boolean;
  readonly isStopped: boolean;
};

function report(services: Services, runtime: Runtime, outcome: Outcome): void {
  const { failed, counts, deleted, isFirst, isStopped } = outcome;
  const former = runtime.failure;
  runtime.failure = failed === undefined ? undefined : toFailure(failed);
  if (runtime.failure !== undefined) {
    const { code, message } = runtime.failure;
    services.log('error', 'apply failed', { ...names(runtime), code, error: message });
    if (former?.message !== message) services.tell(runtime, 'Warning', reasonOf(code), `${code}: ${message}`);
    return;
  }
  const { created, configured, unchanged } = counts;
  if (isStopped || created + configured + deleted === 0) return;
  const revision = runtime.accepted?.revision ?? '';
  const summary = `${created} created, ${configured} configured, ${unchanged} unchanged, ${deleted} deleted`;
  services.log('info', 'applied', { ...names(runtime), revision, created, configured, unchanged, deleted });
  // A fleet that is installed would be a storm of Events that say what the statuses say.
  if (!isFirst) services.tell(runtime, 'Normal', 'Applied', `applied ${revision}: ${summary}`);
}

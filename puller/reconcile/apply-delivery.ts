// All planned objects of an artifact into the cluster, in stages, each gated by what the watches tell of the one before.
import {
  ApplyError,
  FailuresError,
  isSealiftError,
  type ErrorCode,
  type SealiftError,
} from '../../src/errors.ts';
import type { Discovery, ResourceKind } from '../../src/kube/discovery.ts';
import { formatIdentity, type ResourceIdentity } from '../../src/resources/resource.ts';
import { stages } from '../../src/resources/stages.ts';
import { forEachConcurrently } from './concurrently.ts';
import { awaitDefinitions, resolveKinds } from './defined-kinds.ts';
import { pathOf, type Desired, type Owner } from './desired.ts';
import type { Keeper, Recorded } from './keeper.ts';
import type { KindWatches } from './kind-watches.ts';
import { isNotServed } from './moved-kinds.ts';
import { isMadeOnly, pruneRuleOf, type ObjectRules } from './object-rules.ts';
import type { Plan } from './plan.ts';
import type { DeliveryRecord, RecordEntry } from './record.ts';
import type { Tracked } from './tracked.ts';

export type ApplyContext = {
  readonly keeper: Keeper;
  readonly watches: KindWatches;
  readonly discovery: Discovery;
  readonly owner: Owner;
  readonly isLiveOwner: (ownerId: string) => boolean;
  /** Tells another Delivery that one of its objects is claimed. */
  readonly tellOwner: (ownerId: string, claimed: { readonly key: string; readonly object: string }) => void;
  /** With an entry for each planned object. */
  readonly record: DeliveryRecord;
  /** Whether objects of kinds that are not watched are sent even if they have not changed. */
  readonly isSafetyNet: boolean;
  /** Whether all objects are sent, changed or not. */
  readonly isResent: boolean;
  /** Whether this apply is still wanted: policies accept it, and the Delivery is neither suspended nor on its way out. */
  readonly mayGoOn: () => boolean;
  readonly signal: AbortSignal;
};

export type ApplyCounts = { created: number; configured: number; unchanged: number };

export type ApplyResult = {
  readonly record: DeliveryRecord;
  readonly counts: ApplyCounts;
  readonly failures: readonly SealiftError<ErrorCode>[];
  /** Keys of all objects of the artifact that are kept now. */
  readonly keys: ReadonlySet<string>;
  /** Objects whose update waits for the end of a hold. */
  readonly delayed: readonly ResourceIdentity[];
  /** Whether it was broken off before everything was sent. */
  readonly isStopped: boolean;
};

/** Objects of one stage under way at once; the client bounds all writes together. */
const concurrency = 24;

/** The record with an entry for each planned object: written before the first apply, it forgets none. */
export function withPlanned(record: DeliveryRecord, plan: Plan): DeliveryRecord {
  const added = plan.objects.filter(({ key }) => record.entries[key] === undefined);
  if (added.length === 0) return record;
  const entries = added.map(({ key, identity, rules }): [string, RecordEntry] => [
    key,
    toEntry(identity, rules, undefined),
  ]);
  return { ...record, entries: { ...record.entries, ...Object.fromEntries(entries) } };
}

/** Applies what has changed. Failures of single objects are collected; the others go on. */
export async function applyPlan(context: ApplyContext, plan: Plan): Promise<ApplyResult> {
  const counts: ApplyCounts = { created: 0, configured: 0, unchanged: 0 };
  const failures = [...plan.failures];
  const keys = new Set<string>();
  const entries: Record<string, RecordEntry> = { ...context.record.entries };
  const delayed: ResourceIdentity[] = [];
  let isStopped = false;
  // What was kept before stays kept; what never was is nobody's.
  const noteKept = (key: string): void => {
    if (context.keeper.get(key)?.ownerId === context.owner.ownerId) keys.add(key);
  };
  ignoreObjects(context, plan.ignored, entries);
  for (const stage of stages) {
    const planned = plan.objects.filter((object) => object.stage === stage);
    if (planned.length === 0) continue;
    if (!context.mayGoOn()) {
      isStopped = true;
      for (const { key } of planned) noteKept(key);
      continue;
    }
    const desired = await resolveKinds(context, planned, failures);
    for (const { kind } of uniqueKinds(desired)) await context.watches.ensure(kind);
    await forEachConcurrently(desired, concurrency, async (object) => {
      const { key, identity, rules } = object;
      if (!context.mayGoOn()) {
        isStopped = true;
        noteKept(key);
        return;
      }
      try {
        counts[await applyOne(context, object, entries[key])] += 1;
        keys.add(key);
        context.keeper.departures.drop(key);
        const kept = context.keeper.get(key);
        if (kept !== undefined && kept.appliedHash !== object.hash) delayed.push(identity);
        entries[key] = toEntry(identity, rules, kept);
      } catch (error) {
        if (context.signal.aborted || !isSealiftError(error)) throw error;
        failures.push(error);
        if (isNotServed(error)) context.discovery.invalidate();
        noteRefusal(context, object, { error, entries });
        noteKept(key);
      }
    });
    await awaitDefinitions(context, desired, failures);
  }
  return {
    record: { ...context.record, entries },
    counts,
    failures,
    keys,
    delayed,
    isStopped,
  };
}

/** From now on others may do with them what they like; if they come back, they are looked at like new ones. */
function ignoreObjects(
  { keeper, owner }: ApplyContext,
  ignored: ReadonlySet<string>,
  entries: Record<string, RecordEntry>,
): void {
  for (const key of ignored) {
    keeper.release(key, owner.ownerId);
    const entry = entries[key];
    if (entry?.applied === undefined) continue;
    entries[key] = { ...entry, applied: { ...entry.applied, hash: '', fieldsHash: '', fieldsTime: '' } };
  }
}

async function applyOne(
  context: ApplyContext,
  desired: Desired,
  entry: RecordEntry | undefined,
): Promise<keyof ApplyCounts> {
  const { keeper, owner } = context;
  const known = findKept(context, desired);
  const applied = entry?.applied;
  // An object that is somebody else's, or was let go, is looked at again as if it were new.
  const fieldsHash = known === undefined ? applied?.fieldsHash : known.baseline.hash;
  const uid = known === undefined ? applied?.uid : known.baseline.uid;
  const isOurs = fieldsHash !== undefined && fieldsHash !== '';
  if (applied === undefined || !isOurs || mustSend(context, desired, applied))
    return keeper.apply(owner.ownerId, desired, !isOurs || isLost(context, desired, uid));
  if (keeper.stanceOf(owner.ownerId, desired).kind === 'Hold') {
    // Neither corrected nor updated: what runs is what was applied before, and what an operator made of it.
    if (known === undefined) keeper.adopt(owner.ownerId, desired, recordedOf(applied));
    return 'unchanged';
  }
  if (known === undefined) {
    // Drift that happened while nobody watched is corrected from here on.
    keeper.adopt(owner.ownerId, desired, { ...recordedOf(applied), appliedHash: desired.hash });
  } else {
    // The spec may have changed how it is kept.
    known.desired = desired;
    known.appliedHash = desired.hash;
  }
  return 'unchanged';
}

/** Whether what was ours is gone: what stands in its place is looked at as if it were new. */
function isLost({ keeper, watches }: ApplyContext, { key, kind }: Desired, uid: string | undefined): boolean {
  const live = keeper.live(key);
  return watches.isWatched(kind) && (live === undefined || live.isDeleted || live.uid !== uid);
}

/** Whether an object of ours is sent: what is held is not, what has changed is, unless it is only ever made. */
function mustSend(
  { keeper, watches, owner, isSafetyNet, isResent }: ApplyContext,
  desired: Desired,
  { hash }: NonNullable<RecordEntry['applied']>,
): boolean {
  const { kind: stance } = keeper.stanceOf(owner.ownerId, desired);
  if (stance === 'Hold') return false;
  if (hash !== desired.hash && !isMadeOnly(desired.rules)) return true;
  const isNetDue = isSafetyNet && !watches.isWatched(desired.kind);
  // Its kind is served elsewhere by now: what stood where it was is gone.
  const isMoved = (): boolean => pathOf(keeper.get(desired.key)?.desired ?? desired) !== pathOf(desired);
  return stance === 'Correct' && (isNetDue || isResent || isMoved());
}

/** The object as this Delivery keeps it. */
function findKept({ keeper, owner, isLiveOwner }: ApplyContext, desired: Desired): Tracked | undefined {
  const known = keeper.get(desired.key);
  if (known === undefined || known.ownerId === owner.ownerId) return known;
  if (!isLiveOwner(known.ownerId)) {
    // Its Delivery is gone.
    keeper.release(desired.key, known.ownerId);
    return undefined;
  }
  const resource = formatIdentity(desired.identity);
  const message = `${resource} is reconciled by another Delivery: take it out of one of the two`;
  throw new ApplyError('OWNED_BY_ANOTHER', message, resource, { details: { ownerId: known.ownerId } });
}

/** An object of another Delivery is none of ours, and that Delivery learns who else wants it. */
function noteRefusal(
  { tellOwner }: ApplyContext,
  { key, identity }: Desired,
  { error, entries }: { readonly error: SealiftError; readonly entries: Record<string, RecordEntry> },
): void {
  if (error.code !== 'OWNED_BY_ANOTHER') return;
  const entry = entries[key];
  if (entry !== undefined && entry.applied === undefined) entries[key] = { ...entry, isRefused: true };
  const { ownerId } = error.details;
  if (typeof ownerId === 'string') tellOwner(ownerId, { key, object: formatIdentity(identity) });
}

function toEntry(identity: ResourceIdentity, rules: ObjectRules, tracked: Tracked | undefined): RecordEntry {
  const { group, version, kind, namespace, name } = identity;
  const prune = pruneRuleOf(rules);
  return {
    group,
    version,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(prune === undefined ? {} : { prune }),
    ...(tracked === undefined ? {} : { applied: appliedOf(tracked) }),
  };
}

/** What a record says of an object that is kept. */
export function appliedOf({ baseline, appliedHash, yieldsReplicas }: Tracked): RecordEntry['applied'] {
  return {
    uid: baseline.uid,
    hash: appliedHash,
    fieldsHash: baseline.hash,
    fieldsTime: baseline.time,
    ...(yieldsReplicas ? { yieldsReplicas: true } : {}),
  };
}

function recordedOf(applied: NonNullable<RecordEntry['applied']>): Recorded {
  const { uid, hash: appliedHash, fieldsHash, fieldsTime, yieldsReplicas = false } = applied;
  return { uid, hash: fieldsHash, time: fieldsTime, appliedHash, yieldsReplicas };
}

function uniqueKinds(desired: readonly Desired[]): readonly { readonly kind: ResourceKind }[] {
  const byName = new Map(desired.map(({ kind }) => [`${kind.group}/${kind.kind}`, { kind }]));
  return [...byName.values()];
}

/** Several failures as one error, or undefined. */
export function joinFailures(failures: readonly SealiftError<ErrorCode>[]): FailuresError | undefined {
  // In one order, whichever ended first: the same failures again are no news.
  const sorted = failures.toSorted((one, other) => (one.message < other.message ? -1 : 1));
  const [first, ...rest] = sorted;
  if (first === undefined) return undefined;
  const named = sorted
    .slice(0, 3)
    .map(({ code, message }) => `${code}: ${message}`)
    .join('; ');
  const more = failures.length > 3 ? ` and ${failures.length - 3} more` : '';
  return new FailuresError([first, ...rest], `${named}${more}`);
}

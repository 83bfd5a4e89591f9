// The objects that Deliveries keep: what each is to be, what it was right after our last apply, and whether a request
// for it is under way.
import type { KubeObject } from '../../src/kube/object.ts';
import type { Desired } from './desired.ts';
import { isOlder, type Live } from './live-objects.ts';
import { fieldManagerOf } from './owner.ts';
import { findOwnEntry, fingerprintOf, type FieldSet, type Fingerprint } from './own-fields.ts';

/** The object right after our last apply. */
export type Baseline = Fingerprint & {
  readonly uid: string;
  /** Version and generation of our answer; unknown after a restart. */
  readonly resourceVersion?: string;
  readonly generation?: number | undefined;
  /** Our fields, to name what was lost; unknown after a restart. */
  readonly fields?: FieldSet | undefined;
};

export type Tracked = {
  readonly ownerId: string;
  desired: Desired;
  baseline: Baseline;
  /** A request for it is under way, until this resolves: events wait for its answer. */
  busy: Promise<void> | undefined;
  /** Monotonic ms of our last answer; 0 after a restart and once it needs no confirmation. */
  answeredMs: number;
  /** Corrections in a row that failed. */
  failures: number;
};

/** What is wrong with an object, in one word; undefined where nothing is. */
export type Drift = 'deleted' | 'replaced' | 'changed';

export function baselineOf({ metadata }: KubeObject, ownerId: string): Baseline {
  const entry = findOwnEntry(metadata, fieldManagerOf(ownerId));
  const fingerprint = fingerprintOf(entry) ?? { hash: '', time: '' };
  return {
    ...fingerprint,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation,
    fields: entry?.fieldsV1,
  };
}

/**
 * Compares an object with its baseline. Only our own entry counts: status, defaults, admission webhooks and fields of
 * other managers are no drift.
 * @param live what the watch knows; undefined means that there is no such object with an owner label
 */
export function findDrift({ baseline }: Tracked, live: Live | undefined): Drift | undefined {
  if (live === undefined || live.isDeleted) return 'deleted';
  // A finalizer still runs: nothing can be done before the object is gone, which is an event of its own.
  if (live.isTerminating) return undefined;
  // Events from before our own answer say nothing new.
  if (baseline.resourceVersion !== undefined && isOlder(live.resourceVersion, baseline.resourceVersion))
    return undefined;
  if (live.uid !== baseline.uid) return 'replaced';
  const { fingerprint } = live;
  return fingerprint?.hash === baseline.hash && fingerprint.time === baseline.time ? undefined : 'changed';
}

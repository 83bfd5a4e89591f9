// The objects that Deliveries keep: what each is to be, what it was right after our last apply, and whether a request
// for it is under way.
import type { KubeMetadata, KubeObject } from '../../src/kube/object.ts';
import { marksOf } from './confirmation.ts';
import type { Desired } from './desired.ts';
import { replicasPointer } from './left-fields.ts';
import { isOlder, type Live } from './live-objects.ts';
import { isMadeOnly } from './object-rules.ts';
import { fieldManagerOf } from './owner.ts';
import { findOwnEntry, fingerprintOf, type FieldSet, type Fingerprint } from './own-fields.ts';
import { shareText } from './shared-text.ts';

/** The object right after our last apply. */
export type Baseline = Fingerprint & {
  readonly uid: string;
  /** Version and generation of our answer; unknown after a restart. */
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
  /** Our fields as JSON, to name what was lost; unknown after a restart. As objects they would take ten times the memory. */
  readonly fieldsText?: string | undefined;
  /** Fingerprint of our labels and annotations; unknown after a restart. */
  readonly marks?: string | undefined;
};

export type Tracked = {
  readonly ownerId: string;
  desired: Desired;
  /** Hash of what was applied last: `desired` may be newer while a hold delays it. */
  appliedHash: string;
  baseline: Baseline;
  /** A request for it is under way, until this resolves: events wait for its answer. */
  busy: Promise<void> | undefined;
  /** Monotonic ms of our last answer; 0 after a restart and once it needs no confirmation. */
  answeredMs: number;
  /** Corrections in a row that failed. */
  failures: number;
  /** Drift was seen since our last answer: only another answer settles it, whatever managedFields say by then. */
  isTainted: boolean;
  /** Version at which what stands was seen to be what we applied. */
  sureVersion: string | undefined;
  /** Metadata of the latest event while a request was under way: it may be what our answer is followed by. */
  echo: KubeMetadata | undefined;
  /** Metadata of the event that shows drift, until it is settled. */
  seen: KubeMetadata | undefined;
  /** Whether the metadata of this drift can't be read; it is decided without them. */
  isBlind: boolean;
  /** Whether an autoscaler of somebody else sets its replicas. */
  yieldsReplicas: boolean;
  /** Version of the object at which autoscalers were last asked for. */
  askedVersion: string | undefined;
  /** Drift that is shown and not corrected. */
  shown: ShownDrift | undefined;
  /** What the last correction found lost. */
  lastLoss: Loss | undefined;
};

/** What an object lost: fields, and the field managers that took them, where they are known. */
export type Loss = { readonly fields: readonly string[]; readonly takers: readonly string[] };

/** Why drift is not corrected. */
export type Stance =
  | { readonly kind: 'Correct' | 'Warn' | 'Ignore' }
  | { readonly kind: 'Hold'; readonly untilMs: number; readonly reason: string };

export type ShownDrift = Loss & { readonly drift: Drift; readonly stance: Stance };

export function createTracked(ownerId: string, desired: Desired, baseline: Baseline): Tracked {
  return {
    ownerId,
    desired,
    appliedHash: desired.hash,
    baseline,
    busy: undefined,
    answeredMs: 0,
    failures: 0,
    isTainted: false,
    sureVersion: undefined,
    echo: undefined,
    seen: undefined,
    isBlind: false,
    yieldsReplicas: false,
    askedVersion: undefined,
    shown: undefined,
    lastLoss: undefined,
  };
}

/** What a server that went back in time tells is compared by what it holds alone, as after a restart. */
export function forgetVersions(object: Tracked): void {
  object.baseline = { ...object.baseline, resourceVersion: undefined, generation: undefined };
  object.answeredMs = 0;
  object.sureVersion = undefined;
  object.echo = undefined;
  object.seen = undefined;
  object.askedVersion = undefined;
}

/** JSON pointers of the object's fields that are left to others now. */
export function leftOf({ desired, yieldsReplicas }: Tracked): readonly string[] {
  return yieldsReplicas ? [...desired.left, replicasPointer] : desired.left;
}

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
    ...(entry?.fieldsV1 === undefined ? {} : { fieldsText: shareText(JSON.stringify(entry.fieldsV1)) }),
    marks: marksOf(metadata, entry?.fieldsV1),
  };
}

/** Our fields right after our last apply; undefined where they are not known. */
export function fieldsOf({ fieldsText }: Baseline): FieldSet | undefined {
  // Written from a field set, by us.
  return fieldsText === undefined ? undefined : (JSON.parse(fieldsText) as FieldSet);
}

/**
 * Compares an object with its baseline. Only our own entry counts: status, defaults, admission webhooks and fields of
 * other managers are no drift.
 * @param live what the watch knows; undefined means that there is no such object with an owner label
 */
export function findDrift(
  { baseline, desired, isTainted }: Tracked,
  live: Live | undefined,
): Drift | undefined {
  if (isMadeOnly(desired.rules) && baseline.hash === '') return undefined;
  if (live === undefined || live.isDeleted) return 'deleted';
  if (isMadeOnly(desired.rules)) return undefined;
  // A finalizer still runs: nothing can be done before the object is gone, which is an event of its own.
  if (live.isTerminating) return undefined;
  // Events from before our own answer say nothing new.
  if (baseline.resourceVersion !== undefined && isOlder(live.resourceVersion, baseline.resourceVersion))
    return undefined;
  if (live.uid !== baseline.uid) return 'replaced';
  const { fingerprint } = live;
  const isSame = fingerprint?.hash === baseline.hash && fingerprint.time === baseline.time;
  return isSame && !isTainted ? undefined : 'changed';
}

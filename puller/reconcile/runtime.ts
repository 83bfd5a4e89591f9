// What the puller knows of one Delivery between two steps.
import type { Delivery } from '../../src/api/delivery.ts';
import type { DeliveryStatus } from '../../src/api/delivery-status.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { ResourceIdentity } from '../../src/resources/resource.ts';
import type { CompiledPolicy } from '../../src/trust/compiled-policy.ts';
import type { AcceptedArtifact } from '../source/accepted-artifact.ts';
import { createCourse, type Course } from './course.ts';
import { emptyPlan, type DeliveryPlan } from './delivery-plan.ts';
import { noDrift, type DriftView } from './drift-view.ts';
import type { DeliveryRecord } from './record.ts';

/** A failure as conditions and events tell it. */
export type Failure = { readonly code: ErrorCode | 'INTERNAL'; readonly message: string };

export type Runtime = {
  readonly ownerId: string;
  delivery: Delivery;
  record: DeliveryRecord;
  /** The artifact that is kept; undefined until one was accepted or, after a restart, read again. */
  accepted: AcceptedArtifact | undefined;
  /** Milliseconds since 1970 of the last acceptance, and the monotonic ones of the last look at its referrers. */
  verifiedMs: number;
  referrersReadMs: number;
  /** What is promoted is overdue ("freeze"): changes are held, what runs stays. */
  overdue: Failure | undefined;
  /** The policies that judged what runs last, and accept it. */
  judges: readonly CompiledPolicy[] | undefined;
  /** Why the policies of now accept no longer what runs: then nothing is corrected, and nothing torn down. */
  distrust: Failure | undefined;
  /** Why the Delivery itself can't be read: then nothing is done for it. */
  unreadable: string | undefined;
  /** Whether the tag's artifact is to be verified whole, even if its digest is that of what is kept. */
  mustVerify: boolean;
  /** Whether everything is to be applied, even if it is recorded as applied. */
  mustApply: boolean;
  /** Objects whose drift could not be corrected, and why. */
  readonly uncorrected: Map<string, Failure>;
  /** What the tag shows and was refused. */
  refusal: (Failure & { readonly digest: string | undefined }) | undefined;
  /** The source could not be read; what runs is kept. */
  outage: Failure | undefined;
  /** The last apply left something undone. */
  failure: Failure | undefined;
  /** Objects that are kept now, and the artifact that they are of. */
  keys: ReadonlySet<string>;
  appliedDigest: string | undefined;
  /** Kinds of them whose changes are seen at the safety-net interval alone. */
  unwatched: readonly string[];
  isApplying: boolean;
  /** Monotonic ms since which the applied objects are not all healthy; undefined while they are. */
  unhealthySinceMs: number | undefined;
  /** Digest that has been seen healthy: from then on a short dip does not take Ready away. */
  healthyDigest: string | undefined;
  /** Why objects are not healthy, and whether that is final. */
  health: { readonly state: 'Current' | 'InProgress' | 'Failed'; readonly message: string };
  /** Failures in a row. */
  attempts: number;
  /** Value of the reconcile request annotation that was last acted on. */
  handledRequest: string | undefined;
  /** The status that was written last. */
  status: DeliveryStatus | undefined;
  /** Why nothing is pruned, where the guard holds it. */
  pruneHeld: Failure | undefined;
  /** What of its objects was deleted and is not gone yet, for messages. */
  departing: readonly string[];
  /** Monotonic ms until which the end of its objects is waited for, once the Delivery is being deleted. */
  terminationDeadlineMs: number | undefined;
  /** Claims of other Deliveries to its objects that it was told of. */
  readonly toldClaims: Set<string>;
  /** What the spec says of order and health. */
  plan: DeliveryPlan;
  readonly order: Order;
  readonly looks: Looks;
  /** Drift that is not corrected, or again and again. */
  drift: DriftView;
  /** Objects whose update waits for the end of a hold. */
  delayed: readonly ResourceIdentity[];
  /** Whether it was told that autoscalers can't be read. */
  toldOfAutoscalers: boolean;
  /** How the artifact that runs has fared, and why it may be another than the shown one. */
  readonly course: Course;
};

/** Where the Delivery stands among those that depend on each other. */
export type Order = {
  /** Why something new is not applied yet, and what it is. */
  waiting: { readonly reason: string; readonly digest: string } | undefined;
  /** The way on which it depends on itself. */
  cycle: string | undefined;
  /** The status as this process has computed it last, whether or not it is written yet; never one out of the cluster. */
  told: DeliveryStatus | undefined;
};

/** Looks at the Delivery by this process. */
export type Looks = {
  /** Milliseconds since 1970 of the beginning of the last one. */
  begunMs: number;
  isUnderWay: boolean;
  /** Generation that was last acted on. */
  generation: number | undefined;
  /** Looks that have ended. */
  count: number;
};

export function createRuntime(ownerId: string, delivery: Delivery, record: DeliveryRecord): Runtime {
  return {
    ownerId,
    delivery,
    record,
    accepted: undefined,
    verifiedMs: 0,
    referrersReadMs: 0,
    overdue: undefined,
    judges: undefined,
    distrust: undefined,
    unreadable: undefined,
    mustVerify: true,
    mustApply: false,
    uncorrected: new Map(),
    refusal: undefined,
    outage: undefined,
    failure: undefined,
    keys: new Set(),
    appliedDigest: undefined,
    unwatched: [],
    isApplying: false,
    unhealthySinceMs: undefined,
    healthyDigest: undefined,
    health: { state: 'InProgress', message: 'nothing is applied yet' },
    attempts: 0,
    handledRequest: delivery.status?.lastHandledReconcileAt,
    status: delivery.status,
    pruneHeld: undefined,
    departing: [],
    terminationDeadlineMs: undefined,
    toldClaims: new Set(),
    plan: emptyPlan,
    order: { waiting: undefined, cycle: undefined, told: undefined },
    looks: { begunMs: 0, isUnderWay: false, generation: delivery.status?.observedGeneration, count: 0 },
    drift: noDrift,
    delayed: [],
    toldOfAutoscalers: false,
    course: createCourse(),
  };
}

/** After a restart, until what was applied is kept again: there is nothing new to tell about it. */
export function isRestoring(runtime: Runtime): boolean {
  const { record, accepted, appliedDigest, refusal, outage, failure, delivery, unreadable } = runtime;
  if (delivery.spec.suspend || unreadable !== undefined) return false;
  if (!record.isComplete || refusal !== undefined || outage !== undefined || failure !== undefined)
    return false;
  return accepted === undefined || (accepted.digest === record.digest && appliedDigest !== accepted.digest);
}

/** Nothing is corrected that policy does not accept now, that is suspended, or that is on its way out. */
export function mayCorrect(runtime: Runtime | undefined): boolean {
  if (runtime?.accepted === undefined || runtime.distrust !== undefined || runtime.unreadable !== undefined)
    return false;
  const { spec, metadata } = runtime.delivery;
  return !spec.suspend && metadata.deletionTimestamp === undefined;
}

/** A Delivery's name for the log. */
export function names({ delivery }: Runtime): { readonly delivery: string } {
  return { delivery: `${delivery.metadata.namespace}/${delivery.metadata.name}` };
}

// Corrects one object's drift with one server-side apply, says what was lost and who took it, and tries again where
// that fails: soon, then ever more slowly.
import type { KubeMetadata } from '../../src/kube/object.ts';
import { applyForced, type Applied, type Applier } from './apply-object.ts';
import { createCorrectionBudget } from './corrections.ts';
import type { Desired } from './desired.ts';
import { fieldManagerOf } from './owner.ts';
import { findOwnEntry, lostFields, takersOf } from './own-fields.ts';
import type { Drift, Tracked } from './tracked.ts';

export type Repair = {
  readonly ownerId: string;
  readonly desired: Desired;
  readonly drift: Drift;
  /** Fields that were lost, where they are known. */
  readonly fields: readonly string[];
  /** Field managers that took them. */
  readonly takers: readonly string[];
  /** From the event to the answer of the correcting apply. */
  readonly elapsedMs: number;
};

export type RepairerOptions = {
  readonly applierOf: (ownerId: string) => Applier | undefined;
  /** Whether the owner's objects may be corrected now: accepted, not suspended, not being deleted, lease held. */
  readonly mayCorrect: (ownerId: string) => boolean;
  readonly onRepaired: (repair: Repair) => void;
  readonly onRepairFailed: (ownerId: string, desired: Desired, error: unknown, attempt: number) => void;
  /** Something that readiness depends on has changed. */
  readonly onChanged: (ownerId: string) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
};

/** What the repairer needs of the table of objects. */
export type RepairTable = {
  /** Whether the object is still kept as it was when its drift was found. */
  isKept(object: Tracked): boolean;
  /** Takes an answer as the new baseline; a confirmation is not confirmed again. */
  settle(object: Tracked, answer: Applied, isConfirmation: boolean): void;
  check(object: Tracked, metadata?: KubeMetadata): void;
};

export type Repairer = {
  /** Corrects now, or when the object's budget allows. */
  correct(object: Tracked, drift: Drift, metadata: KubeMetadata | undefined): void;
  /** Applies once more after a moment, to see whether what stands is ours. */
  confirm(object: Tracked, delayMs: number): void;
  isContested(key: string): boolean;
  forget(key: string): void;
};

type Job = {
  readonly object: Tracked;
  readonly drift: Drift;
  /** Of the event that showed the drift. */
  readonly metadata: KubeMetadata | undefined;
  readonly attempt: number;
  readonly isConfirmation: boolean;
};

const retryMs = { min: 200, max: 60_000 } as const;

export function createRepairer(options: RepairerOptions, table: RepairTable): Repairer {
  const { applierOf, now, signal } = options;
  const budget = createCorrectionBudget(now);
  /** Objects whose budget is used up: one look is due when it allows, however many events come until then. */
  const waiting = new Set<string>();

  function later(delayMs: number, run: () => void): void {
    setTimeout(() => {
      if (!signal.aborted) run();
    }, delayMs).unref();
  }

  async function run(job: Job): Promise<void> {
    const { object, isConfirmation } = job;
    const { ownerId, desired } = object;
    const applier = applierOf(ownerId);
    const isMoot = object.busy !== undefined || !table.isKept(object) || !options.mayCorrect(ownerId);
    if (applier === undefined || isMoot || signal.aborted) return;
    if (waiting.has(desired.key)) return;
    const waitMs = isConfirmation ? 0 : budget.take(desired.key);
    if (waitMs > 0) {
      options.onChanged(ownerId);
      waiting.add(desired.key);
      later(waitMs, () => {
        waiting.delete(desired.key);
        table.check(object, job.metadata);
      });
      return;
    }
    const startMs = now();
    const { baseline } = object;
    const loss = describeLoss(object, job.metadata);
    try {
      table.settle(object, await exclusively(object, () => applyForced(applier, desired)), isConfirmation);
    } catch (error) {
      options.onRepairFailed(ownerId, desired, error, job.attempt);
      const delayMs = Math.min(retryMs.min * 2 ** job.attempt, retryMs.max);
      later(delayMs, () => void run({ ...job, attempt: job.attempt + 1 }));
      return;
    }
    // A confirmation that changed nothing is no repair; managedFields' time moves with each real change.
    const isRepair = !isConfirmation || object.baseline.time !== baseline.time;
    if (isRepair)
      options.onRepaired({ ownerId, desired, drift: job.drift, ...loss, elapsedMs: now() - startMs });
    options.onChanged(ownerId);
    table.check(object);
  }

  return {
    correct: (object, drift, metadata) =>
      void run({ object, drift, metadata, attempt: 0, isConfirmation: false }),
    confirm: (object, delayMs) => {
      later(
        delayMs,
        () => void run({ object, drift: 'changed', metadata: undefined, attempt: 0, isConfirmation: true }),
      );
    },
    isContested: (key) => budget.isContested(key),
    forget: (key) => budget.forget(key),
  };
}

/** One request an object at a time: the last answer must be of the last write. */
export async function exclusively<T>(object: Tracked, run: () => Promise<T>): Promise<T> {
  while (object.busy !== undefined) await object.busy;
  const { promise, resolve } = Promise.withResolvers<void>();
  object.busy = promise;
  try {
    return await run();
  } finally {
    object.busy = undefined;
    resolve();
  }
}

function describeLoss(
  { ownerId, baseline }: Tracked,
  metadata: KubeMetadata | undefined,
): Pick<Repair, 'fields' | 'takers'> {
  if (metadata === undefined || baseline.fields === undefined) return { fields: [], takers: [] };
  const manager = fieldManagerOf(ownerId);
  return {
    fields: lostFields(baseline.fields, findOwnEntry(metadata, manager)?.fieldsV1),
    takers: takersOf(metadata, manager, baseline.fields),
  };
}

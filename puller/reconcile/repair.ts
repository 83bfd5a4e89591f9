// Corrects one object's drift with one server-side apply, says what was lost and who took it, and looks again where
// that fails: soon, then ever more slowly. An object has one pending look at most, however many events come.
import { inLane } from '../../src/kube/lane.ts';
import { pullerLimits } from '../../src/limits.ts';
import { applyFirst, applyForced, type Applied, type Applier } from './apply-object.ts';
import { applyLeaving } from './body-to-send.ts';
import { createCorrectionBudget } from './corrections.ts';
import type { Desired } from './desired.ts';
import type { Live } from './live-objects.ts';
import { nothingLost } from './loss.ts';
import { leftOf, type Drift, type Loss, type Tracked } from './tracked.ts';

export type Repair = Loss & {
  readonly ownerId: string;
  readonly desired: Desired;
  readonly drift: Drift;
  /** From the event to the answer of the correcting apply. */
  readonly elapsedMs: number;
};

export type RepairerOptions = {
  readonly applierOf: (ownerId: string) => Applier | undefined;
  /** Whether the owner's objects may be corrected now: accepted, not suspended, not being deleted, lease held. */
  readonly mayCorrect: (ownerId: string) => boolean;
  readonly onRepaired: (repair: Repair) => void;
  readonly onRepairFailed: (ownerId: string, desired: Desired, error: unknown, failures: number) => void;
  /** Something that readiness depends on has changed. */
  readonly onChanged: (ownerId: string) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
};

/** What the repairer needs of the table of objects. */
export type RepairTable = {
  /** Whether the object is still kept. */
  isKept(object: Tracked): boolean;
  /** Takes an answer as the new baseline; a confirmation is not confirmed again. */
  settle(object: Tracked, answer: Applied, isConfirmation: boolean): void;
  /** Looks whether there is drift, and corrects it. */
  check(object: Tracked): void;
  /** Whether drift of the object is corrected now, not only shown. */
  corrects(object: Tracked): boolean;
  live(key: string): Live | undefined;
};

export type Repairer = {
  /** Corrects now, or when the object's budget allows. */
  correct(object: Tracked, drift: Drift, loss: Loss): void;
  /** Applies once more after a moment, to see whether what stands is ours. */
  confirm(object: Tracked, delayMs: number): void;
  isContested(key: string): boolean;
  /** An apply has succeeded: a look that is due has nothing to find, and must not keep the next one waiting. */
  settle(key: string): void;
  forget(key: string): void;
};

/** The time after which a fight that has ended is no longer told of. */
const calmMs = pullerLimits.correctionBurst * pullerLimits.correctionRefillMs + 1000;
const retryMs = { min: 200, max: 60_000 } as const;

export function createRepairer(options: RepairerOptions, table: RepairTable): Repairer {
  const { applierOf, now, signal } = options;
  const budget = createCorrectionBudget(now);
  /** Looks that are due, one an object. */
  const pending = new Map<string, NodeJS.Timeout>();

  function later(delayMs: number, run: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      if (!signal.aborted) run();
    }, delayMs);
    return timer.unref();
  }

  function lookLater({ desired }: Tracked, delayMs: number, look: () => void): void {
    if (pending.has(desired.key)) return;
    const timer = later(delayMs, () => {
      pending.delete(desired.key);
      look();
    });
    pending.set(desired.key, timer);
  }

  function settle(key: string): void {
    clearTimeout(pending.get(key));
    pending.delete(key);
  }

  /** The applier where the object may be written now. */
  function writerOf(object: Tracked): Applier | undefined {
    const isMoot = object.busy !== undefined || !table.isKept(object) || !options.mayCorrect(object.ownerId);
    return isMoot || signal.aborted || !table.corrects(object) ? undefined : applierOf(object.ownerId);
  }

  async function send(
    object: Tracked,
    isConfirmation: boolean,
    apply: () => Promise<Applied>,
  ): Promise<boolean> {
    const { ownerId, desired } = object;
    try {
      // Settled before the next one may look: pruning goes by the uid of this answer.
      await exclusively(object, async () => table.settle(object, await apply(), isConfirmation));
      return true;
    } catch (error) {
      // Let go meanwhile: its failure is nobody's any more.
      if (!table.isKept(object)) return false;
      object.failures += 1;
      options.onRepairFailed(ownerId, desired, error, object.failures);
      const delayMs = Math.min(retryMs.min * 2 ** Math.min(object.failures, 20), retryMs.max);
      lookLater(object, delayMs, () => {
        if (isConfirmation) void confirm(object);
        else table.check(object);
      });
      return false;
    } finally {
      options.onChanged(ownerId);
    }
  }

  /** Sent as one that does not wait behind bulk work. */
  async function apply(
    object: Tracked,
    applier: Applier,
    run: (applier: Applier, desired: Desired) => Promise<Applied>,
  ): Promise<Applied> {
    const { desired, baseline } = object;
    const first = { ...applier, client: inLane(applier.client, { priority: 'repair' }) };
    const standing = { left: leftOf(object), baseline, live: table.live(desired.key) };
    return applyLeaving(run, first, { desired, ...standing });
  }

  async function correct(object: Tracked, drift: Drift, loss: Loss): Promise<void> {
    const { ownerId, desired } = object;
    const applier = writerOf(object);
    // A look that is due will find whatever this event tells.
    if (applier === undefined || pending.has(desired.key)) return;
    // A retry is no other correction: what is scarce is fights, not failures.
    const waitMs = object.failures > 0 ? 0 : budget.take(desired.key);
    if (waitMs > 0) {
      options.onChanged(ownerId);
      lookLater(object, waitMs, () => table.check(object));
      return;
    }
    const startMs = now();
    object.lastLoss = loss;
    const before = table.live(desired.key)?.resourceVersion;
    // Where there is no such object of ours, somebody else may have made one: then it is looked at like a first apply.
    const run = drift === 'changed' ? applyForced : applyFirst;
    if (!(await send(object, false, () => apply(object, applier, run)))) return;
    // A write that changed nothing has corrected nothing, as where it was not known what had been left to others.
    const isRepair = drift !== 'changed' || object.baseline.resourceVersion !== before;
    if (isRepair) options.onRepaired({ ownerId, desired, drift, ...loss, elapsedMs: now() - startMs });
    if (budget.isContested(desired.key)) later(calmMs, () => options.onChanged(ownerId));
    table.check(object);
  }

  async function confirm(object: Tracked): Promise<void> {
    const { ownerId, desired } = object;
    const applier = writerOf(object);
    if (applier === undefined) return;
    const startMs = now();
    const { time } = object.baseline;
    if (!(await send(object, true, () => apply(object, applier, applyForced)))) return;
    // managedFields' time moves with each real change: then what stood was an impostor's.
    const isRepair = object.baseline.time !== time;
    if (isRepair) {
      // It counts as one: who does it again and again is told of.
      budget.take(desired.key);
      options.onRepaired({
        ownerId,
        desired,
        drift: 'changed',
        ...nothingLost,
        elapsedMs: now() - startMs,
      });
    }
    table.check(object);
  }

  return {
    correct: (object, drift, loss) => void correct(object, drift, loss),
    confirm: (object, delayMs) => {
      later(delayMs, () => void confirm(object));
    },
    isContested: (key) => budget.isContested(key),
    settle,
    forget: (key) => {
      budget.forget(key);
      settle(key);
    },
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

// When a status is written: what is final at once; what tells of nothing but progress only once it has lasted, and its
// words only now and then. An apply that is done and healthy within that time is one write.
import { isDeepStrictEqual } from 'node:util';
import type { DeliveryStatus } from '../../src/api/delivery-status.ts';
import { pullerLimits } from '../../src/limits.ts';
import type { Runtime } from '../reconcile/runtime.ts';

export type Patience = {
  /** Milliseconds until the status is to be written; 0 is now. */
  waitMs(runtime: Runtime, status: DeliveryStatus): number;
  /** It was written, or is what stands. */
  settle(runtime: Runtime, status: DeliveryStatus): void;
};

/** @param now monotonic milliseconds */
export function createPatience(now: () => number): Patience {
  /** Since when a Delivery is on its way, and when that was told last. */
  const underWay = new WeakMap<Runtime, { readonly sinceMs: number; toldMs: number | undefined }>();
  return {
    waitMs: (runtime, status) => {
      const isProgress = isProgressing(status) || isDip(status, runtime.status);
      if (!isProgress && !runtime.looks.isUnderWay) return 0;
      const { progressHoldMs, progressEveryMs } = pullerLimits;
      const known = underWay.get(runtime) ?? { sinceMs: now(), toldMs: undefined };
      underWay.set(runtime, known);
      const isWordsOnly = isProgress && known.toldMs !== undefined && saysSame(status, runtime.status);
      const dueMs = isWordsOnly ? (known.toldMs ?? 0) + progressEveryMs : known.sinceMs + progressHoldMs;
      return Math.max(dueMs - now(), 0);
    },
    settle: (runtime, status) => {
      const known = underWay.get(runtime);
      if ((isProgressing(status) || isUnsettled(status)) && known !== undefined) known.toldMs = now();
      else if (!runtime.looks.isUnderWay) underWay.delete(runtime);
    },
  };
}

/** Whether two statuses differ in the words of their conditions alone, as while pods come up one after the other. */
function saysSame(status: DeliveryStatus, before: DeliveryStatus | undefined, but?: string): boolean {
  const withoutWords = (one: DeliveryStatus | undefined): object => ({
    ...one,
    conditions: one?.conditions
      ?.filter(({ type }) => type !== but)
      .map(({ type, status: state, reason }) => [type, state, reason]),
  });
  return isDeepStrictEqual(withoutWords(status), withoutWords(before));
}

/** Whether nothing is said but that what was healthy is not now: pods that roll would be a storm of writes. */
function isDip(status: DeliveryStatus, before: DeliveryStatus | undefined): boolean {
  return isUnsettled(status) && saysSame(status, before, 'Healthy');
}

function isUnsettled({ conditions }: DeliveryStatus): boolean {
  return conditions?.find(({ type }) => type === 'Healthy')?.status === 'Unknown';
}

function isProgressing({ conditions }: DeliveryStatus): boolean {
  const isOf = (type: string): string | undefined => conditions?.find((one) => one.type === type)?.status;
  const ready = conditions?.find(({ type }) => type === 'Ready');
  return isOf('Reconciling') === 'True' || (ready?.status === 'Unknown' && ready.reason === 'Progressing');
}

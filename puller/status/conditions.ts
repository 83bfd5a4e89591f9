// A Delivery's conditions from what is known of it. Types are kstatus' (Ready, Reconciling, Stalled) and ours; each
// message starts with the stable code where something was refused or failed. A condition is one small function.
import type { Condition } from '../../src/api/common.ts';
import type { DeliveryStatus } from '../../src/api/delivery-status.ts';
import { errorMessageOf } from '../../src/errors.ts';
import { pullerLimits } from '../../src/limits.ts';
import type { Runtime } from '../reconcile/runtime.ts';
import { formatTime } from './draft.ts';
import { driftConditions } from './drift-conditions.ts';
import { healthy } from './object-conditions.ts';
import { pruneHeld } from './prune-conditions.ts';
import { ready, reconciling } from './ready-condition.ts';
import { stalled } from './stalled.ts';
import { fresh, rolledBack, sourceVerified } from './source-conditions.ts';

export { formatTime, reasonOf } from './draft.ts';

/**
 * The conditions of now; unchanged ones keep their transition time.
 * @param nowMs milliseconds since 1970
 * @param monotonicMs monotonic milliseconds, as the runtime's
 */
export function computeConditions(
  runtime: Runtime,
  previous: DeliveryStatus['conditions'],
  {
    nowMs,
    monotonicMs,
    observedGeneration,
  }: {
    readonly nowMs: number;
    readonly monotonicMs: number;
    /** Generation that was acted on. */
    readonly observedGeneration?: number | undefined;
  },
): readonly Condition[] {
  const drafts = [
    ready(runtime, monotonicMs),
    ...reconciling(runtime, monotonicMs),
    ...stalled(runtime),
    ...sourceVerified(runtime),
    ...fresh(runtime, nowMs),
    ...rolledBack(runtime),
    ...healthy(runtime),
    ...driftConditions(runtime),
    ...pruneHeld(runtime),
  ];
  return drafts.map((draft) => {
    const before = previous?.find(({ type }) => type === draft.type);
    return {
      ...draft,
      message: errorMessageOf(draft.message, pullerLimits.messageLength),
      lastTransitionTime: before?.status === draft.status ? before.lastTransitionTime : formatTime(nowMs),
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
    };
  });
}

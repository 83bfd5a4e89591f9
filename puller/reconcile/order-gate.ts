// Whether what was accepted may be applied: not while something that the Delivery depends on is not ready, and not while
// its spec says what can't be followed. What runs already is neither held back nor let go.
import type { Services } from '../services.ts';
import type { AcceptedArtifact } from '../source/accepted-artifact.ts';
import { isOfRecord } from './apply-accepted.ts';
import type { Runtime } from './runtime.ts';

/** Notes why it waits; what is applied, or begun, never does. */
export function mustWait(
  { dependencies }: Pick<Services, 'dependencies'>,
  runtime: Runtime,
  next: AcceptedArtifact,
): boolean {
  const { order, plan, record, course } = runtime;
  // A way back leads to what ran before: it waits for nobody.
  if (isOfRecord(record, next) || course.detour !== undefined) return false;
  const reason = dependencies.reasonToWait(runtime, next.digest);
  const isNews = reason !== undefined && order.waiting?.digest !== next.digest;
  order.waiting = reason === undefined ? undefined : { reason, digest: next.digest };
  if (isNews) dependencies.wakeBehind(runtime, next.digest);
  return reason !== undefined || plan.problem !== undefined;
}

// The health of an object that is kept, by what its watch has told: it counts for what was applied, and for nothing older.
import { hasHealth, type Health } from './health.ts';
import { isOlder, type Live } from './live-objects.ts';
import { isMadeOnly } from './object-rules.ts';
import type { Baseline, Tracked } from './tracked.ts';

/** Health counts for what was applied: older news says nothing about it. */
export function healthOfKept(
  { desired, baseline }: Tracked,
  live: Live | undefined,
  isFollowed: boolean,
): Health {
  if (!isFollowed) return { state: 'Current', message: 'is not watched' };
  if (live === undefined || live.isDeleted) return { state: 'InProgress', message: 'is gone' };
  if (live.isTerminating) return { state: 'InProgress', message: describeTermination(live) };
  // Somebody else's, which is left as it is.
  if (isMadeOnly(desired.rules) && baseline.hash === '') return { state: 'Current', message: '' };
  if (!hasHealth(desired.kind)) return { state: 'Current', message: '' };
  if (live.health === undefined || isOutdated(baseline, live)) {
    return { state: 'InProgress', message: 'is not seen yet' };
  }
  return live.health;
}

function describeTermination({ finalizers }: Live): string {
  return finalizers.length === 0
    ? 'is being deleted'
    : `is being deleted and held by finalizers ${finalizers.join(', ')}`;
}

function isOutdated({ resourceVersion, generation }: Baseline, live: Live): boolean {
  if (resourceVersion !== undefined && isOlder(live.resourceVersion, resourceVersion)) return true;
  return generation !== undefined && live.generation !== undefined && live.generation < generation;
}

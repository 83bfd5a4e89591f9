// The guard against pruning too much: beyond its limits nothing is deleted until somebody names the artifact for which
// it is meant. A wrong path, or an artifact that lost half of its files, looks just like a wish to delete.
import { approvePruneAnnotation } from '../../src/api/common.ts';
import type { Delivery } from '../../src/api/delivery.ts';
import { formatIdentity } from '../../src/resources/resource.ts';
import { toIdentity, whyKept } from './prune.ts';
import type { RecordEntry } from './record.ts';
import type { Failure } from './runtime.ts';

/** What left an artifact, and out of how many objects. */
export type Leavers = {
  readonly digest: string;
  readonly left: ReadonlyMap<string, RecordEntry>;
  /** Objects that were applied before. */
  readonly total: number;
};

/** Why nothing may be pruned now, or undefined. */
export function checkPruneGuard(
  { spec, metadata }: Delivery,
  { digest, left, total }: Leavers,
): Failure | undefined {
  const { maxObjects, maxPercent } = spec.pruneGuard ?? {};
  const doomed = [...left.values()].filter(
    (entry) => entry.applied !== undefined && entry.isLeaving !== true && whyKept(entry) === undefined,
  );
  const limits = [
    ...(maxObjects !== undefined && doomed.length > maxObjects ? [`maxObjects ${maxObjects}`] : []),
    ...(maxPercent !== undefined && doomed.length * 100 > maxPercent * total
      ? [`maxPercent ${maxPercent}`]
      : []),
  ];
  if (doomed.length === 0 || limits.length === 0) return undefined;
  if (metadata.annotations?.[approvePruneAnnotation] === digest) return undefined;
  const named = doomed
    .slice(0, 3)
    .map((entry) => formatIdentity(toIdentity(entry)))
    .join(', ');
  const more = doomed.length > 3 ? ` and ${doomed.length - 3} more` : '';
  return {
    code: 'PRUNE_HELD',
    message: `${doomed.length} of ${total} objects left the artifact, beyond spec.pruneGuard (${limits.join(', ')}): ${named}${more}; nothing is pruned until the annotation ${approvePruneAnnotation} of the Delivery is ${digest}`,
  };
}

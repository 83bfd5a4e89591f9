// What a status tells of the artifacts that were applied here, and of the objects that are kept.
import { inventoryIdOf, type DeliveryStatus } from '../../src/api/delivery-status.ts';
import { pullerLimits } from '../../src/limits.ts';
import { settledHistory } from '../reconcile/history.ts';
import type { Runtime } from '../reconcile/runtime.ts';
import { formatTime } from './draft.ts';

type Parts = Pick<DeliveryStatus, 'history' | 'inventory'>;

/** @param isStored whether an artifact lies on the puller's volume */
export function historyParts(runtime: Runtime, isStored: (digest: string) => boolean): Parts {
  const history = settledHistory(runtime).flatMap(
    ({ digest, revision, originRevision, promotion, firstMs, lastMs, durationMs, status, count }) =>
      firstMs === undefined || lastMs === undefined
        ? []
        : [
            {
              digest,
              ...(revision === undefined ? {} : { revision: revision.slice(0, 256) }),
              firstReconciled: formatTime(firstMs),
              lastReconciled: formatTime(lastMs),
              ...(durationMs === undefined ? {} : { lastReconciledDuration: formatSeconds(durationMs) }),
              lastReconciledStatus: (status ?? 'Unknown').slice(0, 64),
              ...(count === undefined ? {} : { totalReconciliations: count }),
              ...(revision === undefined ? {} : { metadata: metadataOf(revision, originRevision) }),
              ...(promotion === undefined ? {} : { sequence: promotion.sequence }),
              ...(isStored(digest) ? { isStored: true } : {}),
            },
          ],
  );
  const entries = Object.values(runtime.record.entries)
    .filter(({ applied, isLeaving }) => applied !== undefined && isLeaving !== true)
    .map((entry) => ({ id: inventoryIdOf(entry), v: entry.version }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, pullerLimits.inventoryEntries);
  return {
    ...(history.length === 0 ? {} : { history: history.slice(0, 50) }),
    ...(entries.length === 0 ? {} : { inventory: { entries } }),
  };
}

/** As Flux has it. */
function metadataOf(revision: string, originRevision: string | undefined): Record<string, string> {
  return { revision: revision.slice(0, 256), ...(originRevision === undefined ? {} : { originRevision }) };
}

function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)}s`;
}

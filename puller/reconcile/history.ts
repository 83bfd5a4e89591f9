// The artifacts that a Delivery has applied: what it may go back to, and what its status tells of them. The first one is
// what runs, or is about to.
import type { AcceptedArtifact } from '../source/accepted-artifact.ts';
import type { Needs } from '../source/artifact-store.ts';
import type { HealthyArtifact } from '../source/local-rollback.ts';
import type { DeliveryRecord, HistoryEntry } from './record.ts';
import type { Runtime } from './runtime.ts';

type History = readonly HistoryEntry[];

/** Reason of Ready while an artifact is applied. */
const begun = 'Progressing';

/** The history once an artifact is begun. Of what falls out of it the last healthy one stays as long as there is room. */
export function beginEntry(
  history: History,
  accepted: AcceptedArtifact,
  { nowMs, limit }: { readonly nowMs: number; readonly limit: number },
): HistoryEntry[] {
  const { digest, revision, promotion, basis } = accepted;
  const known = history.find((entry) => entry.digest === digest);
  const originRevision = originRevisionOf(accepted);
  const entry: HistoryEntry = {
    digest,
    revision,
    ...(originRevision === undefined ? {} : { originRevision }),
    count: (known === undefined ? 0 : (known.count ?? 1)) + 1,
    url: basis.followed.url.canonical,
    ...(promotion === undefined ? {} : { promotion: toRecorded(promotion) }),
    firstMs: known?.firstMs ?? nowMs,
    lastMs: nowMs,
    status: begun,
    isHealthy: known?.isHealthy ?? false,
  };
  const others = history.filter((one) => one.digest !== digest);
  const kept = others.slice(0, limit - 1);
  const healthy = others.find(({ isHealthy }) => isHealthy);
  const isLost = healthy !== undefined && !kept.includes(healthy);
  return [entry, ...(isLost && limit > 1 ? [...kept.slice(0, -1), healthy] : kept)];
}

/** What an artifact's publisher says that it was made of, as long as a status takes. */
export function originRevisionOf({ annotations }: Pick<AcceptedArtifact, 'annotations'>): string | undefined {
  const origin = annotations['org.opencontainers.image.revision']?.slice(0, 256);
  return origin === '' ? undefined : origin;
}

/** The same artifact may be promoted anew. */
export function followPromotion(
  [first, ...others]: History,
  { promotion }: Pick<AcceptedArtifact, 'promotion'>,
): HistoryEntry[] {
  if (first === undefined) return [];
  return [{ ...first, ...(promotion === undefined ? {} : { promotion: toRecorded(promotion) }) }, ...others];
}

/** What is recorded of a promotion: without its end, which every heartbeat moves. */
export function toRecorded({
  channel,
  sequence,
  statementDigest,
  isRollback,
}: NonNullable<AcceptedArtifact['promotion']>): NonNullable<DeliveryRecord['promotion']> {
  return { channel, sequence, statementDigest, ...(isRollback === true ? { isRollback } : {}) };
}

/** The history with what has become of the artifact that runs. */
export function settledHistory({ record, healthyDigest, failure, course }: Runtime): History {
  const { digest, isComplete, history = [] } = record;
  const [first, ...others] = history;
  if (first === undefined || first.digest !== digest) return history;
  // What was never applied as a whole has not been healthy, whatever there is of it.
  const isHealthy = isComplete && failure === undefined && healthyDigest === digest;
  const { outcome } = course;
  const settled: HistoryEntry = {
    ...first,
    ...(isHealthy ? { isHealthy: true, hasSettled: true } : {}),
    ...(outcome?.digest === digest
      ? {
          status: outcome.status,
          lastMs: outcome.atMs,
          ...(outcome.durationMs === undefined ? {} : { durationMs: outcome.durationMs }),
        }
      : {}),
  };
  return [settled, ...others];
}

/** What a cluster admin's rollback of a promotion may return to. */
export function healthyOf({ history = [] }: Pick<DeliveryRecord, 'history'>): readonly HealthyArtifact[] {
  return history.flatMap(({ digest, promotion, isHealthy }) =>
    isHealthy && promotion !== undefined ? [{ digest, ...promotion }] : [],
  );
}

/** What Deliveries need of the artifacts on the volume. */
export function needsOf(runtimes: Iterable<Runtime>): Needs {
  const running = new Set<string>();
  const history = new Set<string>();
  for (const { record, accepted } of runtimes) {
    if (record.digest !== undefined) running.add(record.digest);
    if (accepted !== undefined) running.add(accepted.digest);
    for (const { digest } of record.history ?? []) history.add(digest);
  }
  return { running, history };
}

/** Whether a Delivery has read a digest from a source itself. */
export function hasRead({ history = [] }: DeliveryRecord, digest: string, url: string): boolean {
  return history.some((entry) => entry.digest === digest && entry.url === url);
}

// How long a promotion is fresh: a statement has an end of its own or by the policy's maxAge, and heartbeats that repeat
// it move that end. Overdue means that the news of a newer one may be kept from this cluster ("freeze").
import type { PromotionStatement } from './promotion-statement.ts';

export type Heartbeat = PromotionStatement & { readonly action: 'heartbeat' };

/** The end that a statement has by itself and by the policy; undefined where there is none. */
export function endMsOf(
  { issuedAt, expiresAt }: Pick<PromotionStatement, 'issuedAt' | 'expiresAt'>,
  maxAgeMs: number | undefined,
): number | undefined {
  const ends = [
    ...(expiresAt === undefined ? [] : [Date.parse(expiresAt)]),
    ...(maxAgeMs === undefined ? [] : [Date.parse(issuedAt) + maxAgeMs]),
  ];
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/**
 * When a statement is overdue, heartbeats counted.
 * @param latestMs what is issued later is from the future and does not count; ms since 1970
 */
export function deadlineMsOf(
  statement: PromotionStatement,
  heartbeats: readonly Heartbeat[],
  { maxAgeMs, latestMs }: { readonly maxAgeMs: number | undefined; readonly latestMs: number },
): { readonly deadlineMs: number | undefined; readonly issuedAtMs: number } {
  let deadlineMs = endMsOf(statement, maxAgeMs);
  let issuedAtMs = Date.parse(statement.issuedAt);
  for (const heartbeat of heartbeats) {
    // One for another sequence, or of an artifact that was never promoted by it, prolongs nothing.
    if (heartbeat.epoch !== statement.epoch || heartbeat.sequence !== statement.sequence) continue;
    if (heartbeat.subject !== statement.subject) continue;
    const heardMs = Date.parse(heartbeat.issuedAt);
    if (heardMs > latestMs) continue;
    issuedAtMs = Math.max(issuedAtMs, heardMs);
    const endMs = endMsOf(heartbeat, maxAgeMs);
    // Without an end of its own it would prolong for ever.
    if (endMs !== undefined && deadlineMs !== undefined) deadlineMs = Math.max(deadlineMs, endMs);
  }
  return { deadlineMs, issuedAtMs };
}

// How often one object may be corrected: a burst, then one at a time, then ever more slowly. Two controllers that want
// different things would else rewrite an object for ever.
import { pullerLimits } from '../../src/limits.ts';

export type CorrectionBudget = {
  /** Milliseconds until the object may be corrected: 0 is now, and counts as one correction. */
  take(key: string): number;
  /** Whether the object has used up its burst. */
  isContested(key: string): boolean;
  forget(key: string): void;
};

type Bucket = { tokens: number; updatedMs: number; denials: number };

/** @param now monotonic milliseconds */
export function createCorrectionBudget(now: () => number): CorrectionBudget {
  const { correctionBurst, correctionRefillMs, retryMinMs, retryMaxMs } = pullerLimits;
  const buckets = new Map<string, Bucket>();
  return {
    take: (key) => {
      const nowMs = now();
      const bucket = buckets.get(key) ?? { tokens: correctionBurst, updatedMs: nowMs, denials: 0 };
      const refilled = bucket.tokens + (nowMs - bucket.updatedMs) / correctionRefillMs;
      bucket.tokens = Math.min(correctionBurst, refilled);
      bucket.updatedMs = nowMs;
      buckets.set(key, bucket);
      if (bucket.tokens >= 1) {
        bucket.tokens -= 1;
        if (bucket.tokens >= correctionBurst - 1) bucket.denials = 0;
        return 0;
      }
      bucket.denials += 1;
      return Math.min(retryMinMs * 2 ** bucket.denials, retryMaxMs);
    },
    isContested: (key) => {
      const bucket = buckets.get(key);
      if (bucket === undefined || bucket.denials === 0) return false;
      return bucket.tokens + (now() - bucket.updatedMs) / correctionRefillMs < correctionBurst;
    },
    forget: (key) => buckets.delete(key),
  };
}

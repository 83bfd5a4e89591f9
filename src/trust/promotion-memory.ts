// What PromotionRecords remember, in the form that the rules ask for.
import type { PromotionRecordSpec } from '../api/promotion-record.ts';
import { parseDigest } from '../oci/digest.ts';
import type { Highest } from './promotion.ts';

/** What one record remembers. */
export function toHighest({ epoch, sequence, digest, issuedAt }: PromotionRecordSpec): Highest {
  return { epoch, sequence, digest: parseDigest(digest), issuedAtMs: Date.parse(issuedAt) || 0 };
}

/** What some records remember of a repository's channel. */
export function highestAmong(
  specs: readonly PromotionRecordSpec[],
): (repository: string, channel: string) => Highest | undefined {
  return (repository, channel) => {
    const found = specs.find((spec) => spec.repository === repository && spec.channel === channel);
    return found === undefined ? undefined : toHighest(found);
  };
}

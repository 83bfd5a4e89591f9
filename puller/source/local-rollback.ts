// Which artifact a cluster admin's local rollback returns to, or why it may not: only to the one before, only if it was
// healthy here, and never from what is a rollback itself, or two of them would undo each other.
import type { Digest } from '../../src/oci/digest.ts';
import type { PromotionRule } from '../../src/trust/policy.ts';
import type { PromotionStatement } from '../../src/trust/promotion-statement.ts';

export type HealthyArtifact = {
  readonly digest: Digest;
  readonly channel: string;
  readonly sequence: number;
  readonly statementDigest: Digest;
};

/**
 * @param healthy artifacts that have been healthy here
 * @returns the artifact, or in words why there is none
 */
export function rollbackTarget(
  { action, previous }: PromotionStatement,
  { mayRollBackLocally, channel }: Pick<PromotionRule, 'mayRollBackLocally' | 'channel'>,
  healthy: readonly HealthyArtifact[],
): HealthyArtifact | string {
  if (!mayRollBackLocally) return "the policy's localRollback is Never";
  if (action === 'rollback') return 'it is a rollback itself';
  if (previous === undefined) return 'there is none before it';
  const found = healthy.find((one) => one.digest === previous.digest && one.channel === channel);
  return found ?? `${previous.digest} was never seen healthy here`;
}

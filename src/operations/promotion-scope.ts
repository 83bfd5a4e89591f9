// Whose promotion statements count, and what makes a release: as a policy says, or by keys that are named.
import { InputError } from '../errors.ts';
import type { Authority } from '../signing/authority.ts';
import type { Candidates } from '../signing/candidates.ts';
import { assertAccepted, judge } from '../trust/judge.ts';
import type { CompiledPolicy } from '../trust/compiled-policy.ts';
import { requirementsFor, type Followed, type PromotionRule, type Requirement } from '../trust/policy.ts';
import type { PromotionRequest } from '../trust/promotion.ts';
import { verifySignatures } from '../trust/signatures.ts';

export type PromotionScope = {
  readonly wanted: PromotionRequest;
  /** The policy's rule, where there is a policy. */
  readonly rule: PromotionRule | undefined;
  /** Throws unless the artifact is a release as the policy asks; absent where keys are to be named for that. */
  readonly verifyRelease: ((candidates: Candidates) => void) | undefined;
};

/**
 * As policies say it of what follows a channel.
 * @param file that the policies are from, for messages
 * @param followed its tag is the channel
 * @throws InputError `INPUT_INVALID` where no policy asks for a promotion; PolicyError
 */
export function scopeOfPolicies(
  file: string,
  policies: readonly CompiledPolicy[],
  followed: Followed,
): PromotionScope {
  const requirements = requirementsFor(policies, followed);
  // What is enforced decides; a policy on trial is promoted for only where there is nothing else.
  const claims = requirements.filter(({ promotion }) => promotion !== undefined);
  const claim = claims.find(({ mode }) => mode === 'Enforce') ?? claims[0];
  const rule = claim?.promotion;
  if (rule === undefined) {
    throw new InputError(
      'INPUT_INVALID',
      `${file} asks for no promotion of ${followed.url.canonical} to ${followed.tag}`,
      {
        hint: 'Without promotion in the policy a tag can be moved by `sealift push` or any other tool.',
      },
    );
  }
  const { repository, epoch, quorum, heartbeatAuthorities } = rule;
  return {
    rule,
    wanted: { repository, channel: followed.tag, epoch, quorum, heartbeatAuthorities },
    verifyRelease: (candidates) => {
      const releases = requirements.map((one) => asRelease(one, one === claim));
      const context = { highest: () => undefined, nowMs: 0, transforms: new Set<never>() };
      assertAccepted(judge(releases, candidates, context));
    },
  };
}

/**
 * What makes a release: everything that a policy asks but the promotion, which is about to be made. The policy that is
 * promoted for counts even if it is on trial: a promotion is for good.
 */
function asRelease({ promotion, mode, ...requirement }: Requirement, isClaim: boolean): Requirement {
  return { ...requirement, mode: isClaim && promotion !== undefined ? 'Enforce' : mode };
}

/** A check that one of the authorities signed the release. */
export function releaseSignedBy(authorities: readonly Authority[]): (candidates: Candidates) => void {
  return (candidates) => void verifySignatures(candidates, { authorities, threshold: 1 });
}

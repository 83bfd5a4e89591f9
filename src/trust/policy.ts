// Which policies are for a source, and what they ask together. All matching policies must accept; none matching is a
// refusal, never a free pass.
import { parseDurationMs } from '../api/common.ts';
import type { TransformName } from '../api/trust-policy.ts';
import { errorMessageOf, PolicyError } from '../errors.ts';
import type { AttestationRequirement } from './attestations.ts';
import { invalid, type Quorum } from './authorities.ts';
import type { ChannelRule, CompiledPolicy } from './compiled-policy.ts';
import type { SourceUrl } from './source-url.ts';
import { canClaim, logicalRepository } from './url-pattern.ts';

/** What a policy asks of the promotions of one repository to one channel. */
export type PromotionRule = ChannelRule & { readonly repository: string };

/** What one policy asks of one source and tag. */
export type Requirement = {
  readonly policy: string;
  readonly mode: 'Enforce' | 'Audit';
  /** Why nothing of this source can be accepted under the policy. */
  readonly refusal?: PolicyError;
  readonly signatures: Quorum;
  readonly attestations: readonly AttestationRequirement[];
  readonly allowedTransforms: ReadonlySet<TransformName>;
  readonly deniedDigests: ReadonlySet<string>;
  /** Longest time for which the correction of an object may be held. */
  readonly maxHoldMs: number;
  readonly promotion?: PromotionRule;
};

/** What a Delivery of a namespace follows of a source. */
export type Followed = {
  readonly url: SourceUrl;
  /** The tag; or the range of versions or the digest, where `kind` says that it is one. */
  readonly tag: string;
  /** Absent for a tag, which alone can be a channel: a range that reads like one is none. */
  readonly kind?: 'semver' | 'digest';
  readonly namespace: string;
};

/**
 * The requirements of all policies that match.
 * @param mayBeUnverified whether a source that no policy matches is taken as it is
 * @throws PolicyError `POLICY_MISSING`, `POLICY_INVALID`, `REF_NOT_A_CHANNEL`
 */
export function requirementsFor(
  policies: readonly CompiledPolicy[],
  followed: Followed,
  { mayBeUnverified = false }: { readonly mayBeUnverified?: boolean } = {},
): readonly Requirement[] {
  const requirements = policies.flatMap((policy) => {
    const captures = matchPolicy(policy, followed);
    return captures === undefined ? [] : [toRequirement(policy, followed, captures)];
  });
  if (requirements.length === 0 && !mayBeUnverified) {
    throw new PolicyError(
      'POLICY_MISSING',
      `no TrustPolicy matches ${followed.url.canonical} for namespace ${followed.namespace}`,
      {
        hint: 'Ask the cluster admin for a TrustPolicy whose match names this url and namespace.',
      },
    );
  }
  assertOneClaim(policies, requirements);
  const refused = requirements.find(({ mode, refusal }) => mode === 'Enforce' && refusal !== undefined);
  if (refused?.refusal !== undefined) throw refused.refusal;
  return requirements;
}

/** The policies that are for a source. */
export function matchingPolicies(
  policies: readonly CompiledPolicy[],
  followed: Followed,
): readonly CompiledPolicy[] {
  return policies.filter((policy) => matchPolicy(policy, followed) !== undefined);
}

/** Captures of the first pattern that matches. */
function matchPolicy(
  { patterns }: CompiledPolicy,
  { url, namespace }: Followed,
): readonly string[] | undefined {
  for (const { pattern, namespaces } of patterns) {
    if (namespaces !== undefined && !namespaces.includes(namespace)) continue;
    const captures = pattern.match(url.canonical);
    if (captures !== undefined) return captures;
  }
  return undefined;
}

function toRequirement(
  { policy, name, rules, problem }: CompiledPolicy,
  { url, tag, kind }: Followed,
  captures: readonly string[],
): Requirement {
  const { mode, repository, allowTransforms, deniedDigests, maxHold } = policy.spec;
  const base = {
    policy: name,
    mode,
    allowedTransforms: new Set(allowTransforms),
    deniedDigests: new Set(deniedDigests),
    maxHoldMs: parseDurationMs(maxHold),
  };
  if (rules === undefined) {
    const refusal = problem ?? invalid(policy, 'it could not be read');
    return { ...base, refusal, signatures: { authorities: [], threshold: 1 }, attestations: [] };
  }
  const requirement = { ...base, signatures: rules.signatures, attestations: rules.attestations };
  if (rules.channels === undefined) return requirement;
  // "Promotion bypass": a range may pick a tag that is named like a channel, a digest what a channel shows.
  const rule = kind === undefined ? rules.channels.get(tag) : undefined;
  if (rule === undefined) {
    const channels = [...rules.channels.keys()].join(', ');
    const message = `${kind ?? 'tag'} ${tag} is no channel of TrustPolicy ${name} (${channels})`;
    const hint = 'Follow one of its channels, or ask the cluster admin for another.';
    return { ...requirement, refusal: new PolicyError('REF_NOT_A_CHANNEL', message, { hint }) };
  }
  try {
    const logical = logicalRepository(repository, url.repository, captures);
    return { ...requirement, promotion: { ...rule, repository: logical } };
  } catch (cause) {
    return { ...requirement, refusal: invalid(policy, errorMessageOf(cause), cause) };
  }
}

/**
 * Two policies with promotion for one repository's channel could ask for two orders of it, be it by one URL or by two
 * that lead to the same name.
 */
function assertOneClaim(policies: readonly CompiledPolicy[], requirements: readonly Requirement[]): void {
  for (const { policy: name, mode, promotion } of requirements) {
    if (promotion === undefined || mode === 'Audit') continue;
    const { repository, channel } = promotion;
    const other = policies.find(
      (candidate) =>
        candidate.name !== name &&
        candidate.policy.spec.mode === 'Enforce' &&
        candidate.policy.spec.promotion?.channels.some(({ tag }) => tag === channel) === true &&
        candidate.patterns.some(({ text }) => canClaim(candidate.policy.spec.repository, text, repository)),
    );
    if (other !== undefined) {
      const names = [name, other.name].sort().join(' and ');
      throw new PolicyError(
        'POLICY_INVALID',
        `TrustPolicies ${names} both claim the promotions of ${repository} to ${channel}`,
        { hint: 'Let one policy match all urls of this repository.' },
      );
    }
  }
}

// Which policies are for a source, and what they ask together. All matching policies must accept; none matching is a
// refusal, never a free pass.
import type { TrustPolicy } from '../api/trust-policy.ts';
import { errorMessageOf, PolicyError } from '../errors.ts';
import { invalid, readAuthorities, selectQuorum, type Quorum } from './authorities.ts';
import { logicalRepository, parseUrlPattern, type UrlPattern } from './url-pattern.ts';
import type { SourceUrl } from './source-url.ts';

/** What one policy asks of one source and tag. */
export type Requirement = {
  readonly policy: string;
  readonly signatures: Quorum;
  readonly promotion?: {
    readonly repository: string;
    readonly channel: string;
    readonly epoch: number;
    readonly minSequence: number;
    readonly quorum: Quorum;
  };
};

export type Followed = { readonly url: SourceUrl; readonly tag: string; readonly namespace: string };

/**
 * The requirements of all policies that match.
 * @throws PolicyError `POLICY_MISSING`, `POLICY_INVALID`, `REF_NOT_A_CHANNEL`
 */
export function requirementsFor(
  policies: readonly TrustPolicy[],
  followed: Followed,
): readonly [Requirement, ...Requirement[]] {
  const requirements = policies.flatMap((policy) => {
    const captures = matchPolicy(policy, followed);
    return captures === undefined ? [] : [toRequirement(policy, followed, captures)];
  });
  const [first, ...rest] = requirements;
  if (first === undefined) {
    throw new PolicyError(
      'POLICY_MISSING',
      `no TrustPolicy matches ${followed.url.canonical} for namespace ${followed.namespace}`,
      {
        hint: 'Ask the cluster admin for a TrustPolicy whose match names this url and namespace.',
      },
    );
  }
  assertOneClaim([first, ...rest]);
  return [first, ...rest];
}

/** A pattern that can't be read blocks every source: nobody knows which it was for. */
function readPattern(policy: TrustPolicy, pattern: string): UrlPattern {
  try {
    return parseUrlPattern(pattern);
  } catch (cause) {
    throw invalid(policy, errorMessageOf(cause), cause);
  }
}

/** Captures of the first pattern that matches. */
function matchPolicy(policy: TrustPolicy, { url, namespace }: Followed): readonly string[] | undefined {
  for (const { url: pattern, namespaces } of policy.spec.match) {
    if (namespaces !== undefined && !namespaces.includes(namespace)) continue;
    const captures = readPattern(policy, pattern).match(url.canonical);
    if (captures !== undefined) return captures;
  }
  return undefined;
}

function toRequirement(
  policy: TrustPolicy,
  { url, tag }: Followed,
  captures: readonly string[],
): Requirement {
  const { signatures, promotion, repository } = policy.spec;
  const authorities = readAuthorities(policy);
  const release = selectQuorum(policy, authorities, signatures);
  const requirement = { policy: policy.metadata.name, signatures: release };
  if (promotion === undefined) return requirement;
  const channel = promotion.channels.find((candidate) => candidate.tag === tag);
  if (channel === undefined) {
    const channels = promotion.channels.map((candidate) => candidate.tag).join(', ');
    throw new PolicyError(
      'REF_NOT_A_CHANNEL',
      `tag ${tag} is no channel of TrustPolicy ${policy.metadata.name} (${channels})`,
      {
        hint: 'Follow one of its channels, or ask the cluster admin for another.',
      },
    );
  }
  const quorum = selectQuorum(policy, authorities, channel);
  // A release key that also promotes would make one leaked key enough for both.
  const releaseKeys = new Set(release.authorities.map(({ key }) => key.hint));
  const shared = quorum.authorities.find(({ key }) => releaseKeys.has(key.hint));
  if (shared !== undefined)
    throw invalid(policy, `authority ${shared.name} has a key that signs releases, too`);
  return {
    ...requirement,
    promotion: {
      repository: logicalRepository(repository, url.reference.repository, captures),
      channel: tag,
      epoch: promotion.epoch,
      minSequence: promotion.minSequence,
      quorum,
    },
  };
}

/** Two policies with promotion for one source could ask for two orders of the same channel. */
function assertOneClaim(requirements: readonly Requirement[]): void {
  const claims = requirements.filter(({ promotion }) => promotion !== undefined);
  if (claims.length > 1) {
    const names = claims.map(({ policy }) => policy).join(' and ');
    throw new PolicyError(
      'POLICY_INVALID',
      `TrustPolicies ${names} both claim the promotions of this source`,
    );
  }
}

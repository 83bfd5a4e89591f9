// Which policies are for a source, and what they ask together. All matching policies must accept; none matching is a
// refusal, never a free pass. A policy is compiled once, with what it refers to, and judges many times.
import { parseDurationMs } from '../api/common.ts';
import type { TransformName, TrustPolicy } from '../api/trust-policy.ts';
import { errorMessageOf, PolicyError } from '../errors.ts';
import { longestDurationMs } from '../limits.ts';
import type { Authority } from '../signing/authority.ts';
import type { AttestationRequirement } from './attestations.ts';
import {
  authorityId,
  invalid,
  readAuthority,
  selectQuorum,
  type Quorum,
  type ReferenceReader,
} from './authorities.ts';
import { parseExpression } from './expression.ts';
import type { SourceUrl } from './source-url.ts';
import { canClaim, logicalRepository, parseUrlPattern, type UrlPattern } from './url-pattern.ts';

/** What a policy asks of a channel's promotions, but for the repository, which the URL names. */
export type ChannelRule = {
  readonly channel: string;
  readonly epoch: number;
  readonly minSequence: number;
  readonly maxJump: number | undefined;
  readonly clockSkewMs: number;
  readonly quorum: Quorum;
  /** May prolong what is promoted, and nothing else. */
  readonly heartbeatAuthorities: readonly Authority[];
  readonly maxAgeMs: number | undefined;
  /** Whether a cluster admin may return to the artifact before by an annotation. */
  readonly mayRollBackLocally: boolean;
};

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

/** A policy with its keys, roots, patterns and expressions read. */
export type CompiledPolicy = {
  readonly policy: TrustPolicy;
  readonly name: string;
  /** Why it can't be judged by; what it matches is refused. */
  readonly problem: PolicyError | undefined;
  /** Authorities that could be read, by name. */
  readonly authorities: ReadonlyMap<string, Authority>;
  readonly patterns: readonly {
    readonly pattern: UrlPattern;
    readonly text: string;
    readonly namespaces: readonly string[] | undefined;
  }[];
  /** Everything but what depends on the URL; absent where there is a problem. */
  readonly rules:
    | {
        readonly signatures: Quorum;
        readonly attestations: readonly AttestationRequirement[];
        readonly channels: ReadonlyMap<string, ChannelRule> | undefined;
      }
    | undefined;
};

/**
 * Compiles a policy; what is wrong with it becomes its problem.
 * @throws PolicyError `POLICY_INVALID` where a URL pattern can't be read: nobody knows which sources it was for
 */
export function compilePolicy(policy: TrustPolicy, read: ReferenceReader): CompiledPolicy {
  const { name } = policy.metadata;
  const patterns = policy.spec.match.map(({ url, namespaces }) => ({
    pattern: readPattern(policy, url),
    text: url,
    namespaces,
  }));
  const authorities = new Map<string, Authority>();
  const compiled = { policy, name, authorities, patterns };
  try {
    for (const spec of policy.spec.authorities) authorities.set(spec.name, readNamed(policy, spec, read));
    return { ...compiled, problem: undefined, rules: compileRules(policy, authorities) };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return { ...compiled, problem: error, rules: undefined };
  }
}

function readNamed(
  policy: TrustPolicy,
  spec: TrustPolicy['spec']['authorities'][number],
  read: ReferenceReader,
): Authority {
  try {
    return readAuthority(spec, read);
  } catch (cause) {
    throw invalid(policy, `authority ${spec.name} is not usable: ${errorMessageOf(cause, 300)}`, cause);
  }
}

function compileRules(
  policy: TrustPolicy,
  authorities: ReadonlyMap<string, Authority>,
): NonNullable<CompiledPolicy['rules']> {
  const { spec } = policy;
  const signatures = selectQuorum(policy, authorities, spec.signatures);
  const attestations = (spec.attestations ?? []).map(({ predicateType, authorities: names, expr }) => ({
    predicateType,
    authorities: selectQuorum(policy, authorities, { authorities: names, threshold: 1 }).authorities,
    expression: expr === undefined ? undefined : readExpression(policy, expr),
  }));
  const { promotion } = spec;
  if (promotion === undefined) return { signatures, attestations, channels: undefined };
  const channels = promotion.channels.map((channel): [string, ChannelRule] => {
    const quorum = selectQuorum(policy, authorities, channel);
    assertTwoRoles(policy, signatures, quorum);
    const heartbeat = channel.heartbeatAuthorities;
    if (heartbeat !== undefined && channel.maxAge === undefined) {
      // One heartbeat could prolong for ever.
      throw invalid(policy, `channel ${channel.tag} has heartbeatAuthorities, but no maxAge`);
    }
    return [
      channel.tag,
      {
        channel: channel.tag,
        epoch: promotion.epoch,
        minSequence: promotion.minSequence,
        maxJump: promotion.maxJump,
        clockSkewMs: readDuration(policy, 'clockSkew', promotion.clockSkew),
        quorum,
        heartbeatAuthorities:
          heartbeat === undefined
            ? []
            : selectQuorum(policy, authorities, { authorities: heartbeat, threshold: 1 }).authorities,
        maxAgeMs: channel.maxAge === undefined ? undefined : readDuration(policy, 'maxAge', channel.maxAge),
        mayRollBackLocally: promotion.localRollback === 'Previous',
      },
    ];
  });
  return { signatures, attestations, channels: new Map(channels) };
}

/** Times are added to times: beyond a hundred years the sum would be no date. */
function readDuration(policy: TrustPolicy, name: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms <= longestDurationMs) return ms;
  throw invalid(policy, `${name} ${text} is longer than a hundred years`);
}

/** A release key that also promotes would make one leaked key enough for both. */
function assertTwoRoles(policy: TrustPolicy, release: Quorum, promotion: Quorum): void {
  const releasing = new Set(release.authorities.map(authorityId));
  const shared = promotion.authorities.find((authority) => releasing.has(authorityId(authority)));
  if (shared !== undefined) throw invalid(policy, `authority ${shared.name} also signs releases`);
}

/** A pattern that can't be read blocks every source: nobody knows which it was for. */
function readPattern(policy: TrustPolicy, pattern: string): UrlPattern {
  try {
    return parseUrlPattern(pattern);
  } catch (cause) {
    throw invalid(policy, errorMessageOf(cause), cause);
  }
}

function readExpression(policy: TrustPolicy, text: string): ReturnType<typeof parseExpression> {
  try {
    return parseExpression(text);
  } catch (cause) {
    throw invalid(policy, errorMessageOf(cause), cause);
  }
}

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

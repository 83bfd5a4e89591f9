// A policy with all that it refers to read, once, to judge by many times. What of it can't be used becomes its problem,
// by which what it matches is refused: a broken policy never asks for less.
import { parseDurationMs } from '../api/common.ts';
import type { TrustPolicy } from '../api/trust-policy.ts';
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
import { parseUrlPattern, type UrlPattern } from './url-pattern.ts';

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

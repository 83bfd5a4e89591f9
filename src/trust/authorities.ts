// Authorities of a policy, and counting them: a threshold counts different authorities with different keys.
import type { TrustPolicy } from '../api/trust-policy.ts';
import { PolicyError } from '../errors.ts';
import { parseVerifyKey, type VerifyKey } from '../signing/keys.ts';

export type Authority = { readonly name: string; readonly key: VerifyKey };

/** Some authorities, of which `threshold` must agree. */
export type Quorum = { readonly authorities: readonly Authority[]; readonly threshold: number };

/**
 * The authorities of a policy by name.
 * @throws PolicyError `POLICY_INVALID`
 */
export function readAuthorities(policy: TrustPolicy): ReadonlyMap<string, Authority> {
  const authorities = new Map<string, Authority>();
  for (const { name, key } of policy.spec.authorities) {
    try {
      authorities.set(name, { name, key: parseVerifyKey(key.data) });
    } catch (cause) {
      throw invalid(policy, `authority ${name} has no usable key`, cause);
    }
  }
  return authorities;
}

/**
 * The quorum that a policy asks for.
 * @throws PolicyError `POLICY_INVALID` where a name is unknown, or the threshold can't be reached with distinct keys
 */
export function selectQuorum(
  policy: TrustPolicy,
  authorities: ReadonlyMap<string, Authority>,
  { authorities: names, threshold }: { authorities: readonly string[]; threshold: number },
): Quorum {
  const selected = [...new Set(names)].map((name) => {
    const authority = authorities.get(name);
    if (authority === undefined) throw invalid(policy, `authority ${name} is not defined`);
    return authority;
  });
  // One key under two names would let one person count as two.
  const distinctKeys = new Set(selected.map(({ key }) => key.hint)).size;
  if (threshold > distinctKeys) {
    throw invalid(
      policy,
      `threshold ${threshold} is more than the ${distinctKeys} different keys of its authorities`,
    );
  }
  return { authorities: selected, threshold };
}

/** Names of the quorum's authorities whose keys are among these; one name a key. */
export function matchAuthorities(quorum: Quorum, keys: readonly VerifyKey[]): readonly string[] {
  const hints = new Set(keys.map(({ hint }) => hint));
  const byHint = new Map(quorum.authorities.map((authority) => [authority.key.hint, authority.name]));
  return [...hints].flatMap((hint) => byHint.get(hint) ?? []);
}

export function invalid(policy: TrustPolicy, message: string, cause?: unknown): PolicyError {
  return new PolicyError('POLICY_INVALID', `TrustPolicy ${policy.metadata.name}: ${message}`, { cause });
}

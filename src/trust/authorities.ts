// Authorities of a policy, and counting them: a threshold counts different authorities with different signers.
import type { TrustPolicy } from '../api/trust-policy.ts';
import { errorMessageOf, PolicyError } from '../errors.ts';
import { isKeyless, parseSubject, type Authority } from '../signing/authority.ts';
import { parseVerifyKey } from '../signing/keys.ts';
import { signerId, type SignerIdentity } from '../signing/signer-identity.ts';
import { parseTrustRoot, type TrustRoot } from '../signing/trust-root.ts';

/** Some authorities, of which `threshold` must agree. */
export type Quorum = { readonly authorities: readonly Authority[]; readonly threshold: number };

/** What a policy refers to: one key of the data of an object in the puller's namespace. */
export type DataReference = {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  readonly key: string;
};

/** Gives the text that is referred to, or undefined where there is none. */
export type ReferenceReader = (reference: DataReference) => string | undefined;

/** The objects that a policy's authorities refer to. */
export function referencesOf({ spec }: TrustPolicy): readonly DataReference[] {
  return spec.authorities.flatMap(({ key, keyless }): readonly DataReference[] => {
    if (keyless !== undefined) return [keyless.trustedRootRef];
    return key?.secretRef === undefined ? [] : [{ kind: 'Secret', ...key.secretRef }];
  });
}

type AuthoritySpec = TrustPolicy['spec']['authorities'][number];

/**
 * One authority of a policy, with what it refers to.
 * @throws PolicyError `POLICY_INVALID`; SigningError `KEY_INVALID`; VerificationError `TRUST_ROOT_INVALID`
 */
export function readAuthority({ name, key, keyless }: AuthoritySpec, read: ReferenceReader): Authority {
  if (keyless !== undefined && key === undefined) {
    const root = parseRootOnce(readReference({ ...keyless.trustedRootRef }, read));
    const logThreshold = keyless.logThreshold ?? (root.hasLogs ? 1 : 0);
    if (logThreshold > 0 && !root.hasLogs) {
      throw new PolicyError(
        'POLICY_INVALID',
        `logThreshold is ${logThreshold}, but the trusted root names no log`,
      );
    }
    return {
      name,
      keyless: {
        issuer: keyless.issuer,
        subject: parseSubject(keyless.subject, keyless.subjectRegExp),
        claims: keyless.claims ?? {},
        root,
        logThreshold,
        timestampThreshold: keyless.timestampThreshold,
      },
    };
  }
  if (key === undefined || keyless !== undefined) {
    throw new PolicyError('POLICY_INVALID', 'it needs either key or keyless');
  }
  const { data, secretRef } = key;
  if (secretRef === undefined) return { name, key: parseVerifyKey(data ?? '') };
  if (data !== undefined) throw new PolicyError('POLICY_INVALID', 'its key needs either data or secretRef');
  return { name, key: parseVerifyKey(readReference({ kind: 'Secret', ...secretRef }, read)) };
}

function readReference(reference: DataReference, read: ReferenceReader): string {
  const text = read(reference);
  if (text !== undefined) return text;
  const { kind, name, key } = reference;
  throw new PolicyError(
    'POLICY_INVALID',
    `there is no key ${key} in ${kind} ${name} of the puller's namespace`,
  );
}

/** Parsing a root costs more than judging by it; the same text gives the same root. */
const parsedRoots = new Map<string, TrustRoot>();
const parsedRootsMax = 64;

function parseRootOnce(text: string): TrustRoot {
  const known = parsedRoots.get(text);
  if (known !== undefined) return known;
  const root = parseTrustRoot(text);
  if (parsedRoots.size >= parsedRootsMax) parsedRoots.clear();
  parsedRoots.set(text, root);
  return root;
}

/**
 * The quorum that a policy asks for.
 * @throws PolicyError `POLICY_INVALID` where a name is unknown, or the threshold can't be reached with distinct signers
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
  const distinct = new Set(selected.map(signerPattern)).size;
  if (selected.length === 0 || threshold > distinct) {
    throw invalid(policy, `threshold ${threshold} is more than the ${distinct} different authorities`);
  }
  return { authorities: selected, threshold };
}

/** Equal for two authorities that accept the same signers under different names. */
export function authorityId(authority: Authority): string {
  if (!isKeyless(authority)) return `key:${authority.key.hint}`;
  const { issuer, subject, claims } = authority.keyless;
  return JSON.stringify([issuer, subject.text, Object.entries(claims).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Equal for two authorities whose signers count as one: claims make a difference of roles, not of people. */
function signerPattern(authority: Authority): string {
  if (!isKeyless(authority)) return authorityId(authority);
  const { issuer, subject } = authority.keyless;
  return JSON.stringify([issuer, subject.text]);
}

/** A verified signature: who made it, and the names of the authorities that accept that one. */
export type Counted = { readonly signer: SignerIdentity; readonly authorities: readonly string[] };

/** One signer, with the names of the authorities that accept it. */
type Signer = { readonly accepting: Set<string> };

/**
 * Names of the quorum's authorities that signed, each by a signer of its own: the most that can be paired. Two patterns
 * that accept one identity count once, and so does one authority that two signers match.
 */
export function matchAuthorities(quorum: Quorum, signatures: readonly Counted[]): readonly string[] {
  const wanted = new Set(quorum.authorities.map(({ name }) => name));
  const signers = new Map<string, Signer>();
  for (const { signer, authorities } of signatures) {
    const found = signers.get(signerId(signer)) ?? { accepting: new Set<string>() };
    for (const name of authorities) if (wanted.has(name)) found.accepting.add(name);
    signers.set(signerId(signer), found);
  }
  const signerOf = new Map<string, Signer>();
  // Kuhn's algorithm: a signer takes a free authority, or one whose signer can move to another.
  const assign = (signer: Signer, visited: Set<string>): boolean => {
    for (const name of signer.accepting) {
      if (visited.has(name)) continue;
      visited.add(name);
      const holder = signerOf.get(name);
      if (holder !== undefined && !assign(holder, visited)) continue;
      signerOf.set(name, signer);
      return true;
    }
    return false;
  };
  for (const signer of signers.values()) assign(signer, new Set());
  return quorum.authorities.map(({ name }) => name).filter((name) => signerOf.has(name));
}

export function invalid(policy: TrustPolicy, message: string, cause?: unknown): PolicyError {
  const text = `TrustPolicy ${policy.metadata.name}: ${message}`;
  return new PolicyError('POLICY_INVALID', errorMessageOf(text, 500), { cause });
}

// Authorities: whom a verifier accepts signatures from, by key or by certified identity. Patterns match the whole
// text ("acme/app" must not accept "acme/app-evil"), and nothing empty means "anyone".
import { RE2JS } from '@bufbuild/re2';
import { PolicyError } from '../errors.ts';
import { signingLimits } from '../limits.ts';
import type { CertificateIdentity, Claims } from './certificate-identity.ts';
import type { VerifyKey } from './keys.ts';
import type { TrustRoot } from './trust-root.ts';

export type KeyAuthority = { readonly name: string; readonly key: VerifyKey };

/** Certificates of one issuer's identities, under one trusted root. */
export type Keyless = {
  readonly issuer: string;
  readonly subject: SubjectMatcher;
  /** Claims that the certificate must carry, each with exactly this value. */
  readonly claims: Claims;
  readonly root: TrustRoot;
  /** Log entries that must be proven; 0 for roots without a log. */
  readonly logThreshold: number;
  /** Verified times (timestamps, or a log's promise) at which the certificate is judged; at least 1. */
  readonly timestampThreshold: number;
};

export type KeylessAuthority = { readonly name: string; readonly keyless: Keyless };

export type Authority = KeyAuthority | KeylessAuthority;

export type SubjectMatcher = { readonly text: string; matches(subject: string): boolean };

export function isKeyless(authority: Authority): authority is KeylessAuthority {
  return 'keyless' in authority;
}

/**
 * A matcher of subjects: one exact text, or a pattern that must match the whole text.
 * @throws PolicyError `POLICY_INVALID`
 */
export function parseSubject(subject: string | undefined, subjectRegExp: string | undefined): SubjectMatcher {
  if ((subject === undefined) === (subjectRegExp === undefined)) {
    throw new PolicyError('POLICY_INVALID', 'identity needs either subject or subjectRegExp');
  }
  const text = subject ?? subjectRegExp ?? '';
  if (text === '' || text.length > signingLimits.identityLength) {
    throw new PolicyError(
      'POLICY_INVALID',
      `identity's subject has ${text.length} characters, not 1 to ${signingLimits.identityLength}`,
    );
  }
  if (subject !== undefined) return { text, matches: (found) => found === subject };
  let expression: RE2JS;
  try {
    // RE2, as cosign's: whoever gets a certificate writes the subject, so nothing may backtrack.
    expression = RE2JS.compile(text);
  } catch (cause) {
    throw new PolicyError(
      'POLICY_INVALID',
      `subjectRegExp ${JSON.stringify(text)} is no regular expression`,
      {
        cause,
      },
    );
  }
  if (expression.matches('')) {
    throw new PolicyError(
      'POLICY_INVALID',
      `subjectRegExp ${JSON.stringify(text)} matches the empty subject`,
    );
  }
  return { text: `/${text}/`, matches: (found) => expression.matches(found) };
}

/**
 * The authority of an identity that is named by hand, with what its root can prove.
 * @throws PolicyError `POLICY_INVALID`
 */
export function identityAuthority({
  subject,
  subjectRegExp,
  issuer,
  root,
}: {
  readonly subject: string | undefined;
  readonly subjectRegExp: string | undefined;
  readonly issuer: string;
  readonly root: TrustRoot;
}): KeylessAuthority {
  return {
    name: subject ?? subjectRegExp ?? '',
    keyless: {
      issuer,
      subject: parseSubject(subject, subjectRegExp),
      claims: {},
      root,
      logThreshold: root.hasLogs ? 1 : 0,
      timestampThreshold: 1,
    },
  };
}

/** Why an identity is not an authority's, or undefined where it is. */
export function mismatchOf(
  { issuer, subject, claims }: Keyless,
  found: CertificateIdentity,
): { readonly code: 'ISSUER_MISMATCH' | 'IDENTITY_MISMATCH'; readonly reason: string } | undefined {
  if (found.issuer !== issuer) {
    return { code: 'ISSUER_MISMATCH', reason: `has issuer ${found.issuer}, not ${issuer}` };
  }
  if (!subject.matches(found.subject)) {
    return { code: 'IDENTITY_MISMATCH', reason: `has subject ${found.subject}, not ${subject.text}` };
  }
  for (const [name, wanted] of Object.entries(claims)) {
    const value = new Map(Object.entries(found.claims)).get(name);
    if (wanted === undefined || value === wanted) continue;
    const reason = `has ${name} ${value ?? 'unset'}, not ${wanted}`;
    return { code: 'IDENTITY_MISMATCH', reason };
  }
  return undefined;
}

// All that is signed about an artifact, judged offline for one purpose. Each candidate is judged for itself, and every
// refusal keeps its reason.
import {
  errorMessageOf,
  VerificationError,
  type RejectedCandidate,
  type VerificationCode,
} from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Authority } from './authority.ts';
import { checkBundle, checkLegacySignature, type VerifiedStatement, type Verdict } from './bundle.ts';
import type { Candidate, Candidates } from './candidates.ts';
import { hasSubject } from './statement.ts';

export type AcceptedStatement = VerifiedStatement & {
  /** Manifest that carries it. */
  readonly candidate: Digest;
  readonly format: Candidate['format'];
};

/** Statements of one predicate type about the artifact, signed by an authority; and what was refused, with why. */
export type StatementSearch = {
  readonly accepted: readonly AcceptedStatement[];
  readonly rejected: readonly RejectedCandidate[];
  /** Whether a refused one was good but for its predicate type: a statement passed off as another. */
  readonly hasOtherPredicate: boolean;
  /** What could not be read, and may hold what is missing. */
  readonly unreadable: readonly RejectedCandidate[];
};

function judge(candidate: Candidate, authorities: readonly Authority[]): Verdict {
  return candidate.format === 'bundle'
    ? checkBundle(candidate.bytes, authorities)
    : checkLegacySignature(candidate.bytes, candidate.annotations, authorities);
}

/** Whether one of the authorities signed it, whatever it says. */
export function isAccepted(candidate: Candidate, authorities: readonly Authority[]): boolean {
  return 'verified' in judge(candidate, authorities);
}

/** Judges all candidates for one purpose. */
export function searchStatements(
  candidates: Candidates,
  predicateType: string,
  authorities: readonly Authority[],
): StatementSearch {
  const accepted: AcceptedStatement[] = [];
  const rejected: RejectedCandidate[] = [...candidates.rejected];
  let hasOtherPredicate = false;
  for (const candidate of candidates.found) {
    const { digest, format } = candidate;
    const verdict = judge(candidate, authorities);
    if ('refused' in verdict) rejected.push({ candidate: digest, ...verdict.refused });
    else if (!hasSubject(verdict.verified.statement, candidates.subject.digest)) {
      rejected.push({ candidate: digest, reason: 'is about another artifact' });
    } else if (verdict.verified.statement.predicateType !== predicateType) {
      hasOtherPredicate = true;
      const found = verdict.verified.statement.predicateType.slice(0, 200);
      rejected.push({ candidate: digest, reason: `says ${found}, not ${predicateType}` });
    } else accepted.push({ ...verdict.verified, candidate: digest, format });
  }
  return { accepted, rejected, hasOtherPredicate, unreadable: candidates.unreadable };
}

/**
 * The error for a search that accepted too little: unsigned, signed by another, and a statement of another kind are
 * three different things.
 */
export function missingSignatureError(
  what: string,
  subject: Descriptor,
  search: StatementSearch,
): VerificationError {
  const reasons = search.rejected
    .map(({ candidate, reason }) => `${candidate.slice(0, 19)} ${reason}`)
    .join('; ');
  if (search.unreadable.length > 0) return uncheckableError(what, subject, search);
  if (search.hasOtherPredicate) {
    return new VerificationError(
      'PREDICATE_UNEXPECTED',
      `${subject.digest} has no good ${what}: ${reasons}`,
      search.rejected,
    );
  }
  if (search.rejected.length > 0) {
    return new VerificationError(
      mostTelling(search.rejected),
      `${subject.digest} has no good ${what}: ${reasons}`,
      search.rejected,
      {
        hint: 'Sign it as an authority that is asked for, or add the one that signed it to the policy.',
      },
    );
  }
  return new VerificationError(
    'SIGNATURE_MISSING',
    `${subject.digest} has no ${what}: nothing refers to it`,
    [],
    {
      hint: 'Publish it with `sealift push --key`, and copy its referrers when you copy the artifact.',
    },
  );
}

/** Of whom is asked for, and lacking a proof, tells more than of another, whom anyone can name. */
const tellingCodes = [
  'LOG_PROOF_MISSING',
  'TIMESTAMP_MISSING',
  'IDENTITY_MISMATCH',
  'ISSUER_MISMATCH',
] as const;

function mostTelling(rejected: readonly RejectedCandidate[]): VerificationCode {
  return tellingCodes.find((code) => rejected.some((one) => one.code === code)) ?? 'SIGNATURE_INVALID';
}

/** Something is listed that can't be read: it is neither "unsigned" nor "wrong signer". */
export function uncheckableError(
  what: string,
  subject: Pick<Descriptor, 'digest'>,
  {
    unreadable,
    rejected = [],
  }: Pick<StatementSearch, 'unreadable'> & Partial<Pick<StatementSearch, 'rejected'>>,
): VerificationError {
  const reasons = unreadable.map(({ candidate, reason }) => `${candidate.slice(0, 19)} ${reason}`).join('; ');
  const message = errorMessageOf(
    `${what} of ${subject.digest} could not be found among what can be read: ${reasons}`,
    900,
  );
  return new VerificationError('SIGNATURE_UNCHECKABLE', message, [...unreadable, ...rejected], {
    retryable: true,
    hint: 'See whether the registry holds everything that it lists as referring to the artifact.',
  });
}

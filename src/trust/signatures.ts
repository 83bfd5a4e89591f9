// Whether an artifact is signed as asked: by a threshold of different authorities, each with a statement that is a
// signature and not something else.
import { PolicyError } from '../errors.ts';
import type { Candidates } from '../signing/candidates.ts';
import { formatSigner } from '../signing/signer-identity.ts';
import { signaturePredicateType } from '../signing/statement.ts';
import {
  missingSignatureError,
  searchStatements,
  uncheckableError,
  type AcceptedStatement,
} from '../signing/verifier.ts';
import { matchAuthorities, type Quorum } from './authorities.ts';

export type SignatureMatch = {
  /** Names of the authorities that signed; at least the threshold. */
  readonly matched: readonly string[];
  /** The signatures of those. */
  readonly signatures: readonly AcceptedStatement[];
};

/**
 * The authorities that signed.
 * @throws VerificationError `SIGNATURE_MISSING`, `SIGNATURE_INVALID`, `PREDICATE_UNEXPECTED`, `IDENTITY_MISMATCH`,
 *   `ISSUER_MISMATCH`, `LOG_PROOF_MISSING`, `TIMESTAMP_MISSING`, `SIGNATURE_UNCHECKABLE`; PolicyError
 *   `THRESHOLD_NOT_MET`
 */
export function matchSignatures(candidates: Candidates, quorum: Quorum): SignatureMatch {
  const search = searchStatements(candidates, signaturePredicateType, quorum.authorities);
  const matched = matchAuthorities(quorum, search.accepted);
  // Of nobody asked for, nobody is enough.
  if (matched.length >= Math.max(1, quorum.threshold)) {
    const counted = new Set(matched);
    const signatures = search.accepted.filter(({ authorities }) =>
      authorities.some((name) => counted.has(name)),
    );
    return { matched, signatures };
  }
  if (search.accepted.length === 0) throw missingSignatureError('signature', candidates.subject, search);
  if (search.unreadable.length > 0) throw uncheckableError('signature', candidates.subject, search);
  const signers = [...new Set(search.accepted.map(({ signer }) => formatSigner(signer)))].join(', ');
  throw new PolicyError(
    'THRESHOLD_NOT_MET',
    `${candidates.subject.digest} is signed by ${matched.length} of the ${quorum.threshold} authorities asked for: ${matched.join(', ')} (${signers})`.slice(
      0,
      900,
    ),
    { candidates: search.rejected, hint: 'Let another of the authorities sign it with `sealift sign`.' },
  );
}

/** The names of the authorities that signed; throws as {@link matchSignatures} does. */
export function verifySignatures(candidates: Candidates, quorum: Quorum): readonly string[] {
  return matchSignatures(candidates, quorum).matched;
}

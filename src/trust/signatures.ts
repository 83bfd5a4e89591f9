// Whether an artifact is signed as asked: by a threshold of different authorities, each with a statement that is a
// signature and not something else.
import { VerificationError } from '../errors.ts';
import { missingSignatureError, searchStatements, type Candidates } from '../signing/verifier.ts';
import { signaturePredicateType } from '../signing/statement.ts';
import { matchAuthorities, type Quorum } from './authorities.ts';

/**
 * The names of the authorities that signed.
 * @throws VerificationError `SIGNATURE_MISSING`, `SIGNATURE_INVALID`, `PREDICATE_UNEXPECTED`, `SIGNATURE_UNCHECKABLE`
 */
export function verifySignatures(candidates: Candidates, quorum: Quorum): readonly string[] {
  const search = searchStatements(
    candidates,
    signaturePredicateType,
    quorum.authorities.map(({ key }) => key),
  );
  const matched = matchAuthorities(
    quorum,
    search.accepted.map(({ key }) => key),
  );
  if (matched.length >= quorum.threshold) return matched;
  if (matched.length === 0 || search.unreadable.length > 0) {
    throw missingSignatureError('signature', candidates.subject, search);
  }
  const message = `${candidates.subject.digest} is signed by ${matched.join(', ')}: ${matched.length} of the ${quorum.threshold} authorities asked for`;
  throw new VerificationError('SIGNATURE_INVALID', message, search.rejected);
}

// Attestations that a policy asks for: a statement of one predicate type about the artifact, signed by one of the named
// authorities, of whose predicate an expression holds.
import { PolicyError, type RejectedCandidate } from '../errors.ts';
import type { Authority } from '../signing/authority.ts';
import type { Candidates } from '../signing/candidates.ts';
import { searchStatements, uncheckableError, type AcceptedStatement } from '../signing/verifier.ts';
import type { Expression } from './expression.ts';

export type AttestationRequirement = {
  readonly predicateType: string;
  /** Any of them may have signed it. */
  readonly authorities: readonly Authority[];
  readonly expression: Expression | undefined;
};

/**
 * The first attestation that meets what is asked.
 * @throws PolicyError `ATTESTATION_MISSING`; VerificationError `SIGNATURE_UNCHECKABLE`
 */
export function matchAttestation(
  candidates: Candidates,
  { predicateType, authorities, expression }: AttestationRequirement,
): AcceptedStatement {
  const search = searchStatements(candidates, predicateType, authorities);
  const refused: RejectedCandidate[] = [];
  for (const accepted of search.accepted) {
    if (expression === undefined) return accepted;
    const outcome = expression.evaluate(accepted.statement.predicate);
    if (!('failed' in outcome) && outcome.holds) return accepted;
    const reason = 'failed' in outcome ? outcome.failed : `does not meet ${expression.text}`;
    refused.push({ candidate: accepted.candidate, reason });
  }
  if (search.unreadable.length > 0) {
    throw uncheckableError(`attestation ${predicateType}`, candidates.subject, search);
  }
  const all = [...refused, ...search.rejected];
  const reasons = all.map(({ candidate, reason }) => `${candidate.slice(0, 19)} ${reason}`).join('; ');
  const told = all.length === 0 ? 'none refers to it' : reasons;
  throw new PolicyError(
    'ATTESTATION_MISSING',
    `${candidates.subject.digest} has no good attestation ${predicateType}: ${told}`.slice(0, 900),
    {
      candidates: all,
      hint: 'Attach one with `sealift sign --attest` or `cosign attest`, signed by an authority that is asked for.',
    },
  );
}

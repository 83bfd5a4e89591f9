// The one judge: what all matching policies say of an artifact's digest, check by check. The puller acts on it,
// `sealift verify --policy` prints its verdict and `sealift explain` its checks, so that they can't differ.
import type { TransformName } from '../api/trust-policy.ts';
import { isSealiftError, PolicyError, PromotionError, type ErrorCode, type SealiftError } from '../errors.ts';
import type { Candidates } from '../signing/candidates.ts';
import { isKeyless, type Authority } from '../signing/authority.ts';
import { distinctSigners, type SignerIdentity } from '../signing/signer-identity.ts';
import type { AcceptedStatement } from '../signing/verifier.ts';
import { matchAttestation } from './attestations.ts';
import type { Quorum } from './authorities.ts';
import type { PromotionRule, Requirement } from './policy.ts';
import { decidePromotion, listStatements, type Decision, type Highest } from './promotion.ts';
import { matchSignatures } from './signatures.ts';

/** The first three are of the source itself, the others of one policy each. */
export type CheckName =
  | 'policy'
  | 'source'
  | 'content'
  | 'reference'
  | 'digest'
  | 'transforms'
  | 'signatures'
  | 'attestation'
  | 'promotion';

/** One thing that a policy asks, and what came of it. */
export type Check = {
  readonly policy: string;
  readonly name: CheckName;
  /** `warned`: refused by a policy that only audits. */
  readonly outcome: 'passed' | 'failed' | 'warned';
  readonly expected: string;
  readonly found: string;
  /** Present where it did not pass. */
  readonly error?: SealiftError<ErrorCode>;
};

export type Verdict = {
  readonly checks: readonly Check[];
  /** Authorities whose signatures counted, as `POLICY/AUTHORITY`. */
  readonly matched: readonly string[];
  readonly formats: readonly AcceptedStatement['format'][];
  /** Who made those signatures, each once. */
  readonly signers: readonly SignerIdentity[];
  /** By a policy that enforces: what decides, and for which channel. */
  readonly promotion: (Decision & { readonly rule: PromotionRule }) | undefined;
};

export type JudgeContext = {
  /** What the cluster remembers of a channel. */
  readonly highest: (repository: string, channel: string) => Highest | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly transforms: ReadonlySet<TransformName>;
  /**
   * Present where the artifact runs already, with the sequence that brought it: then time and a higher statement
   * elsewhere do not put it out.
   */
  readonly running?: { readonly sequence: number | undefined };
};

/** Judges an artifact by all requirements; every check is made, whatever failed before. */
export function judge(
  requirements: readonly Requirement[],
  candidates: Candidates,
  context: JudgeContext,
): Verdict {
  const checks: Check[] = [];
  const matched: string[] = [];
  const signatures: AcceptedStatement[] = [];
  let promotion: Verdict['promotion'];
  for (const requirement of requirements) {
    const check = (name: CheckName, expected: string, test: () => string): void => {
      checks.push(runCheck(requirement, name, expected, test));
    };
    const { digest } = candidates.subject;
    if (requirement.refusal !== undefined) {
      const { refusal } = requirement;
      check('reference', 'a source that the policy can be applied to', () => {
        throw refusal;
      });
      continue;
    }
    check('digest', 'not in deniedDigests', () => {
      if (!requirement.deniedDigests.has(digest)) return digest;
      throw new PolicyError('DIGEST_DENIED', `${digest} is denied by TrustPolicy ${requirement.policy}`, {
        hint: 'Promote another artifact; this one was withdrawn by the cluster admin.',
      });
    });
    if (context.transforms.size > 0) {
      const allowed = [...requirement.allowedTransforms].join(', ');
      check('transforms', allowed === '' ? 'no transforms' : `only ${allowed}`, () =>
        checkTransforms(requirement, context.transforms),
      );
    }
    check('signatures', expectedSigners(requirement.signatures), () => {
      const match = matchSignatures(candidates, requirement.signatures);
      matched.push(...match.matched.map((name) => `${requirement.policy}/${name}`));
      signatures.push(...match.signatures);
      return `signed by ${match.matched.join(', ')}`;
    });
    for (const attestation of requirement.attestations) {
      const { predicateType, authorities, expression } = attestation;
      const condition = expression === undefined ? '' : ` that meets ${expression.text}`;
      check('attestation', `${predicateType} by ${names(authorities)}${condition}`, () => {
        const { candidate, authorities: by } = matchAttestation(candidates, attestation);
        return `${candidate} by ${by.join(', ')}`;
      });
    }
    const rule = requirement.promotion;
    if (rule === undefined) continue;
    check('promotion', expectedPromotion(rule), () => {
      if (context.running !== undefined) return checkRunning(candidates, rule, context.running.sequence);
      const decision = decidePromotion(listStatements(candidates, rule), digest, rule, {
        highest: context.highest(rule.repository, rule.channel),
        nowMs: context.nowMs,
      });
      if (requirement.mode === 'Enforce') promotion = { ...decision, rule };
      const { statement, deadlineMs } = decision;
      const until = deadlineMs === undefined ? '' : `, fresh until ${new Date(deadlineMs).toISOString()}`;
      return `${statement.action} of sequence ${statement.sequence}${until}`;
    });
  }
  const formats = [...new Set(signatures.map(({ format }) => format))];
  const signers = distinctSigners(signatures.map(({ signer }) => signer));
  return { checks, matched, formats, signers, promotion };
}

/**
 * The first refusal of a policy that enforces, thrown.
 * @throws SealiftError with the code of the refusal
 */
export function assertAccepted({ checks }: Verdict): void {
  const failed = checks.find(({ outcome }) => outcome === 'failed');
  if (failed?.error !== undefined) throw failed.error;
}

function runCheck(
  { policy, mode }: Requirement,
  name: CheckName,
  expected: string,
  test: () => string,
): Check {
  try {
    return { policy, name, outcome: 'passed', expected, found: test() };
  } catch (error) {
    if (!isSealiftError(error)) throw error;
    const outcome = mode === 'Audit' ? 'warned' : 'failed';
    return { policy, name, outcome, expected, found: error.message, error };
  }
}

/** Tenants must not turn what was signed into something else ("a transform that is not allowed"). */
function checkTransforms(
  { policy, allowedTransforms }: Requirement,
  transforms: ReadonlySet<TransformName>,
): string {
  const refused = [...transforms].filter((name) => !allowedTransforms.has(name));
  if (refused.length === 0) return [...transforms].join(', ');
  throw new PolicyError(
    'TRANSFORM_NOT_ALLOWED',
    `TrustPolicy ${policy} does not allow the transforms ${refused.join(', ')}`,
    { hint: 'Drop the field from the Delivery, or ask the cluster admin to add it to allowTransforms.' },
  );
}

/** What runs stays by the statement that brought it, as long as its signers and the floor still accept it. */
function checkRunning(candidates: Candidates, rule: PromotionRule, sequence: number | undefined): string {
  const { digest } = candidates.subject;
  const { statements } = listStatements(candidates, rule);
  const found = statements.find((statement) => statement.sequence === sequence);
  if (found === undefined) {
    throw new PromotionError(
      'STATEMENT_MISSING',
      `${digest} runs by a promotion that the policy accepts no longer`,
      { hint: 'Promote it again by an authority that the policy names.' },
    );
  }
  if (found.sequence < rule.minSequence) {
    throw new PromotionError(
      'SEQUENCE_REPLAYED',
      `${digest} runs by sequence ${found.sequence}, below the policy's minSequence ${rule.minSequence}`,
    );
  }
  return `runs by sequence ${found.sequence}`;
}

function names(authorities: readonly Authority[]): string {
  return authorities
    .map((authority) => `${authority.name}${isKeyless(authority) ? ' (keyless)' : ''}`)
    .join(', ');
}

function expectedSigners({ authorities, threshold }: Quorum): string {
  return `${threshold} of ${names(authorities)}`;
}

function expectedPromotion({ quorum, channel, repository, epoch }: PromotionRule): string {
  return `statement for ${repository} to ${channel}, epoch ${epoch}, by ${expectedSigners(quorum)}`;
}

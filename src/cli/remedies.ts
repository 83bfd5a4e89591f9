// For each refusal the one command that mends it, filled in with what was judged; what no command mends has none.
import type { ErrorCode } from '../errors.ts';

export type Judged = {
  /** `oci://HOST/REPOSITORY` */
  readonly url: string;
  readonly tag: string;
  readonly digest: string | undefined;
  readonly policy: string;
  /** Sequence that a statement has, where the refusal is about one. */
  readonly sequence: number | undefined;
  /** The highest sequence that is used up, as far as the cluster and the policy know. */
  readonly used: number | undefined;
};

type Remedy = (judged: Judged) => string;

const artifactOf = ({ url, tag, digest }: Judged): string =>
  digest === undefined ? `${url}:${tag}` : `${url}@${digest}`;

const sign: Remedy = (judged) => `sealift sign ${artifactOf(judged)} --key KEY`;
const promote: Remedy = (judged) =>
  `sealift promote ${artifactOf(judged)} ${judged.tag} --policy FILE --key KEY`;
/** What the registry shows is not all: the next statement must be above what the cluster knows. */
const promoteAbove: Remedy = (judged) => `${promote(judged)} --after ${judged.used ?? 'SEQUENCE'}`;
const publish: Remedy = ({ url, tag }) => `sealift promote ${url}:VERSION ${tag} --policy FILE --key KEY`;
const discover: Remedy = (judged) => `oras discover ${artifactOf(judged).replace('oci://', '')}`;

const remedies = new Map<ErrorCode, Remedy>([
  ['SIGNATURE_MISSING', sign],
  ['SIGNATURE_INVALID', sign],
  ['PREDICATE_UNEXPECTED', sign],
  ['THRESHOLD_NOT_MET', sign],
  ['IDENTITY_MISMATCH', sign],
  ['ISSUER_MISMATCH', sign],
  ['LOG_PROOF_MISSING', sign],
  ['TIMESTAMP_MISSING', sign],
  ['ATTESTATION_MISSING', (judged) => `${sign(judged)} --attest TYPE=FILE`],
  ['SIGNATURE_UNCHECKABLE', discover],
  ['CANDIDATE_LIMIT', discover],
  ['STATEMENT_MISSING', promoteAbove],
  ['WRONG_REPOSITORY', promoteAbove],
  ['WRONG_CHANNEL', promoteAbove],
  ['WRONG_EPOCH', promoteAbove],
  ['SEQUENCE_REPLAYED', promoteAbove],
  ['EQUIVOCATION', promoteAbove],
  [
    'STATEMENT_EXPIRED',
    // A statement that has an end of its own is prolonged only by a heartbeat that has one, too.
    ({ url, tag }) =>
      `sealift promote ${url} ${tag} --heartbeat --expires-in DURATION --policy FILE --key KEY`,
  ],
  [
    'SEQUENCE_JUMP',
    ({ policy, sequence }) =>
      `kubectl patch trustpolicy ${policy} --type merge -p '{"spec":{"promotion":{"minSequence":${sequence ?? 'SEQUENCE'}}}}'`,
  ],
  [
    'DIGEST_DENIED',
    ({ url, tag }) => `sealift promote ${url} ${tag} --rollback DIGEST --policy FILE --key KEY`,
  ],
  [
    'POLICY_MISSING',
    () => 'kubectl get trustpolicies -o custom-columns=NAME:.metadata.name,MATCH:.spec.match[*].url',
  ],
  [
    'POLICY_INVALID',
    ({ policy }) => (policy === '-' ? 'kubectl get trustpolicies' : `kubectl describe trustpolicy ${policy}`),
  ],
  ['REF_NOT_A_CHANNEL', () => 'kubectl get trustpolicies -o wide'],
  ['CONTENT_MISSING', publish],
  ['REGISTRY_NOT_FOUND', publish],
]);

/** The command, or undefined where something else than a command is needed. */
export function remedyOf(code: ErrorCode, judged: Judged): string | undefined {
  return remedies.get(code)?.(judged);
}

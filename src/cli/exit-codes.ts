// Exit codes by error code. They are part of the interface: docs/cli.md lists them, a test compares the two. 10 to 12
// are cosign's own.
import type { ErrorCode } from '../errors.ts';

export const exitCodes = {
  ok: 0,
  error: 1,
  different: 2,
  input: 3,
  content: 4,
  registry: 5,
  cluster: 6,
  signingFailed: 7,
  signatureMissing: 10,
  referenceMissing: 11,
  signatureInvalid: 12,
  signatureUncheckable: 14,
  statementExpired: 20,
  sequenceReplayed: 21,
  promotionInvalid: 22,
  policyRefused: 23,
  tagConflict: 24,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The exit code for an error's code; a new code is a type error here until it has one. */
// oxlint-disable-next-line complexity -- one flat, exhaustive table
export function exitCodeOf(code: ErrorCode): ExitCode {
  switch (code) {
    case 'INPUT_MISSING':
    case 'INPUT_INVALID':
    case 'INPUT_CONFLICT':
    case 'FILE_UNREADABLE':
    case 'TOOL_MISSING':
    case 'REFERENCE_INVALID':
    case 'TAG_INVALID':
    case 'DIGEST_INVALID':
    case 'KEY_INVALID':
    case 'KEY_PASSWORD_WRONG':
    case 'TRUST_ROOT_INVALID':
    case 'PUBLIC_LOG_REFUSED':
      return exitCodes.input;
    case 'SIGNER_FAILED':
    case 'IDENTITY_TOKEN_UNAVAILABLE':
    case 'CERTIFICATE_FAILED':
    case 'LOG_ENTRY_FAILED':
    case 'TIMESTAMP_FAILED':
      return exitCodes.signingFailed;
    case 'YAML_INVALID':
    case 'RESOURCE_INVALID':
    case 'RESOURCE_DUPLICATE':
    case 'RESOURCE_LIMIT':
    case 'SECRET_PLAINTEXT':
    case 'NOT_RENDERED':
    case 'NOT_DECRYPTED':
    case 'RENDER_FAILED':
    case 'RENDER_LIMIT':
    case 'RENDER_REFUSED':
    case 'RENDER_UNSTABLE':
    case 'HOOKS_REFUSED':
    case 'FIELD_UNKNOWN':
    case 'FIELD_INVALID':
    case 'KIND_WITHOUT_SCHEMA':
    case 'RULE_UNCHECKED':
    case 'API_DEPRECATED':
    case 'API_NOT_SERVED':
    case 'SCHEMA_INVALID':
    case 'ENTRY_UNSAFE_PATH':
    case 'ENTRY_UNSAFE_TYPE':
    case 'ENTRY_LIMIT':
    case 'ARCHIVE_TOO_LARGE':
    case 'ARCHIVE_EMPTY':
    case 'ARCHIVE_INVALID':
      return exitCodes.content;
    case 'CONTENT_MISSING':
      return exitCodes.referenceMissing;
    case 'DIGEST_MISMATCH':
    case 'SIZE_MISMATCH':
    case 'SIZE_LIMIT':
    case 'MEDIA_TYPE_UNEXPECTED':
    case 'MANIFEST_INVALID':
    case 'LAYOUT_INVALID':
    case 'REFERRERS_INCOMPLETE':
    case 'REGISTRY_UNAUTHORIZED':
    case 'REGISTRY_DENIED':
    case 'REGISTRY_NOT_FOUND':
    case 'REGISTRY_CONFLICT':
    case 'REGISTRY_UNSUPPORTED':
    case 'REGISTRY_RATE_LIMITED':
    case 'REGISTRY_UNAVAILABLE':
    case 'REGISTRY_PROTOCOL':
    case 'REGISTRY_NETWORK':
    case 'REGISTRY_TLS':
    case 'CREDENTIALS_MISSING':
    case 'CREDENTIALS_INVALID':
    case 'CREDENTIAL_HELPER_FAILED':
    case 'TOKEN_REALM_REFUSED':
    case 'REGISTRY_TIMEOUT':
      return exitCodes.registry;
    case 'SIGNATURE_MISSING':
      return exitCodes.signatureMissing;
    case 'SIGNATURE_INVALID':
    case 'PREDICATE_UNEXPECTED':
    case 'IDENTITY_MISMATCH':
    case 'ISSUER_MISMATCH':
    case 'LOG_PROOF_MISSING':
    case 'TIMESTAMP_MISSING':
      return exitCodes.signatureInvalid;
    case 'SIGNATURE_UNCHECKABLE':
    case 'CANDIDATE_LIMIT':
      return exitCodes.signatureUncheckable;
    case 'STATEMENT_EXPIRED':
      return exitCodes.statementExpired;
    case 'SEQUENCE_REPLAYED':
    case 'SEQUENCE_LIMIT':
    case 'SEQUENCE_JUMP':
    case 'EQUIVOCATION':
      return exitCodes.sequenceReplayed;
    case 'STATEMENT_MISSING':
    case 'WRONG_REPOSITORY':
    case 'WRONG_CHANNEL':
    case 'WRONG_EPOCH':
    case 'ROLLBACK_NOT_ALLOWED':
      return exitCodes.promotionInvalid;
    case 'POLICY_MISSING':
    case 'POLICY_INVALID':
    case 'REF_NOT_A_CHANNEL':
    case 'URL_NOT_CANONICAL':
    case 'SELF_MODIFICATION':
    case 'THRESHOLD_NOT_MET':
    case 'DIGEST_DENIED':
    case 'TRANSFORM_NOT_ALLOWED':
    case 'ATTESTATION_MISSING':
      return exitCodes.policyRefused;
    case 'TAG_EXISTS':
    case 'TAG_MOVED':
      return exitCodes.tagConflict;
    case 'KUBE_UNAVAILABLE':
    case 'KUBE_UNAUTHORIZED':
    case 'KUBE_FORBIDDEN':
    case 'KUBE_NOT_FOUND':
    case 'KUBE_CONFLICT':
    case 'KUBE_INVALID':
    case 'KUBE_THROTTLED':
    case 'KUBE_PROTOCOL':
    case 'KUBE_TIMEOUT':
    case 'APPLY_CONFLICT':
    case 'OWNED_BY_ANOTHER':
    case 'FIELD_IMMUTABLE':
    case 'ADMISSION_DENIED':
    case 'APPLY_FORBIDDEN':
    case 'APPLY_FAILED':
    case 'KIND_UNKNOWN':
    case 'PRUNE_FAILED':
    case 'PRUNE_HELD':
    case 'WAIT_TIMEOUT':
      return exitCodes.cluster;
    default:
      return code satisfies never;
  }
}

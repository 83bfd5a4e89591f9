// The errors of Sealift: one base with a stable code, one class a domain with a closed union of codes.
// Exit codes (cli), condition reasons (puller) and annotation titles (action) are derived from `code`, so a new
// code is a type error there until it is mapped. This file imports nothing.

/** Printable facts of an error; they must be redacted before they come here. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

export type ErrorOptions = {
  /** What made it fail; wrapped once a boundary. */
  readonly cause?: unknown;
  /** One sentence that tells the user what to do next. */
  readonly hint?: string;
  readonly details?: ErrorDetails;
  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retryable?: boolean;
};

/** Base of every error that Sealift throws. Messages are lower case, without full stop, subject first. */
export abstract class SealiftError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly hint: string | undefined;
  readonly details: ErrorDetails;
  readonly retryable: boolean;

  constructor(code: Code, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? false;
  }
}

export type InputCode = 'INPUT_MISSING' | 'INPUT_INVALID' | 'INPUT_CONFLICT' | 'FILE_UNREADABLE';
/** What a user gave to a command, an action or the puller's configuration is not usable. */
export class InputError extends SealiftError<InputCode> {}

export type ReferenceCode = 'REFERENCE_INVALID' | 'TAG_INVALID' | 'DIGEST_INVALID';
/** A reference, tag or digest is not of the specified grammar. */
export class InvalidReferenceError extends SealiftError<ReferenceCode> {}

export type ContentCode =
  | 'DIGEST_MISMATCH'
  | 'SIZE_MISMATCH'
  | 'SIZE_LIMIT'
  | 'MEDIA_TYPE_UNEXPECTED'
  | 'MANIFEST_INVALID'
  | 'CONTENT_MISSING'
  | 'LAYOUT_INVALID'
  | 'REFERRERS_INCOMPLETE';
/** Content is not what its descriptor or its specification says, wherever it is stored. */
export class ContentError extends SealiftError<ContentCode> {}

export type RegistryCode =
  | 'REGISTRY_UNAUTHORIZED'
  | 'REGISTRY_DENIED'
  | 'REGISTRY_NOT_FOUND'
  | 'REGISTRY_CONFLICT'
  | 'REGISTRY_UNSUPPORTED'
  | 'REGISTRY_RATE_LIMITED'
  | 'REGISTRY_UNAVAILABLE'
  | 'REGISTRY_PROTOCOL'
  | 'REGISTRY_NETWORK'
  | 'REGISTRY_TLS'
  | 'REGISTRY_TIMEOUT'
  | 'CREDENTIALS_MISSING'
  | 'CREDENTIALS_INVALID'
  | 'CREDENTIAL_HELPER_FAILED'
  | 'TOKEN_REALM_REFUSED';
/** A registry answered with an error, or could not be reached. Query strings are redacted from its URL. */
export class RegistryError extends SealiftError<RegistryCode> {}

export type ArchiveCode =
  | 'ENTRY_UNSAFE_PATH'
  | 'ENTRY_UNSAFE_TYPE'
  | 'ENTRY_LIMIT'
  | 'ARCHIVE_TOO_LARGE'
  | 'ARCHIVE_EMPTY'
  | 'ARCHIVE_INVALID';
/** A layer's archive is refused before anything of it is used. */
export class ArchiveError extends SealiftError<ArchiveCode> {}

export type ResourceCode =
  | 'YAML_INVALID'
  | 'RESOURCE_INVALID'
  | 'RESOURCE_DUPLICATE'
  | 'RESOURCE_LIMIT'
  | 'SECRET_PLAINTEXT'
  | 'NOT_RENDERED'
  | 'NOT_DECRYPTED'
  | 'FIELD_UNKNOWN'
  | 'FIELD_INVALID'
  | 'KIND_WITHOUT_SCHEMA'
  | 'RULE_UNCHECKED'
  | 'API_DEPRECATED'
  | 'API_NOT_SERVED'
  | 'SCHEMA_INVALID';
/** Where in the files an error stands; line and column count from 1. */
export type ResourceLocation = {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
};

function formatLocation({ file, line, column }: ResourceLocation): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

/** A Kubernetes object in a file is not acceptable; `location` says where. */
export class ResourceError extends SealiftError<ResourceCode> {
  readonly location: ResourceLocation;

  constructor(code: ResourceCode, message: string, location: ResourceLocation, options: ErrorOptions = {}) {
    super(code, `${formatLocation(location)}: ${message}`, options);
    this.location = location;
  }
}

export type RenderCode =
  'TOOL_MISSING' | 'RENDER_FAILED' | 'RENDER_LIMIT' | 'RENDER_REFUSED' | 'RENDER_UNSTABLE' | 'HOOKS_REFUSED';
/** Sources can't be rendered, or must not be; `location` says where, as far as that is known. */
export class RenderError extends SealiftError<RenderCode> {
  readonly location: ResourceLocation | undefined;

  constructor(
    code: RenderCode,
    message: string,
    { location, ...options }: ErrorOptions & { readonly location?: ResourceLocation } = {},
  ) {
    super(code, location === undefined ? message : `${formatLocation(location)}: ${message}`, options);
    this.location = location;
  }
}

export type SigningCode =
  | 'KEY_INVALID'
  | 'KEY_PASSWORD_WRONG'
  | 'SIGNER_FAILED'
  | 'IDENTITY_TOKEN_UNAVAILABLE'
  | 'CERTIFICATE_FAILED'
  | 'LOG_ENTRY_FAILED'
  | 'TIMESTAMP_FAILED'
  | 'PUBLIC_LOG_REFUSED';
/** A key can't be used to sign or to verify, or a service that signing needs did not do its part. */
export class SigningError extends SealiftError<SigningCode> {}

export type VerificationCode =
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_INVALID'
  | 'SIGNATURE_UNCHECKABLE'
  | 'PREDICATE_UNEXPECTED'
  | 'IDENTITY_MISMATCH'
  | 'ISSUER_MISMATCH'
  | 'LOG_PROOF_MISSING'
  | 'TIMESTAMP_MISSING'
  | 'TRUST_ROOT_INVALID'
  | 'CANDIDATE_LIMIT';
/** One signature that was looked at, and why it does not count; the code where the reason has one of its own. */
export type RejectedCandidate = {
  readonly candidate: string;
  readonly reason: string;
  readonly code?: VerificationCode;
};
/** No acceptable signature; `candidates` says of each one that was found why it was refused. */
export class VerificationError extends SealiftError<VerificationCode> {
  readonly candidates: readonly RejectedCandidate[];

  constructor(
    code: VerificationCode,
    message: string,
    candidates: readonly RejectedCandidate[],
    options: ErrorOptions = {},
  ) {
    super(code, message, options);
    this.candidates = candidates;
  }
}

export type PolicyCode =
  | 'POLICY_MISSING'
  | 'POLICY_INVALID'
  | 'THRESHOLD_NOT_MET'
  | 'DIGEST_DENIED'
  | 'TRANSFORM_NOT_ALLOWED'
  | 'REF_NOT_A_CHANNEL'
  | 'URL_NOT_CANONICAL'
  | 'SELF_MODIFICATION'
  | 'ATTESTATION_MISSING';
/** The cluster's policy does not allow it; `candidates` says of signatures that were looked at why each is refused. */
export class PolicyError extends SealiftError<PolicyCode> {
  readonly candidates: readonly RejectedCandidate[];

  constructor(
    code: PolicyCode,
    message: string,
    {
      candidates = [],
      ...options
    }: ErrorOptions & { readonly candidates?: readonly RejectedCandidate[] } = {},
  ) {
    super(code, message, options);
    this.candidates = candidates;
  }
}

export type PromotionCode =
  | 'STATEMENT_MISSING'
  | 'SEQUENCE_REPLAYED'
  | 'SEQUENCE_LIMIT'
  | 'SEQUENCE_JUMP'
  | 'EQUIVOCATION'
  | 'ROLLBACK_NOT_ALLOWED'
  | 'WRONG_REPOSITORY'
  | 'WRONG_CHANNEL'
  | 'WRONG_EPOCH'
  | 'STATEMENT_EXPIRED'
  | 'TAG_EXISTS'
  | 'TAG_MOVED';
/** A promotion, or a tag's move, is refused. */
export class PromotionError extends SealiftError<PromotionCode> {}

export type KubeCode =
  | 'KUBE_UNAVAILABLE'
  | 'KUBE_UNAUTHORIZED'
  | 'KUBE_FORBIDDEN'
  | 'KUBE_NOT_FOUND'
  | 'KUBE_CONFLICT'
  | 'KUBE_INVALID'
  | 'KUBE_THROTTLED'
  | 'KUBE_PROTOCOL'
  | 'KUBE_TIMEOUT';
export type KubeErrorOptions = ErrorOptions & {
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** Messages of `details.causes[]` of the API server's Status answer. */
  readonly causes?: readonly string[];
};
/** The API server refused a request or could not be reached. */
export class KubeError extends SealiftError<KubeCode> {
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly causes: readonly string[];

  constructor(code: KubeCode, message: string, options: KubeErrorOptions = {}) {
    super(code, message, options);
    this.status = options.status;
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs;
    this.causes = options.causes ?? [];
  }
}

export type ApplyCode =
  | 'APPLY_CONFLICT'
  | 'OWNED_BY_ANOTHER'
  | 'FIELD_IMMUTABLE'
  | 'ADMISSION_DENIED'
  | 'APPLY_FORBIDDEN'
  | 'APPLY_FAILED'
  | 'KIND_UNKNOWN'
  | 'PRUNE_FAILED'
  | 'PRUNE_HELD'
  | 'WAIT_TIMEOUT';
/** An object could not be applied, pruned or seen healthy; `resource` names it. */
export class ApplyError extends SealiftError<ApplyCode> {
  readonly resource: string;

  constructor(code: ApplyCode, message: string, resource: string, options: ErrorOptions = {}) {
    super(code, message, options);
    this.resource = resource;
  }
}

/** Every code there is. */
export type ErrorCode =
  | InputCode
  | ReferenceCode
  | ContentCode
  | RegistryCode
  | ArchiveCode
  | ResourceCode
  | RenderCode
  | SigningCode
  | VerificationCode
  | PolicyCode
  | PromotionCode
  | KubeCode
  | ApplyCode;

/** Several failures of one step, all of them reported; its first code stands for all. */
export class FailuresError extends AggregateError {
  declare readonly errors: SealiftError<ErrorCode>[];
  readonly code: ErrorCode;

  constructor(errors: readonly [SealiftError<ErrorCode>, ...SealiftError<ErrorCode>[]], message: string) {
    super(errors, message);
    this.name = 'FailuresError';
    this.code = errors[0].code;
  }
}

/** Whether an unknown value is one of ours. Their codes are closed unions, so the narrowed code is exhaustive. */
export function isSealiftError(value: unknown): value is SealiftError<ErrorCode> {
  return value instanceof SealiftError;
}

/** The code of an error of ours or of an aggregate of ours, else undefined. */
export function errorCodeOf(value: unknown): ErrorCode | undefined {
  if (isSealiftError(value) || value instanceof FailuresError) return value.code;
  return undefined;
}

/** The message of anything thrown, on one line, at most `max` characters. */
export function errorMessageOf(value: unknown, max = 1000): string {
  const text = value instanceof Error ? value.message : String(value);
  // Control characters in names and answers could steer a terminal.
  const line = text
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(/\p{Cc}/gu, '\u{fffd}')
    .trim();
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}

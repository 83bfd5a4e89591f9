// From the API server's refusals to KubeError: the HTTP status decides the code, the Status object gives the words.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/

import * as z from 'zod';

import { type KubeCode, KubeError, errorMessageOf } from '../errors.ts';

const causeSchema = z.looseObject({
  reason: z.string().optional(),
  message: z.string().optional(),
  field: z.string().optional(),
});

const statusSchema = z.looseObject({
  message: z.string().optional(),
  reason: z.string().optional(),
  code: z.number().optional(),
  details: z
    .looseObject({ retryAfterSeconds: z.number().optional(), causes: z.array(causeSchema).optional() })
    .optional(),
});

export type Refusal = {
  readonly status: number;
  /** The answer's parsed body, or its text. */
  readonly body: unknown;
  /** Of the Retry-After header, in whole seconds. */
  readonly retryAfter?: string | undefined;
  readonly method: string;
  readonly path: string;
  /** Takes what must not be told out of the server's words, which quote what they refuse. */
  readonly hide?: ((text: string) => string) | undefined;
};

/** Causes of one answer that are kept; a CRD with a bad schema can have thousands. */
const maxCauses = 50;

/**
 * Makes the error of an answer outside 2xx, or of an `ERROR` event of a watch. `causes` are the server's messages
 * as they are; the paths of their fields stand in `details.fields`.
 */
export function statusError(refusal: Refusal): KubeError {
  const parsed = statusSchema.safeParse(refusal.body);
  const status = parsed.success ? parsed.data : {};
  const mask = isSecretPath(refusal.path) ? maskValues : (text: string): string => text;
  const clean = (text: string): string => mask(refusal.hide?.(text) ?? text);
  const text = status.message ?? (typeof refusal.body === 'string' ? refusal.body : '');
  const message = text.trim() === '' ? `HTTP ${refusal.status}` : errorMessageOf(clean(text));
  const code = codeOf(refusal.status, message);
  const causes = (status.details?.causes ?? []).slice(0, maxCauses);
  const fields = causes.flatMap((cause) => cause.field ?? []).join(', ');
  return new KubeError(code, `${refusal.method} ${refusal.path}: ${message}`, {
    status: refusal.status,
    reason: status.reason,
    retryAfterMs: retryAfterMs(refusal.retryAfter, status.details?.retryAfterSeconds),
    causes: causes.map((cause) => clean(cause.message ?? cause.reason ?? '')),
    retryable: code === 'KUBE_THROTTLED' || code === 'KUBE_UNAVAILABLE' || code === 'KUBE_TIMEOUT',
    details: { method: refusal.method, path: refusal.path, ...(fields === '' ? {} : { fields }) },
  });
}

function codeOf(status: number, message: string): KubeCode {
  // Server-side apply answers 500 to what does not fit the schema; trying again does not help.
  if (status === 500 && /failed to (?:create typed patch|convert new) object/u.test(message))
    return 'KUBE_INVALID';
  if (status >= 500) return 'KUBE_UNAVAILABLE';
  switch (status) {
    case 401:
      return 'KUBE_UNAUTHORIZED';
    case 403:
      return 'KUBE_FORBIDDEN';
    case 404:
      return 'KUBE_NOT_FOUND';
    case 408:
      return 'KUBE_TIMEOUT';
    case 409:
      return 'KUBE_CONFLICT';
    case 429:
      return 'KUBE_THROTTLED';
    default:
      return status >= 400 ? 'KUBE_INVALID' : 'KUBE_PROTOCOL';
  }
}

function retryAfterMs(header: string | undefined, seconds: number | undefined): number | undefined {
  if (header !== undefined && /^[0-9]{1,6}$/u.test(header)) return Number(header) * 1000;
  return seconds === undefined || seconds <= 0 ? undefined : seconds * 1000;
}

function isSecretPath(path: string): boolean {
  return /\/secrets(?:\/|$)/u.test(path);
}

/**
 * Typed-patch and validation errors quote what they refuse, which in a Secret is a secret ("secret in a log"). As a
 * value may hold any text, everything behind its beginning goes.
 */
function maskValues(text: string): string {
  return text.replace(/(\bgot |\b(?:Invalid|Unsupported|Duplicate) value: ).*$/su, '$1…');
}

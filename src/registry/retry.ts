// Another try where the registry asks for one or could not be reached: exponential back-off with full jitter, or what
// Retry-After says (RFC 9110, section 10.2.3). Waits are bounded: one that is longer is for the caller to decide about.
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryError } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import type { HttpAnswer, HttpRequest, Send } from './http.ts';
import { mayGoWellAgain } from './network-errors.ts';

const retriedStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** Not PATCH: a chunk that did arrive would be in the blob twice. */
const retriedMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE']);

/** Waits; rejects when the signal aborts. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

export type RetryOptions = {
  /** Returns a number from 0 (included) to 1 (excluded). */
  readonly random: () => number;
  readonly sleep: Sleep;
  /** Tries of one request, the first one included. */
  readonly tries?: number | undefined;
  /** Milliseconds since 1970, for a Retry-After date in an answer that does not say itself what time it is. */
  readonly now?: () => number;
};

export const usualRetries: RetryOptions = {
  random: () => randomInt(2 ** 32) / 2 ** 32,
  sleep: async (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
};

/** Wraps a sender; the last answer or error is given as it is. */
export function withRetry(send: Send, options: RetryOptions): Send {
  const { tries = httpLimits.tries } = options;
  return async (request) => {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await attemptOnce(send, request, options.now);
      const isLast = attempt >= tries || !outcome.isRetryable;
      if (isLast || outcome.askedMs > httpLimits.maxRetryDelayMs) {
        if ('error' in outcome) throw outcome.error;
        return outcome.answer;
      }
      if ('answer' in outcome) outcome.answer.discard();
      await options.sleep(retryDelayMs(attempt, outcome.askedMs, options.random), request.signal);
    }
  };
}

/** How long to wait after the given number of failures: as long as it was asked for, or somewhere below the back-off. */
export function retryDelayMs(failures: number, askedMs: number, random: () => number): number {
  const { minRetryDelayMs, maxRetryDelayMs } = httpLimits;
  // Those who were all told the same time would all come back at once.
  if (askedMs > 0) return Math.min(askedMs + random() * minRetryDelayMs, maxRetryDelayMs);
  return random() * Math.min(minRetryDelayMs * 2 ** (failures - 1), maxRetryDelayMs);
}

export type Failure = {
  readonly error: unknown;
  /** Failures in a row, this one included. */
  readonly count: number;
  readonly signal: AbortSignal | undefined;
  /** Whether another try makes sense; as a rule the error says so. */
  readonly isRepeatable?: boolean;
};

/** Waits before what takes several requests is tried again; throws the failure where that makes no sense, or was enough. */
export async function pauseAfter(
  { error, count, signal, isRepeatable = mayGoWellAgain(error, signal) }: Failure,
  { random, sleep, tries = Number.POSITIVE_INFINITY }: RetryOptions,
): Promise<void> {
  const askedMs = error instanceof RegistryError ? Number(error.details['retryAfterMs'] ?? 0) : 0;
  if (!isRepeatable || count >= tries || askedMs > httpLimits.maxRetryDelayMs) throw error;
  await sleep(retryDelayMs(count, askedMs, random), signal);
}

type Outcome = { readonly isRetryable: boolean; readonly askedMs: number } & (
  { readonly answer: HttpAnswer } | { readonly error: unknown }
);

async function attemptOnce(send: Send, request: HttpRequest, now?: () => number): Promise<Outcome> {
  const isResent = retriedMethods.has(request.method) && request.isSentOnce !== true;
  try {
    const answer = await send(request);
    const isRetryable = isResent && retriedStatuses.has(answer.status) && request.signal?.aborted !== true;
    return { answer, isRetryable, askedMs: retryAfterMs(answer, now) ?? 0 };
  } catch (error) {
    return { error, isRetryable: isResent && mayGoWellAgain(error, request.signal), askedMs: 0 };
  }
}

/** Milliseconds of an answer's Retry-After; undefined where it says nothing that can be understood. */
export function retryAfterMs(answer: Pick<HttpAnswer, 'header'>, now?: () => number): number | undefined {
  const value = answer.header('retry-after')?.trim() ?? '';
  // Some send fractions.
  if (/^\d{1,15}(?:\.\d{1,15})?$/u.test(value)) return Math.ceil(Number(value) * 1000);
  if (!/^[A-Z][a-z]{2}.{0,40}\bGMT$/u.test(value)) return undefined;
  // Against the answer's own clock, so that ours need not be right.
  const sentMs = Date.parse(answer.header('date') ?? '');
  const waitMs = Date.parse(value) - (Number.isNaN(sentMs) ? (now?.() ?? Number.NaN) : sentMs);
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

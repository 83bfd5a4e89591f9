// Another try where the registry asks for one (429, 503) or could not be reached. Requests here are idempotent: an
// upload starts over from its POST, so only whole exchanges with bodies in memory come through.
import { RegistryError } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import type { HttpAnswer, HttpRequest, Send } from './transport.ts';

const retriedStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const retriedMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'POST']);

/** Waits; rejects when the signal aborts. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Wraps a sender; the last answer or error is given as it is. */
export function withRetry(send: Send, { random, sleep }: { random: () => number; sleep: Sleep }): Send {
  return async (request) => {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await attemptOnce(send, request);
      const isLast = attempt >= httpLimits.tries || !retriedMethods.has(request.method);
      if (isLast || !outcome.isRetryable) {
        if ('error' in outcome) throw outcome.error;
        return outcome.answer;
      }
      const backoffMs = Math.min(2 ** attempt * 100, httpLimits.maxRetryDelayMs) * (0.5 + random() / 2);
      const askedMs = 'answer' in outcome ? parseRetryAfter(outcome.answer.header('retry-after')) : 0;
      if ('answer' in outcome) outcome.answer.discard();
      await sleep(Math.min(Math.max(backoffMs, askedMs), httpLimits.maxRetryDelayMs), request.signal);
    }
  };
}

type Outcome = { isRetryable: boolean } & ({ answer: HttpAnswer } | { error: unknown });

async function attemptOnce(send: Send, request: HttpRequest): Promise<Outcome> {
  try {
    const answer = await send(request);
    return { answer, isRetryable: retriedStatuses.has(answer.status) };
  } catch (error) {
    return { error, isRetryable: error instanceof RegistryError && error.retryable };
  }
}

/** Milliseconds of a Retry-After in seconds; dates are rare here and fall back to the back-off. */
function parseRetryAfter(value: string | undefined): number {
  const seconds = Number(value ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}

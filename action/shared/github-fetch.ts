// How requests reach GitHub's API: over our own transport, so that proxies, NO_PROXY and certificates mean the same as
// for registries; answers within bounds; another try where GitHub asks for one, and waits that are bounded.
// https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
import { githubLimits } from '../../src/limits.ts';
import { protocolError, type HttpAnswer, type HttpRequest, type Send } from '../../src/registry/http.ts';
import { mayGoWellAgain } from '../../src/registry/network-errors.ts';
import { retryAfterMs, retryDelayMs, type RetryOptions } from '../../src/registry/retry.ts';
import { readBounded } from '../../src/registry/status.ts';

/** What @actions/github calls in place of the global fetch; the signal ends waits, too. */
export type GitHubFetch = (
  url: string,
  options: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | undefined;
    readonly signal?: AbortSignal | undefined;
  },
) => Promise<Response>;

type Waits = RetryOptions & { readonly now: () => number };

/** An answer that was read to its end. */
type Exchanged = Pick<HttpAnswer, 'status' | 'header'> & { readonly bytes: Buffer };

/** Wraps a sender that follows no redirect and never tries again by itself. */
export function createGitHubFetch(send: Send, waits: Waits): GitHubFetch {
  return async (url, { method, headers, body, signal }) => {
    const request: HttpRequest = {
      method: methodOf(method),
      url: new URL(url),
      headers,
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
      signal,
    };
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await exchange(send, request).catch((error: unknown) => ({ error }));
      const askedMs = attempt < githubLimits.tries ? waitOf(outcome, request, waits) : undefined;
      if (askedMs === undefined || askedMs > githubLimits.maxRetryDelayMs) {
        if ('error' in outcome) throw outcome.error;
        return toResponse(outcome);
      }
      await waits.sleep(retryDelay(attempt, askedMs, waits), signal);
    }
  };
}

function methodOf(method: string): HttpRequest['method'] {
  if (method === 'GET' || method === 'POST' || method === 'PATCH') return method;
  throw new TypeError(`GitHub's API is not called with ${method}`);
}

/** One request with the redirects of its own origin: elsewhere the token would be given away ("token leak"). */
async function exchange(send: Send, request: HttpRequest): Promise<Exchanged> {
  let { url } = request;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await send({ ...request, url });
    const next = redirectOf(answer, request.method, url);
    if (next === undefined) {
      const bytes = await readBounded(answer, githubLimits.answerBytes + 1);
      if (bytes.byteLength <= githubLimits.answerBytes) {
        return { status: answer.status, header: answer.header, bytes };
      }
      throw protocolError({ ...request, url }, `answered with more than ${githubLimits.answerBytes} bytes`);
    }
    answer.discard();
    if (next.origin !== url.origin) throw protocolError({ ...request, url }, `redirects to ${next.origin}`);
    if (redirects >= githubLimits.redirects) {
      throw protocolError({ ...request, url }, `redirects more than ${githubLimits.redirects} times`);
    }
    url = next;
  }
}

/** 301 and 302 change what is no GET in other clients, so that they count for GET alone. */
function redirectOf({ status, header }: HttpAnswer, method: string, url: URL): URL | undefined {
  if (status !== 307 && status !== 308 && !((status === 301 || status === 302) && method === 'GET')) {
    return undefined;
  }
  const location = header('location') ?? '';
  return URL.canParse(location, url.href) ? new URL(location, url) : undefined;
}

/**
 * Milliseconds that are to pass before another try; 0 leaves it to the back-off, undefined is no other try. What was
 * refused for its rate was not done, so that it may be sent again whatever it is; what broke off may have been done.
 */
function waitOf(
  outcome: Exchanged | { readonly error: unknown },
  { method, signal }: HttpRequest,
  { now }: Waits,
): number | undefined {
  if (signal?.aborted === true) return undefined;
  if ('error' in outcome) return method === 'GET' && mayGoWellAgain(outcome.error, signal) ? 0 : undefined;
  const { status } = outcome;
  if (status >= 500) return method === 'GET' ? (retryAfterMs(outcome, now) ?? 0) : undefined;
  return status === 429 || status === 403 ? waitOfLimit(outcome, now) : undefined;
}

/** Of a limit: what is asked for, else until it is reset, else what GitHub advises. */
function waitOfLimit(outcome: Exchanged, now: () => number): number | undefined {
  const { status, header, bytes } = outcome;
  const askedMs = retryAfterMs(outcome, now);
  if (askedMs !== undefined) return askedMs;
  if (header('x-ratelimit-remaining') === '0') return untilReset(outcome, now);
  const isSecondary = status === 429 || bytes.subarray(0, 4096).includes('secondary rate limit');
  return isSecondary ? githubLimits.maxRetryDelayMs : undefined;
}

/** The reset is a time of GitHub's clock, which the answer tells, too. */
function untilReset({ header }: Exchanged, now: () => number): number {
  const resetMs = Number(header('x-ratelimit-reset') ?? Number.NaN) * 1000;
  const sentMs = Date.parse(header('date') ?? '');
  const waitMs = resetMs - (Number.isNaN(sentMs) ? now() : sentMs);
  return Number.isNaN(waitMs) ? githubLimits.maxRetryDelayMs : Math.max(0, waitMs);
}

function retryDelay(attempt: number, askedMs: number, { random }: Waits): number {
  const spreadMs = retryDelayMs(attempt, 0, random);
  return askedMs === 0 ? spreadMs : Math.min(askedMs + spreadMs, githubLimits.maxRetryDelayMs);
}

function toResponse({ status, header, bytes }: Exchanged): Response {
  const type = header('content-type');
  const hasBody = status !== 204 && status !== 205 && status !== 304;
  return new Response(hasBody ? new Uint8Array(bytes) : null, {
    status,
    headers: type === undefined ? {} : { 'content-type': type },
  });
}

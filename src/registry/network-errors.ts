// What breaks an exchange, as errors of ours: the network, TLS, silence, an abort, or the source of a body.
import { errorMessageOf, RegistryError } from '../errors.ts';
import { describeRequest, type HttpRequest } from './http.ts';
import { tlsFailureOf } from './tls-errors.ts';

export function timeoutError(request: HttpRequest, timeoutMs: number): RegistryError {
  return new RegistryError(
    'REGISTRY_TIMEOUT',
    `${describeRequest(request)} got nowhere within ${timeoutMs} ms`,
    {
      retryable: true,
      hint: 'See whether the registry and what lies between answer at all; a proxy may hold the connection.',
    },
  );
}

/** Node's errors as ours; an abort stays an abort. */
export function networkError(request: HttpRequest, error: unknown): unknown {
  if (request.signal?.aborted === true) return abortError(request.signal, error);
  if (error instanceof RegistryError) return error;
  return connectionError(request.url, error, `${describeRequest(request)} failed: `);
}

/** What broke a connection to where a URL leads. */
export function connectionError(url: URL, error: unknown, prefix = ''): RegistryError {
  const tls = tlsFailureOf(error, url.host);
  if (tls !== undefined) {
    const { words, hint, details } = tls;
    return new RegistryError('REGISTRY_TLS', `${prefix}${words}`, { cause: error, hint, details });
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return new RegistryError('REGISTRY_NETWORK', `${prefix}${code} ${wordsOf(error)}`, {
    cause: error,
    retryable: true,
    ...hintOf(code, url),
  });
}

/** Where a name has several addresses, node tries them all and has no words of its own. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError)
    return error.errors.map((each) => errorMessageOf(each, 200)).join('; ');
  return error instanceof Error ? error.message : String(error);
}

function hintOf(code: string, url: URL): { readonly hint?: string } {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      hint: `The name ${url.hostname} is not known here; where a proxy leads there, set HTTPS_PROXY.`,
    };
  }
  // Servers of TLS that don't understand what they get just end the connection.
  if (url.protocol === 'http:' && (code === 'ECONNRESET' || code.startsWith('HPE_'))) {
    return { hint: 'It was asked by plain HTTP: see whether it speaks TLS.' };
  }
  return {};
}

/** Node tells of an abort in several ways: a connection that it cut looks like one that broke. */
function abortError({ reason }: AbortSignal, error: unknown): unknown {
  for (const candidate of [error, reason]) {
    if (candidate instanceof Error && candidate.name === 'AbortError') return candidate;
  }
  return new DOMException('request was aborted', { name: 'AbortError', cause: reason });
}

/** Errors that came out of a streamed body's source. */
const ofSources = new WeakSet<Error>();

/** Remembers that an error is its source's: it comes out as it is, and sending again would not help. */
export function markSourceError(error: unknown): unknown {
  if (error instanceof Error) ofSources.add(error);
  return error;
}

/** Whether an error is that of a streamed body's source, not of the exchange. */
export function isSourceError(error: unknown): boolean {
  return error instanceof Error && ofSources.has(error);
}

/** Whether the same may go well when it is sent again. */
export function mayGoWellAgain(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true || isSourceError(error)) return false;
  return error instanceof RegistryError && error.retryable;
}

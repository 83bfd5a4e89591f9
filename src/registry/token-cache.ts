// Tokens by what they are for and by who asked: each is fetched once for all who want it at the same time, and kept
// until shortly before its end.
import { RegistryError } from '../errors.ts';
import { authLimits } from '../limits.ts';
import { fingerprint } from './credentials/credential.ts';
import { redactUrl } from './redact.ts';
import { formatScopes } from './scopes.ts';
import { fetchToken, type Token, type TokenAsk } from './token.ts';
import type { Send } from './transport.ts';

export type HeldToken = Token & { readonly endsAtMs: number };

export type TokenEvent = {
  readonly realm: string;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  /** Where the credential came from; undefined for a token that anybody gets. */
  readonly source: string | undefined;
  readonly lifetimeMs: number;
};

export type TokenCacheOptions = {
  /** To token servers: with retries and without redirects. */
  readonly send: Send;
  /** Milliseconds of any clock that goes forward. */
  readonly now: () => number;
  readonly onToken?: ((event: TokenEvent) => void) | undefined;
  readonly timeoutMs?: number | undefined;
};

export type TokenCache = {
  /**
   * A token, kept or new; not the one that was refused.
   * @throws RegistryError as `fetchToken` does, and `REGISTRY_TIMEOUT`
   */
  obtain(
    ask: TokenAsk,
    options?: { readonly refused?: HeldToken | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<{ readonly token: HeldToken; readonly isNew: boolean }>;
};

export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const held = new Map<string, HeldToken>();
  const underway = new Map<string, Promise<HeldToken>>();
  const startFetch = (key: string, ask: TokenAsk): Promise<HeldToken> => {
    // No caller's signal: others may wait for the same token.
    const fetching = fetchHeld(ask, options)
      .then((token) => {
        keep(held, key, token);
        return token;
      })
      .finally(() => underway.delete(key));
    // Where all callers have gone, nobody is left to hear of a failure.
    fetching.catch(() => undefined);
    underway.set(key, fetching);
    return fetching;
  };
  return {
    obtain: async (ask, { refused, signal } = {}) => {
      const key = keyOf(ask);
      const known = held.get(key);
      if (known !== undefined && known !== refused && options.now() < known.endsAtMs) {
        return { token: known, isNew: false };
      }
      held.delete(key);
      const fetching = underway.get(key) ?? startFetch(key, ask);
      return { token: await orAbort(fetching, signal), isNew: true };
    },
  };
}

async function fetchHeld(
  ask: TokenAsk,
  { send, now, onToken, timeoutMs = authLimits.tokenTimeoutMs }: TokenCacheOptions,
): Promise<HeldToken> {
  const signal = AbortSignal.timeout(timeoutMs);
  let token: Token;
  try {
    token = await fetchToken(send, ask, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new RegistryError(
      'REGISTRY_TIMEOUT',
      `token server of ${ask.registry} gave no token within ${timeoutMs} ms`,
      { cause: error, retryable: true },
    );
  }
  onToken?.({
    realm: redactUrl(ask.realm),
    service: ask.service,
    scopes: formatScopes(ask.scopes),
    source: ask.login?.source,
    lifetimeMs: token.lifetimeMs,
  });
  const marginMs = Math.min(authLimits.tokenMarginMs, token.lifetimeMs / 4);
  return { ...token, endsAtMs: now() + token.lifetimeMs - marginMs };
}

function keyOf({ realm, registry, service, scopes, login }: TokenAsk): string {
  // Beside the credential the registry too: a token for one must not be shown to another that names its server.
  return JSON.stringify([
    realm.href,
    registry,
    service,
    formatScopes(scopes),
    fingerprint(login?.credential),
  ]);
}

function keep(held: Map<string, HeldToken>, key: string, token: HeldToken): void {
  held.set(key, token);
  const [oldest] = held.keys();
  if (held.size > authLimits.tokens && oldest !== undefined) held.delete(oldest);
}

/** Waits for a shared promise as long as this caller wants to. */
export async function orAbort<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([shared, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

// Connections to registries as every command, the action and the puller have them: one pool, and on it retries and
// log-in.
import { setTimeout as delay } from 'node:timers/promises';
import { isLoopback, type Reference } from '../oci/reference.ts';
import { createAuth, type AuthOptions } from './auth.ts';
import { noCredentials, type FoundCredential, type Keychain } from './credentials/keychain.ts';
import { ping, watchedKeychain, type LoginOutcome } from './login.ts';
import { openRepository, type RepositoryStore } from './repository.ts';
import { withRedirects } from './redirect.ts';
import { withRetry, type RetryOptions } from './retry.ts';
import { secureSettings } from './tls.ts';
import { createTransport, type Send, type TransportOptions } from './transport.ts';

/** A registry, and a repository of it where one is meant. */
export type Target = Pick<Reference, 'registry'> & Partial<Pick<Reference, 'repository'>>;

export type Connections = {
  /**
   * The store behind a reference; nothing is sent before its first call.
   * @param keychain in place of the one of all
   */
  open(
    reference: Pick<Reference, 'registry' | 'repository'>,
    plainHttp?: boolean,
    keychain?: Keychain,
  ): RepositoryStore;
  /** The same for single requests: it logs in to the target, and to nothing else. */
  sender(target: Target, plainHttp?: boolean, keychain?: Keychain): Send;
  /**
   * Whether a registry takes a credential.
   * @throws RegistryError `REGISTRY_UNAUTHORIZED`, `REGISTRY_DENIED` and what a request may end with
   */
  checkLogin(target: Target, found: FoundCredential, options?: CheckOptions): Promise<LoginOutcome>;
  /** Ends all connections. */
  close(): void;
};

export type CheckOptions = { readonly plainHttp?: boolean; readonly signal?: AbortSignal | undefined };

/** What the transport takes comes to it as it is: CAs, proxies, deadlines. */
export type ConnectOptions = Omit<TransportOptions, 'now'> & {
  /** Returns a number from 0 (included) to 1 (excluded); spreads retries. */
  readonly random: () => number;
  /** Tries of one request, the first one included. */
  readonly tries?: number | undefined;
  /** Milliseconds of any clock that goes forward; tokens end by it. */
  readonly now: () => number;
  /** Without one nobody is logged in. */
  readonly keychain?: Keychain;
  /** Hears what registries and their token servers wanted and gave, without secrets. */
  readonly observe?: Pick<AuthOptions, 'onChallenge' | 'onToken'>;
};

export function connectRegistries(options: ConnectOptions): Connections {
  const { random, tries, now, observe, keychain: common = noCredentials, ...rest } = options;
  const { clientCertificate, ...network } = rest;
  // Only registries that were named see the certificate: none that redirects lead to, and no token server elsewhere.
  const named = new Set<string>();
  if (clientCertificate !== undefined) secureSettings({ clientCertificate });
  const transport = createTransport({
    ...network,
    hostTls: async (host) => {
      const own = await network.hostTls?.(host);
      return clientCertificate !== undefined && named.has(host) ? { ...own, clientCertificate } : own;
    },
  });
  const retries: RetryOptions = {
    random,
    tries,
    sleep: async (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
  };
  // Token servers get no redirects: only the place that was checked may see a credential.
  const authenticate = createAuth({ send: withRetry(transport.send, retries), now, ...observe });
  // The layers, from below: a new try goes all the way of the redirects, and nobody is asked for a token for its sake.
  const redirected = withRedirects(transport.send);
  const retried = withRetry(redirected, retries);
  const sender: Connections['sender'] = (target, plainHttp = false, keychain = common) => {
    const url = originOf(target, plainHttp);
    named.add(url.host);
    return authenticate(retried, { ...target, url, keychain });
  };
  return {
    sender,
    open: (reference, plainHttp = false, keychain = common) =>
      openRepository({ send: sender(reference, plainHttp, keychain), reference, plainHttp, retries }),
    checkLogin: async (target, found, { plainHttp = false, signal } = {}) => {
      const { keychain, wasAsked } = watchedKeychain(found);
      await ping(sender(target, plainHttp, keychain), originOf(target, plainHttp), signal);
      return wasAsked() ? 'accepted' : 'not asked';
    },
    close: transport.close,
  };
}

/** Plain HTTP is for registries that are named for it, and for those of this machine. */
export function originOf({ registry }: Target, plainHttp: boolean): URL {
  return new URL(`${plainHttp || isLoopback(registry) ? 'http' : 'https'}://${registry}/`);
}

// Registries as Deliveries reach them: each with the credentials, certificates and proxy of its own Secrets, and nothing
// of another's. Connections and log-ins are shared by those alone that would make the very same ones.
import { createHash } from 'node:crypto';
import type { Delivery } from '../../src/api/delivery.ts';
import { pullerLimits } from '../../src/limits.ts';
import { connectRegistries, type Connections, type ConnectOptions } from '../../src/registry/connect.ts';
import { createKeychain, noCredentials, type Keychain } from '../../src/registry/credentials/keychain.ts';
import { pullSecretSource } from '../../src/registry/credentials/pull-secret.ts';
import { givenProxy } from '../../src/registry/proxy.ts';
import type { RepositoryStore } from '../../src/registry/repository.ts';
import type { RegistryUrl } from '../../src/trust/source-url.ts';
import type { Source } from '../services.ts';
import type { AccessReader, SourceAccess } from './source-access.ts';

export type SourceRegistries = {
  /**
   * The repository of a Delivery's source. Nothing is read or sent before its first call: policies are matched first.
   * @param access reads the Delivery's Secrets
   * @param isFresh whether Secrets that are known are read again
   */
  open(delivery: Delivery, url: RegistryUrl, access: Opening): Source;
  close(): void;
};

export type Opening = { readonly reader: AccessReader; readonly isFresh: boolean };

const lookMs = pullerLimits.durations.sourceTimeout.maxMs;

/** @param common what all connections have; a Delivery's own CA and proxy count in place of it */
export function createSourceRegistries(common: ConnectOptions): SourceRegistries {
  // Whoever uses them may still be at it: the longest look is over by then.
  const connections = createCache<Connections>(({ close }) => void setTimeout(close, lookMs).unref());
  const keychains = createCache<Keychain>(() => undefined);

  function openRepository(delivery: Delivery, url: RegistryUrl, access: SourceAccess): RepositoryStore {
    const { credentials, proxy, ...way } = access;
    const parts = credentials.flatMap(({ name, bytes }) => [name, bytes]);
    const keychain =
      credentials.length === 0 ? noCredentials : keychains.get(parts, () => keychainOf(credentials));
    const { open } = connections.get([JSON.stringify([proxy, way])], () =>
      connectRegistries({
        ...common,
        ...way,
        ...(proxy === undefined ? {} : { chooseProxy: givenProxy(proxy.address, proxy.name) }),
      }),
    );
    return open(url.reference, delivery.spec.source.insecure, keychain);
  }

  return {
    open: (delivery, url, { reader, isFresh }) => {
      let opened: Promise<RepositoryStore> | undefined;
      return lazily(() => {
        opened ??= reader.read(delivery, isFresh).then((access) => openRepository(delivery, url, access));
        return opened;
      });
    },
    close: () => connections.clear(({ close }) => close()),
  };
}

function keychainOf(credentials: SourceAccess['credentials']): Keychain {
  return createKeychain(credentials.map(({ key, bytes, name }) => pullSecretSource(key, bytes, name)));
}

/** A source that is opened by its first call. */
function lazily(open: () => Promise<Source>): Source {
  return {
    resolve: async (tagOrDigest, signal) => (await open()).resolve(tagOrDigest, signal),
    referrers: async (subject, signal) => (await open()).referrers(subject, signal),
    tags: async (signal) => (await open()).tags(signal),
    peek: async (tag, signal, known) => (await open()).peek(tag, signal, known),
    async *fetch(descriptor, signal) {
      yield* (await open()).fetch(descriptor, signal);
    },
  };
}

type Cache<T> = {
  get(parts: readonly (string | Uint8Array)[], make: () => T): T;
  clear(end: (value: T) => void): void;
};

/** A bounded cache by the hash of what its values were made of; the one used longest ago goes first. */
function createCache<T>(leave: (value: T) => void): Cache<T> {
  const values = new Map<string, T>();
  return {
    get(parts, make) {
      const hash = createHash('sha256');
      for (const part of parts) hash.update(`${part.length}:`).update(part);
      const key = hash.digest('hex');
      const value = values.get(key) ?? make();
      values.delete(key);
      values.set(key, value);
      const [oldest] = values.size > pullerLimits.sourceAccesses ? values : [];
      if (oldest !== undefined) {
        values.delete(oldest[0]);
        leave(oldest[1]);
      }
      return value;
    },
    clear(end) {
      for (const value of values.values()) end(value);
      values.clear();
    },
  };
}

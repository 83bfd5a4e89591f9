// What is remembered of each repository: what its registry wanted when a request worked, and the credential that was
// found for it. Kept apart for each keychain, so that nobody profits from what another one could do.
import { authLimits } from '../limits.ts';
import type { FoundCredential, Keychain, Place } from './credentials/keychain.ts';
import { orAbort } from './token-cache.ts';

export type Login = {
  readonly found: FoundCredential | undefined;
  /** Whether it was looked up just now. */
  readonly isNew: boolean;
  /** What tells one look-up from another. */
  readonly lookup: object;
};

export type Memory<Wanted> = {
  wanted: Wanted | undefined;
  /**
   * The credential, looked up once for all who want it at the same time, and again after a while.
   * @param refused the one that was not taken: it is looked up again then, once for all who were refused
   * @throws RegistryError `CREDENTIALS_INVALID`, `CREDENTIAL_HELPER_FAILED`
   */
  logIn(refused: Login | undefined, signal: AbortSignal | undefined): Promise<Login>;
};

type MemoryPlace = Place & { readonly url: URL; readonly keychain: Keychain };

export function createMemories<Wanted>(now: () => number): { of(place: MemoryPlace): Memory<Wanted> } {
  const memories = new WeakMap<Keychain, Map<string, Memory<Wanted>>>();
  return {
    of: (place) => {
      const known = memories.get(place.keychain) ?? new Map<string, Memory<Wanted>>();
      memories.set(place.keychain, known);
      const key = `${place.url.origin} ${place.repository ?? ''}`;
      const memory = known.get(key) ?? createMemory<Wanted>(place, now);
      // Set anew, it counts as the youngest.
      known.delete(key);
      known.set(key, memory);
      const [oldest] = known.keys();
      if (known.size > authLimits.repositories && oldest !== undefined) known.delete(oldest);
      return memory;
    },
  };
}

type Lookup = { readonly endsAtMs: number; readonly found: Promise<FoundCredential | undefined> };

function createMemory<Wanted>(
  { registry, repository, keychain }: MemoryPlace,
  now: () => number,
): Memory<Wanted> {
  let held: Lookup | undefined;
  const start = (): Lookup => {
    // No caller's signal: others may wait for the same look-up.
    const lookup: Lookup = {
      endsAtMs: now() + authLimits.credentialLifetimeMs,
      found: keychain.find({ registry, repository }),
    };
    lookup.found.catch(() => {
      if (held === lookup) held = undefined;
    });
    held = lookup;
    return lookup;
  };
  return {
    wanted: undefined,
    logIn: async (refused, signal) => {
      const kept = held;
      const isNew = kept === undefined || kept === refused?.lookup || now() >= kept.endsAtMs;
      const lookup = isNew ? start() : kept;
      return { found: await orAbort(lookup.found, signal), isNew, lookup };
    },
  };
}

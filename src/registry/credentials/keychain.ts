// Where credentials come from: sources in order, of which the first that has one for a registry wins.
import type { Credential } from './credential.ts';

/** What is to be logged in to; credentials may be for a part of a registry only. */
export type Place = {
  /** `HOST[:PORT]` */
  readonly registry: string;
  readonly repository?: string | undefined;
};

export type FoundCredential = {
  readonly credential: Credential;
  /** Where it stands, in words: `docker config.json (PATH)`. */
  readonly source: string;
};

/** What one source had to say about a place. */
export type Look = {
  readonly source: string;
  /** In words: `no such file`, `nothing for this registry`, `credentials of alice`. */
  readonly words: string;
  readonly found?: FoundCredential;
};

export type CredentialSource = {
  /** @throws RegistryError `CREDENTIALS_INVALID`, `CREDENTIAL_HELPER_FAILED` */
  look(place: Place, signal?: AbortSignal): Promise<Look>;
};

export type Keychain = {
  /**
   * The credential that wins, if there is any.
   * @throws RegistryError `CREDENTIALS_INVALID`, `CREDENTIAL_HELPER_FAILED`
   */
  find(place: Place, signal?: AbortSignal): Promise<FoundCredential | undefined>;
  /** What every source says that is asked; the last one is the one that won, if any did. */
  trace(place: Place, signal?: AbortSignal): Promise<readonly Look[]>;
};

/** A keychain of sources, the most important one first. */
export function createKeychain(sources: readonly CredentialSource[]): Keychain {
  const trace: Keychain['trace'] = async (place, signal) => {
    const looks: Look[] = [];
    for (const source of sources) {
      const look = await source.look(place, signal);
      looks.push(look);
      if (look.found !== undefined) break;
    }
    return looks;
  };
  return { trace, find: async (place, signal) => (await trace(place, signal)).at(-1)?.found };
}

/** For registries that ask nobody who they are. */
export const noCredentials: Keychain = createKeychain([]);

/** A credential that is given, as by flags; with `registry` for that one alone. */
export function givenCredential(source: string, credential: Credential, registry?: string): CredentialSource {
  return {
    look: async (place) => {
      if (registry !== undefined && place.registry !== registry.toLowerCase()) {
        return { source, words: `for ${registry} only` };
      }
      return foundIn(source, credential);
    },
  };
}

/** A look that found something. */
export function foundIn(source: string, credential: Credential): Look {
  return { source, words: describeCredential(credential), found: { credential, source } };
}

/** Whose credential it is, for people; never the secret. */
export function describeCredential(credential: Credential): string {
  return credential.kind === 'password' ? `password of ${credential.user}` : credential.kind;
}

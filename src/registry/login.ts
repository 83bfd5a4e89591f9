// Tries a credential before it is stored: `GET /v2/`, which every registry has, with it and with nothing else.
import {
  createKeychain,
  type CredentialSource,
  type FoundCredential,
  type Keychain,
} from './credentials/keychain.ts';
import { expectStatus } from './status.ts';
import type { HttpRequest, Send } from './transport.ts';

/** What a registry does with a credential; `not asked` where it lets in everybody, so that nothing was tried. */
export type LoginOutcome = 'accepted' | 'not asked';

/** A keychain of one credential, which tells whether it was wanted. */
export function watchedKeychain(found: FoundCredential): {
  readonly keychain: Keychain;
  wasAsked(): boolean;
} {
  let isAsked = false;
  const source: CredentialSource = {
    look: async () => {
      isAsked = true;
      return { source: found.source, words: 'given', found };
    },
  };
  return { keychain: createKeychain([source]), wasAsked: () => isAsked };
}

/**
 * Asks a registry whether it is one and lets us in.
 * @param send logs in to that registry
 * @throws RegistryError
 */
export async function ping(send: Send, registry: URL, signal?: AbortSignal): Promise<void> {
  const request: HttpRequest = { method: 'GET', url: new URL('/v2/', registry), signal };
  const answer = await send(request);
  await expectStatus(request, answer, 200);
  answer.discard();
}

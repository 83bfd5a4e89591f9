// The signer that the inputs ask for. An identity token is fetched when a certificate is asked for, and masked before
// anything is done with it.
import { environmentProxies } from '../../src/registry/proxy.ts';
import { openServices } from '../../src/signing/keyless/ask.ts';
import { fetchGithubToken } from '../../src/signing/keyless/identity-token.ts';
import { keylessSigner } from '../../src/signing/keyless/keyless-signer.ts';
import type { Signer } from '../../src/signing/signer.ts';
import type { Signing, SomeSigning } from './signing-inputs.ts';
import type { ActionWorld } from './world.ts';

/**
 * A signer that asks nobody before its first signature; undefined where nothing is signed.
 * @param tries of one request, the first one included
 */
export function openSigner(signing: SomeSigning, world: ActionWorld, tries: number): Signer;
export function openSigner(signing: Signing, world: ActionWorld, tries: number): Signer | undefined;
export function openSigner(signing: Signing, world: ActionWorld, tries: number): Signer | undefined {
  if (signing.way === 'none') return undefined;
  if (signing.way === 'key') return signing.signer;
  const { services, root, tokenEndpoint } = signing;
  const { host, env, now, random } = world;
  const ask = openServices({ chooseProxy: environmentProxies(env), random, tries });
  return keylessSigner({
    services,
    root,
    ask,
    now,
    identityToken: async (signal) => {
      const token = await fetchGithubToken(ask, tokenEndpoint, signal);
      host.mask(token);
      return token;
    },
    // What is public was judged by the inputs.
    isPublicAllowed: true,
  });
}

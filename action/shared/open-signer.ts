// The signer that the inputs ask for. An identity token is fetched when a certificate is asked for, and masked before
// anything is done with it.
import { environmentProxies } from '../../src/registry/proxy.ts';
import { openServices } from '../../src/signing/keyless/ask.ts';
import { fetchGithubToken } from '../../src/signing/keyless/identity-token.ts';
import { keylessSigner } from '../../src/signing/keyless/keyless-signer.ts';
import type { Signer } from '../../src/signing/signer.ts';
import type { Signing, SomeSigning } from './signing-inputs.ts';
import type { ActionWorld } from './world.ts';

/** Who a certificate names. */
export type Certified = { readonly subject: string; readonly issuer: string };

export type OpenSignerOptions = {
  /** Of one request, the first one included. */
  readonly tries: number;
  /** Hears whom the certificate names, once there is one. */
  readonly onCertified?: (certified: Certified) => void;
};

/** A signer that asks nobody before its first signature; undefined where nothing is signed. */
export function openSigner(signing: SomeSigning, world: ActionWorld, options: OpenSignerOptions): Signer;
export function openSigner(
  signing: Signing,
  world: ActionWorld,
  options: OpenSignerOptions,
): Signer | undefined;
export function openSigner(
  signing: Signing,
  world: ActionWorld,
  { tries, onCertified }: OpenSignerOptions,
): Signer | undefined {
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
    onCertified: ({ subject, issuer }) => {
      host.info(`signs as ${subject}`);
      host.info(`by issuer ${issuer}`);
      onCertified?.({ subject, issuer });
    },
    // What is public was judged by the inputs.
    isPublicAllowed: true,
  });
}

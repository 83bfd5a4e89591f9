// Options that name a certified identity, with cosign's words for them: who, by which issuer, under which trusted root.
import type { ParseArgsOptionsConfig } from 'node:util';
import { InputError } from '../errors.ts';
import { signingLimits } from '../limits.ts';
import { identityAuthority, type KeylessAuthority } from '../signing/authority.ts';
import { parseTrustRoot } from '../signing/trust-root.ts';
import { readText } from './arguments.ts';

export const identityOptions = {
  'certificate-identity': { type: 'string' },
  'certificate-identity-regexp': { type: 'string' },
  'certificate-oidc-issuer': { type: 'string' },
  'trusted-root': { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export type IdentityValues = { readonly [name in keyof typeof identityOptions]?: string | undefined };

/**
 * The authority that the options name, or undefined where they name none.
 * @throws InputError `INPUT_MISSING`, `FILE_UNREADABLE`; PolicyError `POLICY_INVALID`; VerificationError
 *   `TRUST_ROOT_INVALID`
 */
export async function readIdentity(values: IdentityValues): Promise<KeylessAuthority | undefined> {
  const subject = values['certificate-identity'];
  const subjectRegExp = values['certificate-identity-regexp'];
  const issuer = values['certificate-oidc-issuer'];
  if (subject === undefined && subjectRegExp === undefined) {
    if (issuer === undefined) return undefined;
    throw new InputError('INPUT_MISSING', '--certificate-identity is missing');
  }
  if (issuer === undefined || issuer === '') {
    throw new InputError('INPUT_MISSING', '--certificate-oidc-issuer is missing');
  }
  const path = values['trusted-root'];
  if (path === undefined) {
    throw new InputError('INPUT_MISSING', '--trusted-root is missing', {
      hint: 'Give the trusted_root.json of the instance that issued the certificate.',
    });
  }
  const root = parseTrustRoot(await readText(path, signingLimits.trustRootBytes));
  return identityAuthority({ subject, subjectRegExp, issuer, root });
}

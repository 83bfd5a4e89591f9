// What a registry is logged in to with. Secrets are behind functions: no print of an object, no JSON and no inspection
// of an error shows them.
import { createHash } from 'node:crypto';
import { RegistryError } from '../../errors.ts';

/** A text that only a call gives away. */
export type Secret = { readonly reveal: () => string };

export type Credential =
  /** Goes to the registry as Basic, or to its token server for a token. */
  | { readonly kind: 'password'; readonly user: string; readonly password: Secret }
  /** Goes to the token server alone, as a refresh token (OAuth 2). */
  | { readonly kind: 'identity token'; readonly token: Secret }
  /** Goes to the registry as it is, as Bearer. */
  | { readonly kind: 'registry token'; readonly token: Secret };

/** The user that docker's credential helpers name where the secret is an identity token. */
export const tokenUser = '<token>';

export function createSecret(text: string): Secret {
  return { reveal: () => text };
}

/**
 * A user and what goes with it, as credential helpers and flags have it.
 * @throws RegistryError `CREDENTIALS_INVALID` if no header could carry it
 */
export function passwordCredential(user: string, password: string): Credential {
  if (user === tokenUser) return tokenCredential('identity token', password);
  // RFC 7617: what stands behind the first colon is the password.
  if (user === '' || /[:\p{Cc}]/u.test(user)) {
    throw new RegistryError(
      'CREDENTIALS_INVALID',
      'user name is empty, or has a colon or a control character',
    );
  }
  return { kind: 'password', user, password: createSecret(password) };
}

/** @throws RegistryError `CREDENTIALS_INVALID` if no header could carry it */
export function tokenCredential(kind: 'identity token' | 'registry token', token: string): Credential {
  if (!/^[!-~]+$/u.test(token)) {
    throw new RegistryError('CREDENTIALS_INVALID', `${kind} is empty or has characters that no token has`);
  }
  return { kind, token: createSecret(token) };
}

/** The value of an `Authorization` header (RFC 7617). */
export function formatBasic(user: string, password: Secret): string {
  return `Basic ${Buffer.from(`${user}:${password.reveal()}`, 'utf8').toString('base64')}`;
}

/** What tells one credential from another without telling it. */
export function fingerprint(credential: Credential | undefined): string {
  if (credential === undefined) return 'anonymous';
  const [user, secret] =
    credential.kind === 'password' ? [credential.user, credential.password] : ['', credential.token];
  return createHash('sha256')
    .update(JSON.stringify([credential.kind, user, secret.reveal()]))
    .digest('hex');
}

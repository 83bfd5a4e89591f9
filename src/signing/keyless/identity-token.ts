// The identity token that a certificate is asked for with: given as text, or fetched as a job of GitHub Actions does. It
// is a secret, so it stands in no message.
import * as z from 'zod';
import { SigningError } from '../../errors.ts';
import { signingLimits } from '../../limits.ts';
import { serviceError, type Ask, type ServiceRequest } from './ask.ts';

/** Gives a token; asked anew for every certificate, since tokens last minutes. */
export type IdentityTokenSource = (signal?: AbortSignal) => Promise<string>;

const jwt = /^[\w-]+\.[\w-]+\.[\w-]+$/u;

/** Whether a text is a token itself, where the name of its place is expected. */
export function looksLikeToken(text: string): boolean {
  return jwt.test(text.trim());
}

/**
 * A token as it stands in a file or variable.
 * @throws SigningError `IDENTITY_TOKEN_UNAVAILABLE`
 */
export function parseIdentityToken(text: string, place: string): string {
  const token = text.trim();
  if (token.length <= signingLimits.identityTokenBytes && jwt.test(token)) return token;
  throw new SigningError('IDENTITY_TOKEN_UNAVAILABLE', `${place} holds no identity token`, {
    hint: 'An identity token is a JWT: three parts of base64url with dots between them.',
  });
}

export type TokenEndpoint = { readonly url: string; readonly token: string };

/** What a job of GitHub Actions with the right permission finds in its environment. */
export function githubTokenEndpoint(
  env: Readonly<Record<string, string | undefined>>,
): TokenEndpoint | undefined {
  const url = env['ACTIONS_ID_TOKEN_REQUEST_URL'];
  const token = env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
  return url === undefined || token === undefined || url === '' || token === '' ? undefined : { url, token };
}

const answerSchema = z.object({ value: z.string() });

/**
 * A token of this job for Sigstore's audience.
 * @throws SigningError `IDENTITY_TOKEN_UNAVAILABLE`
 */
export async function fetchGithubToken(
  ask: Ask,
  endpoint: TokenEndpoint,
  signal?: AbortSignal,
): Promise<string> {
  const url = URL.canParse(endpoint.url) ? new URL(endpoint.url) : undefined;
  if (url === undefined || url.protocol !== 'https:') {
    throw new SigningError('IDENTITY_TOKEN_UNAVAILABLE', 'ACTIONS_ID_TOKEN_REQUEST_URL is no https URL');
  }
  url.searchParams.set('audience', 'sigstore');
  const request: ServiceRequest = {
    service: 'token issuer',
    code: 'IDENTITY_TOKEN_UNAVAILABLE',
    hint: 'See that the job has `permissions: id-token: write`.',
    method: 'GET',
    url,
    headers: { authorization: `bearer ${endpoint.token}`, accept: 'application/json' },
  };
  const { body } = await ask(request, signal);
  try {
    return parseIdentityToken(answerSchema.parse(JSON.parse(body.toString('utf8'))).value, 'answer');
  } catch {
    throw serviceError(request, 'gave no identity token');
  }
}

/** @throws SigningError `IDENTITY_TOKEN_UNAVAILABLE` */
export function noTokenError(): SigningError {
  return new SigningError('IDENTITY_TOKEN_UNAVAILABLE', 'there is no identity token to sign with', {
    hint: 'On GitHub give the job `permissions: id-token: write`; elsewhere set SIGSTORE_ID_TOKEN, or give --identity-token FILE.',
  });
}

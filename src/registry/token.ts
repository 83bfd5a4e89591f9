// Tokens of a registry's token server (distribution: "Token authentication" and its OAuth 2 form). A password goes there
// as Basic with a GET, an identity token as a refresh token with a POST; redirects are not followed, as the place that
// was checked is the only one that may see either.
import * as z from 'zod';
import { RegistryError, type ErrorOptions, type RegistryCode } from '../errors.ts';
import { authLimits } from '../limits.ts';
import { createSecret, formatBasic, type Secret } from './credentials/credential.ts';
import { describeCredential, type FoundCredential } from './credentials/keychain.ts';
import { formatScopes, type Scopes } from './scopes.ts';
import { expectStatus, readBounded } from './status.ts';
import { describeRequest, protocolError, type HttpAnswer, type HttpRequest, type Send } from './transport.ts';

/** What a token is wanted for, and with what. */
export type TokenAsk = {
  /** Checked: see realm.ts. */
  readonly realm: URL;
  /** `HOST[:PORT]` of the registry that the token is for. */
  readonly registry: string;
  readonly service: string | undefined;
  readonly scopes: Scopes;
  /** Without one a token for anybody is asked for. */
  readonly login: FoundCredential | undefined;
};

export type Token = {
  readonly value: Secret;
  readonly lifetimeMs: number;
};

const answerSchema = z.object({
  token: z.string().max(authLimits.tokenLength).nullish(),
  access_token: z.string().max(authLimits.tokenLength).nullish(),
  // Servers that send something else here are not worth a failure.
  expires_in: z.number().nonnegative().nullish().catch(undefined),
});

/**
 * Asks for a token.
 * @throws RegistryError `CREDENTIALS_MISSING`, `REGISTRY_UNAUTHORIZED`, `REGISTRY_DENIED`, `TOKEN_REALM_REFUSED`,
 *   `REGISTRY_PROTOCOL` and what a request may end with
 */
export async function fetchToken(send: Send, ask: TokenAsk, signal?: AbortSignal): Promise<Token> {
  const request = buildRequest(ask, signal);
  const answer = await send(request);
  if (answer.status !== 200) await refuse(request, answer, ask);
  const body = await readBounded(answer, authLimits.tokenAnswerBytes + 1);
  if (body.byteLength > authLimits.tokenAnswerBytes) {
    throw protocolError(request, `answered with more than ${authLimits.tokenAnswerBytes} bytes`);
  }
  return parseToken(request, body);
}

function buildRequest({ realm, service, scopes, login }: TokenAsk, signal?: AbortSignal): HttpRequest {
  const url = new URL(realm);
  const scopeTexts = formatScopes(scopes);
  if (login?.credential.kind === 'identity token') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'sealift',
      ...(service === undefined ? {} : { service }),
      // Here, and only here, all scopes are one text.
      scope: scopeTexts.join(' '),
      refresh_token: login.credential.token.reveal(),
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    return { method: 'POST', url, headers, body: Buffer.from(form.toString(), 'utf8'), signal };
  }
  if (service !== undefined) url.searchParams.append('service', service);
  for (const scope of scopeTexts) url.searchParams.append('scope', scope);
  const headers = { accept: 'application/json' };
  if (login?.credential.kind !== 'password') return { method: 'GET', url, headers, signal };
  const { user, password } = login.credential;
  return { method: 'GET', url, headers: { ...headers, authorization: formatBasic(user, password) }, signal };
}

function parseToken(request: HttpRequest, body: Buffer): Token {
  let answer: z.infer<typeof answerSchema>;
  try {
    answer = answerSchema.parse(JSON.parse(body.toString('utf8')));
  } catch {
    // No cause: what failed to parse may be the token.
    throw protocolError(request, 'answered with no token');
  }
  const text = [answer.token, answer.access_token].find(
    (member) => typeof member === 'string' && member !== '',
  );
  if (typeof text !== 'string' || !/^[!-~]+$/u.test(text))
    throw protocolError(request, 'answered with no token');
  const lifetimeMs =
    typeof answer.expires_in === 'number' ? answer.expires_in * 1000 : authLimits.tokenLifetimeMs;
  return { value: createSecret(text), lifetimeMs: Math.min(lifetimeMs, authLimits.maxTokenLifetimeMs) };
}

/** Fails with what an answer other than 200 means. */
async function refuse(request: HttpRequest, answer: HttpAnswer, ask: TokenAsk): Promise<never> {
  const { status } = answer;
  const isRedirect = status >= 300 && status < 400;
  const code = isRedirect ? 'TOKEN_REALM_REFUSED' : refusalOf(status, ask);
  if (code === undefined) {
    await expectStatus(request, answer, 200);
    throw protocolError(request, `answered ${status}`);
  }
  answer.discard();
  if (code === 'CREDENTIALS_MISSING') throw missingCredentials(ask.registry);
  const what = isRedirect ? 'redirects to another place' : `refuses ${describeLogin(ask.login)}`;
  throw new RegistryError(code, `token server of ${ask.registry} ${what}: ${describeRequest(request)}`, {
    details: { status },
    ...(isRedirect ? {} : refusedHint(ask.registry)),
  });
}

function refusalOf(status: number, { login }: TokenAsk): RegistryCode | undefined {
  const isRefusal = status === 401 || status === 403;
  if (login === undefined) return isRefusal ? 'CREDENTIALS_MISSING' : undefined;
  if (status === 403) return 'REGISTRY_DENIED';
  // OAuth 2 has 400 for a refresh token that is not valid; a server without that form does not know POST.
  const isGrantRefusal = login.credential.kind === 'identity token' && [400, 404, 405].includes(status);
  return isRefusal || isGrantRefusal ? 'REGISTRY_UNAUTHORIZED' : undefined;
}

/** Whose credential it was, and where it came from. */
export function describeLogin(login: FoundCredential | undefined): string {
  return login === undefined
    ? 'no credential'
    : `${describeCredential(login.credential)} from ${login.source}`;
}

/** What to do about a credential that a registry does not take. */
export function refusedHint(registry: string): Pick<ErrorOptions, 'hint'> {
  return {
    hint: `Log in again with \`sealift login ${registry}\`; \`sealift doctor\` says which credential wins.`,
  };
}

/** Nothing was found for a registry that wants something. */
export function missingCredentials(registry: string): RegistryError {
  return new RegistryError(
    'CREDENTIALS_MISSING',
    `registry ${registry} wants credentials and there are none for it`,
    {
      hint: `Log in with \`sealift login ${registry}\`.`,
    },
  );
}

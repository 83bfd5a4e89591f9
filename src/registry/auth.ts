// Logs in to registries (RFC 9110 section 11, distribution: "Token authentication"), as a layer above redirects and
// retries. The first request to a repository goes without a credential; a 401 says what is wanted, and what was wanted
// then is sent along from there on. Credentials and tokens go to the registry's own origin alone: never along an upload's
// or a redirect's Location to another one. That origin speaks plain HTTP only where the user said so, or on loopback.
import { RegistryError } from '../errors.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import { formatBasic, fingerprint } from './credentials/credential.ts';
import type { Keychain } from './credentials/keychain.ts';
import { createMemories, type Login, type Memory } from './login-memory.ts';
import { checkRealm } from './realm.ts';
import { redactUrl } from './redact.ts';
import { boundedJoin, noScopes, parseScopes, scopesOf, type Scopes } from './scopes.ts';
import { createTokenCache, type HeldToken, type TokenCache, type TokenCacheOptions } from './token-cache.ts';
import { describeLogin, missingCredentials, refusedHint, type TokenAsk } from './token.ts';
import { describeRequest, protocolError, type HttpAnswer, type HttpRequest, type Send } from './transport.ts';

/** What is logged in to. */
export type AuthTarget = {
  /** The registry's origin. */
  readonly url: URL;
  /** `HOST[:PORT]` as the reference has it, by which credentials are looked up. */
  readonly registry: string;
  readonly repository?: string | undefined;
  readonly keychain: Keychain;
};

/** What a registry wanted, for `doctor`; nothing of it is secret. */
export type ChallengeEvent = {
  readonly registry: string;
  readonly schemes: readonly string[];
  readonly realm: string | undefined;
  readonly service: string | undefined;
  readonly scope: string | undefined;
};

export type AuthOptions = TokenCacheOptions & {
  readonly onChallenge?: ((event: ChallengeEvent) => void) | undefined;
};

/** A layer that logs in to one target. */
export type Authenticate = (next: Send, target: AuthTarget) => Send;

/** What a request was sent with. */
type Sent = {
  readonly header: string;
  readonly login: Login;
  readonly token?: HeldToken;
  /** What it answers, to be remembered once it has worked. */
  readonly answers: Wanted;
  /** Whether it was made for this very request: nothing better can be had then. */
  readonly isNew: boolean;
};

/** A challenge that can be answered. */
type Wanted =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer';
      /** Where tokens are to be had; without it only a token that is given will do. */
      readonly realm?: string | undefined;
      readonly service?: string | undefined;
      readonly scopes: Scopes;
    };

/** Logs in to any number of targets, with one store of tokens. */
export function createAuth(options: AuthOptions): Authenticate {
  const tokens = createTokenCache(options);
  const memories = createMemories<Wanted>(options.now);
  return (next, target) => {
    const context: Context = {
      tokens,
      target,
      memory: memories.of(target),
      onChallenge: options.onChallenge,
    };
    return (request) =>
      request.url.origin === target.url.origin ? exchange(next, request, context) : next(request);
  };
}

type Context = {
  readonly tokens: TokenCache;
  readonly target: AuthTarget;
  readonly memory: Memory<Wanted>;
  readonly onChallenge: AuthOptions['onChallenge'];
};

/** How often one request may be sent again: with a kept credential or token, and with a new one. */
const maxAnswers = 2;

async function exchange(next: Send, request: HttpRequest, context: Context): Promise<HttpAnswer> {
  let sent = await prepare(request, context);
  let answer = await next(withHeader(request, sent));
  for (let count = 0; count < maxAnswers && isUnauthorized(answer) && sent?.isNew !== true; count += 1) {
    const challenges = parseChallenges(answer.header('www-authenticate'));
    if (challenges.length === 0 && context.memory.wanted === undefined) return answer;
    answer.discard();
    const wanted = choose(request, challenges, context);
    sent = await respond(wanted, { request, context, refused: sent });
    answer = await next(withHeader(request, sent));
  }
  if (isUnauthorized(answer) && sent !== undefined) {
    answer.discard();
    throw refusalOf(request, sent, { answer, registry: context.target.registry });
  }
  if (sent !== undefined) context.memory.wanted = sent.answers;
  return answer;
}

/** A redirect may have led elsewhere: who stands there is asked nothing, and told nothing. */
function isUnauthorized(answer: HttpAnswer): boolean {
  return answer.status === 401 && answer.from === undefined;
}

function withHeader(request: HttpRequest, sent: Sent | undefined): HttpRequest {
  if (sent === undefined) return request;
  return { ...request, headers: { ...request.headers, authorization: sent.header } };
}

/** What worked for the repository before, made wider where this request is known to need more. */
async function prepare(request: HttpRequest, context: Context): Promise<Sent | undefined> {
  const { wanted } = context.memory;
  if (wanted === undefined) return undefined;
  try {
    const sent = await respond(widen(wanted, request, context), { request, context, refused: undefined });
    // It was guessed: what the registry wants is still to be heard.
    return { ...sent, isNew: false };
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

function widen(wanted: Wanted, request: HttpRequest, { target }: Context): Wanted {
  if (wanted.scheme === 'basic') return wanted;
  return { ...wanted, scopes: boundedJoin(wanted.scopes, guessScopes(request, wanted.scopes, target)) };
}

/** The strongest challenge that can be answered. */
function choose(request: HttpRequest, challenges: readonly Challenge[], context: Context): Wanted {
  const { target, memory } = context;
  const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'));
  if (challenges.length > 0) context.onChallenge?.(toEvent(target.registry, challenges, bearer));
  // A registry that says nothing this time means what it meant before.
  if (challenges.length === 0 && memory.wanted !== undefined) return widen(memory.wanted, request, context);
  if (bearer !== undefined) return readBearer(request, bearer, context);
  if (challenges.some(({ scheme }) => scheme === 'basic')) return { scheme: 'basic' };
  if (challenges.some(({ scheme }) => scheme === 'bearer')) return { scheme: 'bearer', scopes: noScopes };
  const schemes = challenges.map(({ scheme }) => scheme).join(', ');
  throw protocolError(request, `answered 401 and asks for ${schemes}, which is neither Basic nor Bearer`);
}

function readBearer(request: HttpRequest, { parameters }: Challenge, { target, memory }: Context): Wanted {
  const [realm, service] = [parameters.get('realm'), parameters.get('service')];
  const asked = parseScopes(parameters.get('scope'));
  const known = memory.wanted;
  const isSame = known?.scheme === 'bearer' && known.realm === realm && known.service === service;
  const guessed = guessScopes(request, asked, target);
  // All that was granted so far in one token: asking for pull and push by turns would take a token each time.
  const scopes = boundedJoin(asked, guessed, isSame ? known.scopes : noScopes);
  return { scheme: 'bearer', realm, service, scopes };
}

/** The scopes that a request will need, where the registry calls them as others do. */
function guessScopes(request: HttpRequest, asked: Scopes, { repository }: AuthTarget): Scopes {
  if (repository === undefined) return noScopes;
  const isUsual = asked.size === 0 || asked.has(`repository:${repository}`);
  return isUsual ? scopesOf(request, repository) : noScopes;
}

type Response = {
  readonly request: HttpRequest;
  readonly context: Context;
  /** What the registry did not take. */
  readonly refused: Sent | undefined;
};

/** What to send along. */
function respond(wanted: Wanted, response: Response): Promise<Sent> {
  return wanted.scheme === 'basic' ? respondBasic(wanted, response) : respondBearer(wanted, response);
}

async function respondBasic(wanted: Wanted, { request, context, refused }: Response): Promise<Sent> {
  const { target, memory } = context;
  const refusedLogin = refused?.answers.scheme === 'basic' ? refused.login : undefined;
  const login = await memory.logIn(refusedLogin, request.signal);
  if (login.found === undefined) throw missingCredentials(target.registry);
  const { credential } = login.found;
  if (credential.kind !== 'password') {
    throw new RegistryError(
      'REGISTRY_UNAUTHORIZED',
      `registry ${target.registry} takes passwords only, and there is the ${describeLogin(login.found)}`,
      refusedHint(target.registry),
    );
  }
  const header = formatBasic(credential.user, credential.password);
  // The same once more would be refused once more, and some count that until they lock an account.
  if (refused?.header === header) throw refusalOf(request, refused, { registry: target.registry });
  return { header, login, answers: wanted, isNew: login.isNew };
}

async function respondBearer(
  wanted: Extract<Wanted, { scheme: 'bearer' }>,
  { request, context, refused }: Response,
): Promise<Sent> {
  const { target, memory } = context;
  const realm = wanted.realm === undefined ? undefined : checkRealm(wanted.realm, target.url);
  const isGivenRefused = refused?.login.found?.credential.kind === 'registry token';
  const login = await memory.logIn(isGivenRefused ? refused.login : undefined, request.signal);
  if (login.found?.credential.kind === 'registry token') {
    const header = `Bearer ${login.found.credential.token.reveal()}`;
    if (refused?.header === header) throw refusalOf(request, refused, { registry: target.registry });
    return { header, login, answers: wanted, isNew: login.isNew };
  }
  if (realm === undefined) throw protocolError(request, 'answered 401 and asks for Bearer without a realm');
  const ask = { realm, registry: target.registry, service: wanted.service, scopes: wanted.scopes };
  const obtained = await obtainToken(ask, login, { request, context, refused });
  const header = `Bearer ${obtained.token.value.reveal()}`;
  return { header, ...obtained, answers: wanted };
}

/** A token for the credential that is known, or for the one that is there now where that one is not taken any more. */
async function obtainToken(
  ask: Omit<TokenAsk, 'login'>,
  login: Login,
  { request, context: { tokens, memory }, refused }: Response,
): Promise<Pick<Sent, 'login' | 'isNew'> & { readonly token: HeldToken }> {
  const options = { refused: refused?.token, signal: request.signal };
  try {
    return { ...(await tokens.obtain({ ...ask, login: login.found }, options)), login };
  } catch (error) {
    if (login.isNew || !isRefusal(error)) throw error;
    const again = await memory.logIn(login, request.signal);
    if (fingerprint(again.found?.credential) === fingerprint(login.found?.credential)) throw error;
    return { ...(await tokens.obtain({ ...ask, login: again.found }, options)), login: again };
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof RegistryError && refusalCodes.has(error.code);
}

const refusalCodes: ReadonlySet<string> = new Set([
  'CREDENTIALS_MISSING',
  'REGISTRY_UNAUTHORIZED',
  'REGISTRY_DENIED',
]);

/** What a 401 to the best that could be sent means. */
function refusalOf(
  request: HttpRequest,
  { login }: Sent,
  { answer, registry }: { readonly answer?: HttpAnswer; readonly registry: string },
): RegistryError {
  if (login.found === undefined) return missingCredentials(registry);
  const isScope = parseChallenges(answer?.header('www-authenticate')).some(
    ({ parameters }) => parameters.get('error') === 'insufficient_scope',
  );
  return new RegistryError(
    isScope ? 'REGISTRY_DENIED' : 'REGISTRY_UNAUTHORIZED',
    `${describeRequest(request)} is not ${isScope ? 'allowed' : 'answered'} to the ${describeLogin(login.found)}`,
    { details: { status: 401 }, ...refusedHint(registry) },
  );
}

function toEvent(
  registry: string,
  challenges: readonly Challenge[],
  bearer: Challenge | undefined,
): ChallengeEvent {
  const realm = bearer?.parameters.get('realm') ?? '';
  return {
    registry,
    schemes: challenges.map(({ scheme }) => scheme),
    realm: URL.canParse(realm) ? redactUrl(new URL(realm)) : undefined,
    service: bearer?.parameters.get('service'),
    scope: bearer?.parameters.get('scope'),
  };
}

// Which proxy a URL is reached by: the environment's, as curl reads it, or one that is given. What a proxy wants to know
// of us stands apart from its URL, so that no message can show it.
import { InputError } from '../errors.ts';
import { networkLimits } from '../limits.ts';
import { createSecret, formatBasic, type Secret } from './credentials/credential.ts';
import { isOwnMachine, parseNoProxy } from './no-proxy.ts';

export type Proxy = {
  /** `http:` or `https:`, without user and password. */
  readonly url: URL;
  /** Value of `Proxy-Authorization`. */
  readonly authorization: Secret | undefined;
};

export type ProxyChoice = {
  readonly proxy: Proxy | undefined;
  /** What decided, in words: `HTTPS_PROXY`, `NO_PROXY has .site`. */
  readonly why: string;
};

/**
 * The proxy of a URL.
 * @throws InputError `INPUT_INVALID` where what is set for it is no proxy that can be used
 */
export type ChooseProxy = (url: URL) => ProxyChoice;

export const noProxies: ChooseProxy = () => ({ proxy: undefined, why: 'no proxy is given' });

type Environment = Readonly<Record<string, string | undefined>>;

/** Names in lower case count more; those of one scheme count more than ALL_PROXY. */
export function environmentProxies(env: Environment): ChooseProxy {
  const [exemption, noProxyName] = firstOf(env, ['no_proxy', 'NO_PROXY']);
  const noProxy = parseNoProxy(exemption);
  const parse = cached((text: string, name: string) => parseProxy(text, name));
  return (url) => {
    const [text, name] = firstOf(env, namesFor(url, env));
    if (text === '') return { proxy: undefined, why: 'no proxy is set' };
    const entry = noProxy.find(url);
    if (entry !== undefined) return { proxy: undefined, why: whyNot(url, noProxyName, entry) };
    return { proxy: parse(text, name), why: name };
  };
}

/**
 * One proxy for all but this machine and what is exempt.
 * @param source how messages name where its address stands
 * @throws InputError `INPUT_INVALID`
 */
export function givenProxy(address: string, source: string, exemption = ''): ChooseProxy {
  const proxy = parseProxy(address, source);
  const noProxy = parseNoProxy(exemption);
  return (url) => {
    const entry = noProxy.find(url);
    return entry === undefined
      ? { proxy, why: source }
      : { proxy: undefined, why: whyNot(url, 'NO_PROXY', entry) };
  };
}

/** A proxy in messages. */
export function nameProxy({ url }: Proxy): string {
  return `proxy ${url.origin}`;
}

function whyNot(url: URL, name: string, entry: string): string {
  return isOwnMachine(url) ? 'this machine is never reached by a proxy' : `${name} has ${entry}`;
}

function namesFor({ protocol }: URL, env: Environment): readonly string[] {
  if (protocol === 'https:') return ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
  // In a CGI program HTTP_PROXY is the request's header `Proxy` ("httpoxy").
  const isCgi = (env['REQUEST_METHOD'] ?? '') !== '';
  return ['http_proxy', ...(isCgi ? [] : ['HTTP_PROXY']), 'all_proxy', 'ALL_PROXY'];
}

function firstOf(env: Environment, names: readonly string[]): readonly [text: string, name: string] {
  const name = names.find((candidate) => (env[candidate]?.trim() ?? '') !== '') ?? '';
  return [env[name]?.trim() ?? '', name];
}

/** Its text is in no message: it may hold a password. */
function parseProxy(address: string, source: string): Proxy {
  const text = address.trim();
  const [, scheme = 'http'] = /^([a-z][a-z0-9+.-]{0,30}):\/\//iu.exec(text) ?? [];
  if (/^socks/iu.test(scheme)) {
    throw invalid(`${source} names a SOCKS proxy, which is not supported`);
  }
  const full = text.includes('://') ? text : `http://${text}`;
  if (text.length > networkLimits.proxyLength || !URL.canParse(full)) {
    throw invalid(`${source} is no address of a proxy`);
  }
  const url = new URL(full);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalid(`${source} names a proxy of the scheme ${url.protocol}//, not http:// or https://`);
  }
  return { url: new URL(url.origin), authorization: authorizationOf(url, source) };
}

function authorizationOf({ username, password }: URL, source: string): Secret | undefined {
  if (username === '' && password === '') return undefined;
  let user: string;
  let secret: string;
  try {
    [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
  } catch {
    throw invalid(`${source} has a user or a password with a % that is no part of an escape`);
  }
  // RFC 7617: no header could carry them.
  if (user.includes(':') || /\p{Cc}/u.test(user + secret)) {
    throw invalid(`${source} has a user with a colon, or a control character`);
  }
  return createSecret(formatBasic(user, createSecret(secret)));
}

function invalid(message: string): InputError {
  return new InputError('INPUT_INVALID', message, {
    hint: 'Write the proxy as http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT with special characters as %XX.',
  });
}

/** So that each proxy is one object, by which its connections are kept. */
function cached(parse: (text: string, name: string) => Proxy): (text: string, name: string) => Proxy {
  const known = new Map<string, Proxy>();
  return (text, name) => {
    const proxy = known.get(text) ?? parse(text, name);
    known.set(text, proxy);
    return proxy;
  };
}

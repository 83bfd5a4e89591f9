// Redirects by hand (RFC 9110, section 15.4): of GET and HEAD only, a few of them, never from TLS to none. Credentials are
// for the origin that they were given for: once another one was asked, they are gone, also where it leads back.
import { httpLimits } from '../limits.ts';
import { mayLeadTo } from './realm.ts';
import { protocolError, type HttpAnswer, type HttpRequest, type Send } from './http.ts';

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const secretHeaders: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** Wraps a sender; `from` of an answer is where redirects led beyond the origin that was asked. */
export function withRedirects(next: Send): Send {
  return async (request) => {
    let current = request;
    for (let count = 0; ; count += 1) {
      const answer = await next(current);
      if (!redirects.has(answer.status) || request.shownRedirects?.includes(answer.status) === true) {
        return current.url.origin === request.url.origin ? answer : { ...answer, from: current.url };
      }
      answer.discard();
      if (count >= httpLimits.redirects)
        throw protocolError(request, `was redirected more than ${httpLimits.redirects} times`);
      current = redirected(current, answer, request.url);
    }
  };
}

/** @throws RegistryError `REGISTRY_PROTOCOL` where the redirect is not to be followed */
function redirected(request: HttpRequest, answer: HttpAnswer, origin: URL): HttpRequest {
  const { method, url } = request;
  // The body was sent already, and whoever asked for it elsewhere was not asked for by the user.
  if (method !== 'GET' && method !== 'HEAD')
    throw protocolError(request, `answered ${answer.status}: a ${method} is not sent elsewhere`);
  const location = answer.header('location') ?? '';
  if (location === '' || !URL.canParse(location, url.href))
    throw protocolError(request, `answered ${answer.status} without a Location that is a URL`);
  const target = new URL(location, url);
  if (target.protocol !== 'https:' && target.protocol !== 'http:')
    throw protocolError(request, `was redirected to ${target.protocol}`);
  if (url.protocol === 'https:' && target.protocol === 'http:')
    throw protocolError(request, 'was redirected from TLS to plain HTTP');
  if (target.username !== '' || target.password !== '')
    throw protocolError(request, 'was redirected to a URL with credentials');
  if (!mayLeadTo(target.hostname, origin.hostname))
    throw protocolError(request, `was redirected to ${target.host}, an address that no registry is at`);
  return target.origin === url.origin
    ? { ...request, url: target }
    : { ...request, url: target, headers: withoutSecrets(request.headers) };
}

function withoutSecrets(headers: HttpRequest['headers'] = {}): NonNullable<HttpRequest['headers']> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !secretHeaders.has(name.toLowerCase())),
  );
}

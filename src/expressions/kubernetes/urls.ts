// URLs in CEL, as `url('https://example.com/a')`: absolute ones, or paths that begin with a slash.
// https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-url-library
import { celFunc, celList, celMap, CelScalar, type CelFunc } from '@bufbuild/cel';
import { opaqueKind } from './opaque.ts';

type Parts = {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
};

const { BOOL, DYN, STRING } = CelScalar;
const maxLength = 8192;
const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/u;

const urls = opaqueKind<Parts & { readonly text: string }>('url', ({ text }) => text);

/** The parts of a URL as Go's net/url takes requests' ones, or undefined. */
export function parseUrl(text: string): Parts | undefined {
  // oxlint-disable-next-line no-control-regex -- Go refuses these wherever they stand
  if (text === '' || text.length > maxLength || /[\u0000-\u001f\u007f]/u.test(text)) return undefined;
  const [found = '', name = ''] = scheme.exec(text) ?? [];
  const [rest = ''] = text.slice(found.length).split('#');
  // A text without a scheme is a path from the root.
  if (found === '' && !rest.startsWith('/')) return undefined;
  const parts = readParts(rest, found !== '');
  return isHost(parts.host) && isEscaped(parts.path)
    ? // What does not begin with a slash is no path, but an opaque part.
      { ...parts, scheme: name.toLowerCase(), path: parts.path.startsWith('/') ? parts.path : '' }
    : undefined;
}

function readParts(text: string, hasScheme: boolean): Omit<Parts, 'scheme'> {
  const [before = '', ...queries] = text.split('?');
  const hasHost = before.startsWith('//') && (hasScheme || !before.startsWith('///'));
  const where = hasHost ? splitHost(before.slice(2)) : { host: '', path: before };
  return { ...where, query: queries.join('?') };
}

/** What follows two slashes, without who logs in. */
function splitHost(text: string): Pick<Parts, 'host' | 'path'> {
  const end = text.indexOf('/');
  const [authority, path] = end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end)];
  return { host: authority.slice(authority.lastIndexOf('@') + 1), path };
}

function isEscaped(text: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/u.test(text);
}

function isHost(host: string): boolean {
  return /^(?:\[[0-9a-fA-F:.]+(?:%25[\w.~-]+)?\]|[^\s[\]:<>"\\^`{|}%]*)(?::\d*)?$/u.test(host);
}

function hostname(host: string): string {
  return host.replace(/:\d*$/u, '').replace(/^\[(.*)\]$/u, '$1');
}

function readQuery(query: string): ReturnType<typeof celMap> {
  const found = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query))
    found.set(name, [...(found.get(name) ?? []), value]);
  return celMap(new Map([...found].map(([name, values]) => [name, celList(values)])));
}

export function urlFunctions(): readonly CelFunc[] {
  return [
    celFunc('url', [STRING], DYN, (text) => {
      const parts = parseUrl(text);
      if (parts === undefined) throw new Error('invalid URL');
      return urls.wrap({ ...parts, text });
    }),
    celFunc('isURL', [STRING], BOOL, (text) => parseUrl(text) !== undefined),
    urls.method('getScheme', [], (url) => url.scheme),
    urls.method('getHost', [], ({ host }) => host),
    urls.method('getHostname', [], ({ host }) => hostname(host)),
    urls.method('getPort', [], ({ host }) => /:(\d*)$/u.exec(host.replace(/^\[.*\]/u, ''))?.[1] ?? ''),
    urls.method('getEscapedPath', [], ({ path }) => path),
    urls.method('getQuery', [], ({ query }) => readQuery(query)),
  ];
}

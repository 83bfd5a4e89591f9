// NO_PROXY: which hosts are reached without a proxy. The rules are those of Go's httpproxy, which docker, crane and the
// kubelet follow: entries between commas, each `*`, an address, a network, or a name that stands for its subdomains as
// well (with a leading dot for these alone); addresses and names may end with a port. Beyond them, blanks separate entries
// too, an address of version 6 may have its brackets without a port, a dot at the end of a name counts for nothing, and
// names below `localhost` are this machine's.
import { BlockList, isIP } from 'node:net';
import { networkLimits } from '../limits.ts';

export type NoProxy = {
  /** The entry that a URL is reached directly by. */
  find(url: URL): string | undefined;
};

/** A host as URLs have it, in lower case and without brackets. */
type Place = { readonly host: string; readonly port: string };
type Entry = { readonly text: string; matches(place: Place): boolean };

/** This machine: what is sent to it never leaves it, whatever is set. */
const loopback = listOf('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Entries that can't be read match nothing, as elsewhere; so do those beyond the bounds. */
export function parseNoProxy(text: string): NoProxy {
  const entries = text
    .slice(0, networkLimits.noProxyLength)
    .split(/[,\s]+/u)
    .map((entry) => parseEntry(entry.toLowerCase()))
    .filter((entry) => entry !== undefined);
  return {
    find: (url) => {
      const place = placeOf(url);
      if (isOwn(place.host)) return place.host;
      return entries.find(({ matches }) => matches(place))?.text;
    },
  };
}

/** Whether a URL is reached by a proxy, where there is one. */
export function isProxied(url: URL, noProxy: string): boolean {
  return parseNoProxy(noProxy).find(url) === undefined;
}

/** Whether a URL is one of this machine. */
export function isOwnMachine(url: URL): boolean {
  return isOwn(placeOf(url).host);
}

function isOwn(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isIn(loopback, host);
}

function placeOf({ hostname, port, protocol }: URL): Place {
  const host = hostname.replace(/^\[|\]$|\.$/gu, '').toLowerCase();
  return { host, port: port === '' ? (protocol === 'http:' ? '80' : '443') : port };
}

function parseEntry(text: string): Entry | undefined {
  if (text === '') return undefined;
  if (text === '*') return { text, matches: () => true };
  if (text.includes('/')) {
    const network = parseNetwork(text);
    return network && { text, matches: ({ host }) => isIn(network, host) };
  }
  const { host, port } = splitPort(text);
  if (host === '') return undefined;
  const isHost = matcherOf(host);
  return { text, matches: (place) => isHost(place.host) && (port === undefined || port === place.port) };
}

/** Colons are those of a port, or of an address of version 6; with a port that one stands in brackets. */
function splitPort(text: string): { readonly host: string; readonly port?: string } {
  const [, bracketed, plain = text, port] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{0,5}))?$/u.exec(text) ?? ([] as const);
  const isAny = port === undefined || port === '';
  return { host: bracketed ?? plain, ...(isAny ? {} : { port: String(Number(port)) }) };
}

function matcherOf(host: string): (host: string) => boolean {
  const version = isIP(host);
  if (version !== 0) {
    const list = new BlockList();
    list.addAddress(host, version === 4 ? 'ipv4' : 'ipv6');
    return (candidate) => isIn(list, candidate);
  }
  const name = host.replace(/^\*(?=\.)/u, '').replace(/\.$/u, '');
  const suffix = name.startsWith('.') ? name : `.${name}`;
  return (candidate) => isIP(candidate) === 0 && (candidate === name || candidate.endsWith(suffix));
}

function parseNetwork(text: string): BlockList | undefined {
  const [address = '', prefix = '', ...more] = text.split('/');
  const version = isIP(address);
  const isPrefix = /^\d{1,3}$/u.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
  return version === 0 || !isPrefix || more.length > 0 ? undefined : listOf(address, Number(prefix));
}

function listOf(address: string, prefix: number): BlockList {
  const list = new BlockList();
  list.addSubnet(address, prefix, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  return list;
}

/** An address of version 4 that is written as one of version 6 is looked up as what it is. */
function isIn(list: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && list.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

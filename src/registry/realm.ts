// Where a registry may send us for a token. It names the place itself, so a hostile one could have us call services of
// our own network, and give them credentials ("SSRF through the realm"). Refused are
// - anything but HTTPS; plain HTTP only where the registry itself is spoken to so, on its own host or on loopback;
// - a user part and a fragment, which no token server has;
// - addresses of this machine and of this link, and what translates to others, for registries that are not there;
// - private addresses, where the registry itself is not named by such a one.
// The registry's own host is always fine: it is what the user named. Any other host over HTTPS is too, since token
// servers are elsewhere in practice, and its certificate proves the name. Names are not resolved: one that leads to a
// private address must still present a certificate for itself.
import { BlockList, isIP } from 'node:net';
import { RegistryError } from '../errors.ts';
import { authLimits } from '../limits.ts';

const loopback = blockListOf('127.0.0.0/8', '::1/128');

const reserved = blockListOf(
  '0.0.0.0/8',
  // Link-local, with the metadata services of most clouds.
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::/32',
  // Azure's and Alibaba's.
  '168.63.129.16/32',
  '100.100.100.200/32',
  '224.0.0.0/3',
  'ff00::/8',
  // Unspecified, and addresses of version 4 in the old form.
  '::/96',
  // Other addresses in disguise: NAT64, 6to4, Teredo.
  '64:ff9b::/32',
  '2002::/16',
  '2001::/32',
  '::ffff:0:0:0/96',
);

const privateAddresses = blockListOf(
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fec0::/10',
  '198.18.0.0/15',
);

type Reach = 'loopback' | 'reserved' | 'private' | 'public';

/**
 * The address for tokens of a registry, unless it must not be called.
 * @param registry the origin that asked for a token
 * @throws RegistryError `TOKEN_REALM_REFUSED`
 */
export function checkRealm(realm: string, registry: URL): URL {
  const url = realm.length <= authLimits.challengeLength && URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined) throw refused(registry, 'that is no URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused(registry, `by ${url.protocol}`);
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw refused(registry, 'with a user part or a fragment');
  }
  const isOwnHost = url.hostname === registry.hostname;
  const [there, here] = [reachOf(url.hostname), reachOf(registry.hostname)];
  if (url.protocol === 'http:' && !isPlainAllowed({ registry, isOwnHost, there, here })) {
    throw refused(registry, `at ${url.host} by plain HTTP`);
  }
  if (isOwnHost || isReachable(there, here)) return url;
  throw refused(registry, `at the ${there} address ${url.host}`);
}

function isPlainAllowed({
  registry,
  isOwnHost,
  there,
  here,
}: {
  readonly registry: URL;
  readonly isOwnHost: boolean;
  readonly there: Reach;
  readonly here: Reach;
}): boolean {
  return registry.protocol === 'http:' && (isOwnHost || (there === 'loopback' && here === 'loopback'));
}

function isReachable(there: Reach, here: Reach): boolean {
  if (there === 'public') return true;
  if (there === 'private') return here === 'private' || here === 'loopback';
  return there === 'loopback' && here === 'loopback';
}

/** Whether a registry may send downloads to a host: to none of this machine or link, unless it is there itself. */
export function mayLeadTo(hostname: string, registryHostname: string): boolean {
  const there = reachOf(hostname);
  if (there === 'reserved') return false;
  return there !== 'loopback' || reachOf(registryHostname) === 'loopback';
}

/** By its literal address; a name counts as public, save those of this machine (RFC 6761). */
function reachOf(hostname: string): Reach {
  const host = hostname.replace(/^\[|\]$|\.$/gu, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return 'loopback';
  const version = isIP(host);
  if (version === 0) return 'public';
  const family = version === 4 ? 'ipv4' : 'ipv6';
  // Addresses of version 4 within version 6 are looked up as what they are.
  if (loopback.check(host, family)) return 'loopback';
  if (reserved.check(host, family)) return 'reserved';
  return privateAddresses.check(host, family) ? 'private' : 'public';
}

function blockListOf(...networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix = ''] = network.split('/');
    list.addSubnet(address, Number(prefix), isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

function refused(registry: URL, where: string): RegistryError {
  return new RegistryError(
    'TOKEN_REALM_REFUSED',
    `registry ${registry.host} sends to a token server ${where}, which is not called`,
    { hint: 'Ask who runs the registry: its token server must be reached by HTTPS, under a name.' },
  );
}

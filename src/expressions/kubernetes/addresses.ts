// Addresses and networks in CEL, as `ip('10.0.0.1')` and `cidr('10.0.0.0/8')`; what maps IPv4 into IPv6 and what has a
// zone is none. https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-ip-address-library
import { celFunc, CelScalar, type CelFunc, type CelValue } from '@bufbuild/cel';
import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net';
import { opaqueKind, opaqueType } from './opaque.ts';

type Address = { readonly family: 4 | 6; readonly text: string };
type Network = { readonly address: Address; readonly bits: number };

const { BOOL, DYN, STRING } = CelScalar;
const maxLength = 64;

const addresses = opaqueKind<Address>('ip', ({ text }) => text);
const networks = opaqueKind<Network>('cidr', formatNetwork);

/** An address in the one form that each has, or undefined. */
export function parseAddress(text: string): Address | undefined {
  if (text.length > maxLength) return undefined;
  if (isIPv4(text)) return { family: 4, text };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  return isMapped(address) ? undefined : { family: 6, text: address };
}

function isMapped(text: string): boolean {
  return belongs({ family: 6, text }, '::ffff:0:0', 96);
}

/** A network, or undefined. */
export function parseNetwork(text: string): Network | undefined {
  const [written = '', bits = '', ...more] = text.split('/', 3);
  const address = parseAddress(written);
  if (address === undefined || more.length > 0 || !/^(?:0|[1-9]\d{0,2})$/u.test(bits)) return undefined;
  return Number(bits) <= (address.family === 4 ? 32 : 128) ? { address, bits: Number(bits) } : undefined;
}

function formatNetwork({ address, bits }: Network): string {
  return `${address.text}/${bits}`;
}

function belongs({ family, text }: Address, network: string, bits: number): boolean {
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, bits, type);
  return list.check(text, type);
}

function contains({ address, bits }: Network, other: Address): boolean {
  return address.family === other.family && belongs(other, address.text, bits);
}

/** The network without what its mask leaves out. */
function masked({ address, bits }: Network): Network {
  const { family, text } = address;
  const parts = family === 4 ? text.split('.').map(Number) : groupsOf(text);
  const width = family === 4 ? 8 : 16;
  const kept = parts.map((part, index) => {
    const here = Math.min(width, Math.max(0, bits - index * width));
    return part - (part % 2 ** (width - here));
  });
  const written = family === 4 ? kept.join('.') : kept.map((part) => part.toString(16)).join(':');
  return { address: parseAddress(written) ?? address, bits };
}

/** The eight numbers of an address in its own form, which may end in an IPv4 one. */
function groupsOf(text: string): readonly number[] {
  const plain = text.replace(/\d+\.\d+\.\d+\.\d+$/u, (part) => {
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = '', tail] = plain.split('::');
  const read = (part: string): readonly number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const before = read(head);
  const after = read(tail ?? '');
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: missing }, () => 0), ...after];
}

function readAddress(value: CelValue | undefined): Address {
  if (typeof value !== 'string') return addresses.unwrap(value);
  const found = parseAddress(value);
  if (found === undefined) throw new Error('invalid IP address');
  return found;
}

function readNetwork(value: CelValue | undefined): Network {
  if (typeof value !== 'string') return networks.unwrap(value);
  const found = parseNetwork(value);
  if (found === undefined) throw new Error('invalid network');
  return found;
}

/** Of IPv4 and of IPv6: the networks that a property holds in. */
const properties: Readonly<Record<string, Readonly<Record<4 | 6, readonly [string, number]>>>> = {
  isUnspecified: { 4: ['0.0.0.0', 32], 6: ['::', 128] },
  isLoopback: { 4: ['127.0.0.0', 8], 6: ['::1', 128] },
  isLinkLocalMulticast: { 4: ['224.0.0.0', 24], 6: ['ff02::', 16] },
  isLinkLocalUnicast: { 4: ['169.254.0.0', 16], 6: ['fe80::', 10] },
};
/** The second digit of a multicast address of IPv6 is one of flags, which do not say how far it reaches. */
const multicastOfLink = /^ff[0-9a-f]2(?::|$)/u;
const multicast: Readonly<Record<4 | 6, readonly [string, number]>> = {
  4: ['224.0.0.0', 4],
  6: ['ff00::', 8],
};

function has(address: Address, name: string): boolean {
  if (name === 'isLinkLocalMulticast' && address.family === 6) return multicastOfLink.test(address.text);
  const network = properties[name]?.[address.family];
  return network !== undefined && belongs(address, ...network);
}

function isGlobalUnicast(address: Address): boolean {
  const others = ['isUnspecified', 'isLoopback', 'isLinkLocalUnicast'];
  return (
    !others.some((name) => has(address, name)) &&
    !belongs(address, ...multicast[address.family]) &&
    address.text !== '255.255.255.255'
  );
}

export function addressFunctions(): readonly CelFunc[] {
  return [
    celFunc('ip', [STRING], DYN, (text) => addresses.wrap(readAddress(text))),
    celFunc('isIP', [STRING], BOOL, (text) => parseAddress(text) !== undefined),
    celFunc('ip.isCanonical', [STRING], BOOL, (text) => readAddress(text).text === text),
    addresses.method('family', [], ({ family }) => BigInt(family)),
    ...Object.keys(properties).map((name) => addresses.method(name, [], (address) => has(address, name))),
    addresses.method('isGlobalUnicast', [], isGlobalUnicast),
    celFunc('cidr', [STRING], DYN, (text) => networks.wrap(readNetwork(text))),
    celFunc('isCIDR', [STRING], BOOL, (text) => parseNetwork(text) !== undefined),
    networks.method('containsIP', [DYN], (network, other) => contains(network, readAddress(other))),
    networks.method('containsCIDR', [DYN], (network, value) => {
      const other = readNetwork(value);
      return network.bits <= other.bits && contains(network, other.address);
    }),
    networks.method('ip', [], ({ address }) => addresses.wrap(address)),
    networks.method('prefixLength', [], ({ bits }) => BigInt(bits)),
    networks.method('masked', [], (network) => networks.wrap(masked(network))),
    celFunc('string', [opaqueType], STRING, (value) =>
      addresses.is(value) ? addresses.unwrap(value).text : formatNetwork(networks.unwrap(value)),
    ),
  ];
}

// The entries of docker's config.json, of containers' auth.json and of pull secrets: which one is for a registry, and
// what is in it. Hosts are compared whole, with their ports: a prefix of a name is another host ("host confusion").
import * as z from 'zod';
import { RegistryError } from '../../errors.ts';
import { passwordCredential, tokenCredential, type Credential } from './credential.ts';
import type { Place } from './keychain.ts';

const text = z.string().nullish();

/** One entry; members that others write are of no interest. */
export const entrySchema = z.object({
  auth: text,
  username: text,
  password: text,
  identitytoken: text,
  registrytoken: text,
});

export type Entry = z.infer<typeof entrySchema>;

export const entriesSchema = z.record(z.string(), entrySchema);

export type Entries = Readonly<Record<string, Entry>>;

/** Docker Hub's entry has an address of its own, whatever its registry is called. */
const hubHosts: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);
const hubKey = 'https://index.docker.io/v1/';

/** The key under which docker keeps a registry, and by which it asks helpers. */
export function keyOf(registry: string): string {
  return hubHosts.has(registry) ? hubKey : registry;
}

/** An entry for a registry or a part of it, the most exact one; entries without anything in them count for nothing. */
export function findEntry(entries: Entries, { registry, repository }: Place): Entry | undefined {
  const ranked = Object.entries(entries)
    .filter(([, entry]) => !isEmpty(entry))
    .map(([key, entry]) => ({ key, entry, ...splitKey(key) }))
    .filter(({ host, path }) => isSameHost(host, registry) && isWithin(repository ?? '', path))
    // As it is written first, then with a scheme or a version.
    .sort((a, b) => b.path.length - a.path.length || a.key.length - b.key.length);
  return ranked[0]?.entry;
}

/** Every key that stands for the whole of a registry. */
export function keysOf(keys: readonly string[], registry: string): readonly string[] {
  return keys.filter((key) => {
    const { host, path } = splitKey(key);
    return path === '' && isSameHost(host, registry);
  });
}

/** `[SCHEME://]HOST[:PORT][/v1|/v2][/PATH][/]`, its host in lower case. */
function splitKey(key: string): { readonly host: string; readonly path: string } {
  const bare = key.replace(/^https?:\/\//iu, '').replace(/\/+$/u, '');
  const slash = bare.indexOf('/');
  if (slash < 0) return { host: bare.toLowerCase(), path: '' };
  const path = bare.slice(slash + 1).replace(/^v[12](?:\/|$)/u, '');
  return { host: bare.slice(0, slash).toLowerCase(), path };
}

function isSameHost(host: string, registry: string): boolean {
  return host === registry || (hubHosts.has(host) && hubHosts.has(registry));
}

function isWithin(repository: string, path: string): boolean {
  return path === '' || repository === path || repository.startsWith(`${path}/`);
}

function isEmpty({ auth, username, password, identitytoken, registrytoken }: Entry): boolean {
  return [auth, username, password, identitytoken, registrytoken].every(
    (member) => member === undefined || member === null || member === '',
  );
}

/**
 * What an entry says, tokens before passwords, as docker has it.
 * @throws RegistryError `CREDENTIALS_INVALID`
 */
export function readEntry(entry: Entry): Credential {
  if (isText(entry.registrytoken)) return tokenCredential('registry token', entry.registrytoken);
  if (isText(entry.identitytoken)) return tokenCredential('identity token', entry.identitytoken);
  if (isText(entry.auth)) return readAuth(entry.auth);
  return passwordCredential(entry.username ?? '', entry.password ?? '');
}

function isText(member: string | null | undefined): member is string {
  return member !== undefined && member !== null && member !== '';
}

function readAuth(auth: string): Credential {
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/u.test(auth.replaceAll(/[\r\n]/gu, ''));
  const decoded = isBase64 ? Buffer.from(auth, 'base64').toString('utf8') : '';
  const colon = decoded.indexOf(':');
  if (colon <= 0) {
    throw new RegistryError('CREDENTIALS_INVALID', 'member "auth" is not USER:PASSWORD in base64');
  }
  // Old clients padded passwords with NULs, and docker still takes them off.
  return passwordCredential(decoded.slice(0, colon), decoded.slice(colon + 1).replaceAll(/^\0+|\0+$/gu, ''));
}

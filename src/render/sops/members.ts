// Members of a Secret's data that are whole encrypted files, as kustomize's generators make them of files that sops has
// encrypted: each is decrypted by the form that its name says, as Flux does.
import { readOrdered, type Tree } from '../../resources/ordered.ts';
import type { ParsedResource } from '../../resources/parse.ts';
import { formatIdentity, identityOf, type Resource } from '../../resources/resource.ts';
import { decryptGroup, mark, type Opening, type SopsDocument } from './decrypt.ts';
import { isSopsDocument } from './metadata.ts';

/**
 * The objects with such members in clear.
 * @param secrets gets the texts that were encrypted
 * @throws ResourceError `NOT_DECRYPTED` with the file, the object and the member
 */
export function decryptMembers(
  parsed: readonly ParsedResource[],
  opening: Opening,
  secrets: Set<string>,
): readonly ParsedResource[] {
  return parsed.map((one) => {
    const { resource, location } = one;
    const members = membersOf(resource);
    if (members.length === 0) return one;
    const name = formatIdentity(identityOf(resource));
    const data = members.map(([key, value]): [string, unknown] => {
      const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
      if (bytes?.includes(mark) !== true) return [key, value];
      const place = { location, subject: `${name}: data.${key}` };
      const found = readMember(key, bytes, place);
      if (found === undefined) return [key, value];
      const values = decryptGroup(found.documents, opening, secrets).map(([, clear]) => clear);
      return [key, Buffer.from(found.format(values)).toString('base64')];
    });
    return { location, resource: { ...resource, data: Object.fromEntries(data) } };
  });
}

function membersOf({ apiVersion, kind, ...resource }: Resource): readonly [string, unknown][] {
  const data = resource['data'];
  const isSecret = apiVersion === 'v1' && kind === 'Secret';
  return isSecret && typeof data === 'object' && data !== null ? Object.entries(data) : [];
}

type Place = Pick<SopsDocument, 'location' | 'subject'>;
type Member = {
  readonly documents: readonly SopsDocument[];
  readonly format: (values: readonly unknown[]) => string;
};

/** Undefined where it only looks like an encrypted file. */
function readMember(key: string, bytes: Buffer, place: Place): Member | undefined {
  if (key.endsWith('.env')) return readDotenv(bytes.toString('utf8'), place);
  const { documents, problems } = readOrdered(key, bytes);
  if (problems.length > 0 || documents.length === 0) return undefined;
  if (!documents.every(({ value }) => isSopsDocument(value))) return undefined;
  const placed = documents.map(({ tree, value }) => ({ tree, value, ...place }));
  const isTree = /\.(?:ya?ml|json)$/u.test(key);
  return { documents: placed, format: isTree ? formatTrees : formatBinary };
}

/** JSON is YAML as well. */
function formatTrees(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value, undefined, 2)}\n`).join('---\n');
}

/** Any other file is the one text of an object that sops has put around it. */
function formatBinary([value]: readonly unknown[]): string {
  const text = typeof value === 'object' && value !== null && 'data' in value ? value.data : undefined;
  return typeof text === 'string' ? text : '';
}

const prefix = 'sops_';
const envelope = /^sops_age__list_[0-9]{1,3}__map_enc$/u;

/** Lines of `NAME=VALUE`; line breaks in values are escaped, and sops' own names have a prefix. */
function readDotenv(text: string, place: Place): Member | undefined {
  const pairs = text.split('\n').flatMap((line): (readonly [string, string])[] => {
    const at = line.indexOf('=');
    if (line.startsWith('#') || at < 0) return [];
    return [[line.slice(0, at), line.slice(at + 1).replaceAll('\\n', '\n')]];
  });
  const own = pairs.filter(([name]) => name.startsWith(prefix));
  const sops: Record<string, unknown> = {
    ...Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value])),
    age: own.filter(([name]) => envelope.test(name)).map(([, enc]) => ({ enc })),
  };
  if (sops['mac_only_encrypted'] !== undefined)
    sops['mac_only_encrypted'] = sops['mac_only_encrypted'] === 'true';
  const members = pairs
    .filter(([name]) => !name.startsWith(prefix))
    .map(([name, value]) => [name, { kind: 'scalar', value, plain: undefined }] as const);
  const tree: Tree = { kind: 'map', members };
  const value = { sops };
  if (!isSopsDocument(value)) return undefined;
  return { documents: [{ tree, value, ...place }], format: ([clear]) => formatDotenv(clear) };
}

function formatDotenv(clear: unknown): string {
  const entries = typeof clear === 'object' && clear !== null ? Object.entries(clear) : [];
  return entries.map(([name, value]) => `${name}=${String(value).replaceAll('\n', '\\n')}\n`).join('');
}

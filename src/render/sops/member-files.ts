// Whole files that sops has encrypted, as members of a Secret's data hold them: of which form one is, its name says, as Flux
// has it. A file of lines `NAME=VALUE` that kustomize has taken apart, a member a line, is one as well.
import { readOrdered, type Tree } from '../../resources/ordered.ts';
import type { SopsDocument } from './decrypt.ts';
import { isSopsDocument } from './metadata.ts';

export type Place = Pick<SopsDocument, 'location' | 'subject'>;

export type MemberFile = {
  readonly documents: readonly SopsDocument[];
  /** The file in clear, of its documents in clear. */
  readonly format: (values: readonly unknown[]) => string;
};

/** A file by the name of its member; undefined where it only looks like an encrypted one. */
export function readMemberFile(key: string, bytes: Buffer, place: Place): MemberFile | undefined {
  if (key.endsWith('.env')) {
    const document = toDocument(linesOf(bytes.toString('utf8')), place);
    return document && { documents: [document], format: ([clear]) => formatDotenv(clear) };
  }
  const { documents, problems } = readOrdered(key, bytes);
  if (problems.length > 0 || documents.length === 0) return undefined;
  if (!documents.every(({ value }) => isSopsDocument(value))) return undefined;
  const placed = documents.map(({ tree, value }) => ({ tree, value, ...place }));
  const isTree = /\.(?:ya?ml|json)$/u.test(key);
  return { documents: placed, format: isTree ? formatTrees : formatBinary };
}

/** The file that members were made of as `envs`; undefined where they are none such. */
export function readTakenApart(
  members: readonly (readonly [string, Buffer])[],
  place: Place,
): SopsDocument | undefined {
  if (!members.some(([name]) => name === `${prefix}mac`)) return undefined;
  return toDocument(
    members.map(([name, bytes]) => [name, unescape(bytes.toString('utf8'))]),
    place,
  );
}

/** Members in clear, as kustomize would have made them of the file in clear. */
export function formatTakenApart(clear: unknown): readonly (readonly [string, string])[] {
  const entries = typeof clear === 'object' && clear !== null ? Object.entries(clear) : [];
  return entries.map(([name, value]) => [name, String(value).replaceAll('\n', '\\n')]);
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

type Pair = readonly [string, string];

/** Lines of `NAME=VALUE`; line breaks in values are escaped. */
function linesOf(text: string): readonly Pair[] {
  return text.split('\n').flatMap((line): readonly Pair[] => {
    const at = line.indexOf('=');
    if (line.startsWith('#') || at < 0) return [];
    return [[line.slice(0, at), unescape(line.slice(at + 1))]];
  });
}

function unescape(text: string): string {
  return text.replaceAll('\\n', '\n');
}

/** sops' own names have a prefix. */
function toDocument(pairs: readonly Pair[], place: Place): SopsDocument | undefined {
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
  return isSopsDocument(value) ? { tree, value, ...place } : undefined;
}

function formatDotenv(clear: unknown): string {
  return formatTakenApart(clear)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

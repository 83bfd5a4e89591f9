// What an object's managedFields say of us. When anyone changes a field that we own, the API server takes it out of
// our Apply entry: the entry's hash and time tell drift exactly, without looking at a value.
import { hash } from 'node:crypto';
import type { KubeMetadata, ManagedFieldsEntry } from '../../src/kube/object.ts';
import { shareText } from './shared-text.ts';

/** Our Apply entry, compared for equality only. */
export type Fingerprint = { readonly hash: string; readonly time: string };

/** A set of owned fields (structured-merge-diff's fieldsV1). */
export type FieldSet = NonNullable<ManagedFieldsEntry['fieldsV1']>;

/** Our own entry, or undefined where nothing is ours. */
export function findOwnEntry(metadata: KubeMetadata, manager: string): ManagedFieldsEntry | undefined {
  return metadata.managedFields?.find(
    (entry) => entry.manager === manager && entry.operation === 'Apply' && (entry.subresource ?? '') === '',
  );
}

export function fingerprintOf(entry: ManagedFieldsEntry | undefined): Fingerprint | undefined {
  if (entry === undefined) return undefined;
  const digest = hash('sha256', JSON.stringify(entry.fieldsV1 ?? {}), 'buffer');
  return {
    hash: shareText(digest.subarray(0, 16).toString('base64url')),
    time: shareText(entry.time ?? ''),
  };
}

/** Names of members and items on the way to a field, as fieldsV1 has them. */
export type FieldPath = readonly string[];

/** Paths of the leaves in the first set that the second lacks. */
export function* lostPaths(
  before: FieldSet,
  after: FieldSet | undefined,
  above: FieldPath = [],
): Generator<FieldPath> {
  for (const [name, child] of Object.entries(before)) {
    // "." stands for the map or item itself: its fields say more.
    if (name === '.') continue;
    const path = [...above, name];
    const other = after?.[name];
    const below = fieldsBelow(child);
    if (below !== undefined) yield* lostPaths(below, isFieldSet(other) ? other : undefined, path);
    else if (other === undefined) yield path;
  }
}

/** The fields below a field; undefined where it is owned as a whole. */
export function fieldsBelow(child: unknown): FieldSet | undefined {
  return isFieldSet(child) && Object.keys(child).some((field) => field !== '.') ? child : undefined;
}

/** A path as people write it. */
export function formatPath(path: FieldPath): string {
  return path.map(formatField).join('');
}

/** Names of the managers, other than ours, whose latest writes hold any of the paths that we lost. */
export function takersOf(metadata: KubeMetadata, manager: string, before: FieldSet): readonly string[] {
  const own = findOwnEntry(metadata, manager)?.fieldsV1;
  const takers = metadata.managedFields?.filter((entry) => {
    if (entry.manager === manager || entry.fieldsV1 === undefined || entry.subresource === 'status')
      return false;
    return sharesLost(before, own, entry.fieldsV1);
  });
  return [
    ...new Set(
      takers?.map(
        (entry) => `${entry.manager ?? 'unknown'}${entry.subresource ? ` (${entry.subresource})` : ''}`,
      ),
    ),
  ];
}

/** Whether `theirs` holds a leaf that `before` has and `own` lacks. */
function sharesLost(before: FieldSet, own: FieldSet | undefined, theirs: FieldSet): boolean {
  return Object.entries(before).some(([name, child]) => {
    const other = theirs[name];
    if (other === undefined) return false;
    const mine = own?.[name];
    if (!isFieldSet(child) || Object.keys(child).length === 0) return mine === undefined;
    return isFieldSet(other) && sharesLost(child, isFieldSet(mine) ? mine : undefined, other);
  });
}

/** `f:spec` is a member, `k:{"name":"x"}` an item by key, `v:"x"` one by value, `i:0` one by its index. */
function formatField(name: string): string {
  if (name.startsWith('f:')) return formatMember(name.slice(2));
  return `[${name.slice(2)}]`;
}

function formatMember(name: string): string {
  return /^[A-Za-z0-9_-]+$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

export function isFieldSet(value: unknown): value is FieldSet {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

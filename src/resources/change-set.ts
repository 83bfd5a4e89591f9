// What differs between two sets of objects: by identity, so that an object of another version is a change and one of
// another name or namespace is another object.
import { diffLimits } from '../limits.ts';
import { identityKey, identityOf, type Resource, type ResourceIdentity } from './resource.ts';
import { compareByStage } from './stages.ts';

export type ChangedResource = {
  readonly before: Resource;
  readonly after: Resource;
  /** Fields that differ, as `spec.replicas` or `metadata.labels["a.b/c"]`; of many only the first. */
  readonly fields: readonly string[];
};

/** Every list in the order of applying, deletions in that of pruning. */
export type ChangeSet = {
  readonly created: readonly Resource[];
  readonly changed: readonly ChangedResource[];
  readonly unchanged: readonly Resource[];
  readonly deleted: readonly Resource[];
};

/** Compares what is there with what shall be; no identity may stand in either list twice. */
export function compareResources(before: readonly Resource[], after: readonly Resource[]): ChangeSet {
  const old = new Map(before.map((resource) => [identityKey(identityOf(resource)), resource]));
  const created: Resource[] = [];
  const changed: ChangedResource[] = [];
  const unchanged: Resource[] = [];
  for (const resource of sortByStage(after)) {
    const key = identityKey(identityOf(resource));
    const previous = old.get(key);
    old.delete(key);
    if (previous === undefined) {
      created.push(resource);
      continue;
    }
    const fields = findChangedFields(previous, resource);
    if (fields.length === 0) unchanged.push(resource);
    else changed.push({ before: previous, after: resource, fields });
  }
  return { created, changed, unchanged, deleted: sortByStage([...old.values()]).toReversed() };
}

/** Objects in the order in which they are applied. */
export function sortByStage(resources: readonly Resource[]): readonly Resource[] {
  const identified: readonly (readonly [ResourceIdentity, Resource])[] = resources.map((resource) => [
    identityOf(resource),
    resource,
  ]);
  return identified.toSorted(([one], [other]) => compareByStage(one, other)).map(([, resource]) => resource);
}

/** The paths of what differs, deepest fields first named, at most `diffLimits.fields`. */
export function findChangedFields(before: unknown, after: unknown): readonly string[] {
  const fields: string[] = [];
  const open: { before: unknown; after: unknown; path: string }[] = [{ before, after, path: '' }];
  for (let next = open.pop(); next !== undefined && fields.length < diffLimits.fields; next = open.pop()) {
    const keys = commonKeys(next.before, next.after);
    if (keys === undefined) {
      if (!Object.is(normalZero(next.before), normalZero(next.after))) fields.push(next.path);
      continue;
    }
    for (const key of keys.toReversed()) {
      open.push({
        before: memberOf(next.before, key),
        after: memberOf(next.after, key),
        path: appendPath(next.path, key),
      });
    }
  }
  return fields;
}

/** Keys of two maps or indexes of two lists, or undefined where there is nothing to go into. */
function commonKeys(before: unknown, after: unknown): readonly (string | number)[] | undefined {
  if (Array.isArray(before) && Array.isArray(after)) {
    return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index);
  }
  if (!isMap(before) || !isMap(after)) return undefined;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
}

function memberOf(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** JSON has one zero. */
function normalZero(value: unknown): unknown {
  return value === 0 ? 0 : value;
}

function appendPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/u.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

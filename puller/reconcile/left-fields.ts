// Fields that are left to others: by ignore rules of the Delivery, or to an autoscaler. They are sent when the object is
// made; once it exists, what we still own of them is sent as it stands in the cluster, and what others took is not sent.
import { isDeepStrictEqual } from 'node:util';
import { parsePointer } from '../../src/render/ignore.ts';
import { fieldsBelow, isFieldSet, type FieldPath, type FieldSet } from './own-fields.ts';

/** A JSON pointer's members. */
export type Pointer = readonly string[];

/** Replicas, which autoscalers set through the subresource `scale`. */
export const replicasPointer = '/spec/replicas';

const gone = Symbol('gone');

/** Whether a field lies under one of the pointers; lists are looked up in the object that we apply. */
export function isLeftPath(path: FieldPath, pointers: readonly string[], body: unknown): boolean {
  return pointers.some((pointer) => coversPath(parsePointer(pointer), path, body));
}

function coversPath(pointer: Pointer, path: FieldPath, body: unknown): boolean {
  let value = body;
  for (const [depth, token] of pointer.entries()) {
    const name = path[depth];
    if (name === undefined) return false;
    if (Array.isArray(value)) {
      value = itemAt(value, token);
      if (name !== `i:${token}` && !isItem(name, value)) return false;
    } else {
      if (name !== `f:${token}`) return false;
      value = memberOf(value, token);
    }
  }
  return true;
}

/** Whether we own anything of what the pointers name. */
export function ownsLeft(own: FieldSet | undefined, pointers: readonly string[], body: unknown): boolean {
  return pointers.some((pointer) => {
    let value = body;
    let owned: unknown = own;
    for (const token of parsePointer(pointer)) {
      const below = fieldsBelow(owned);
      // What is owned as a whole holds it.
      if (below === undefined) return owned !== undefined;
      if (Array.isArray(value)) {
        value = itemAt(value, token);
        owned = itemFields(below, value)?.[1];
      } else {
        owned = below[`f:${token}`];
        value = memberOf(value, token);
      }
    }
    return owned !== undefined;
  });
}

/**
 * The object as it is sent where it exists: of what the pointers name, the live values of what we own.
 * @param live the object as it is in the cluster
 * @param own the fields of ours there
 */
export function withoutLeft(
  body: object,
  pointers: readonly string[],
  { live, own }: { readonly live: unknown; readonly own: FieldSet | undefined },
): object {
  let left: unknown = body;
  for (const pointer of pointers) left = replaceAt(left, parsePointer(pointer), { live, own });
  // Items are taken out last, since pointers count them.
  return dropGone(left) as object; // the body itself is never gone: its name can't be left to others
}

type Standing = { readonly live: unknown; readonly own: unknown };

function replaceAt(value: unknown, pointer: Pointer, { live, own }: Standing): unknown {
  const [token, ...rest] = pointer;
  if (token === undefined) return project(live, own);
  const below = fieldsBelow(own);
  if (Array.isArray(value)) {
    const item = itemAt(value, token);
    if (item === undefined) return value;
    const next = replaceAt(item, rest, itemStanding(item, token, { live, own }));
    return value.map((other: unknown, index) => (String(index) === token ? next : other));
  }
  if (!isFieldSet(value) || !Object.hasOwn(value, token)) return value;
  const { [token]: member, ...others } = value;
  const isWhole = own !== undefined && below === undefined;
  const next = replaceAt(member, rest, {
    live: memberOf(live, token),
    own: isWhole ? own : below?.[`f:${token}`],
  });
  if (next !== gone) return { ...value, [token]: next };
  // An empty map would be a field of its own.
  return Object.keys(others).length === 0 ? gone : others;
}

/** A list that is owned as a whole has its items by their places, others by their keys. */
function itemStanding(item: unknown, token: string, { live, own }: Standing): Standing {
  const items: readonly unknown[] = Array.isArray(live) ? live : [];
  const below = fieldsBelow(own);
  if (below === undefined) return { live: itemAt(items, token), own };
  const [name, owned] = itemFields(below, item) ?? [];
  if (name === undefined) return { live: undefined, own: undefined };
  return { live: items.find((other) => isItem(name, other)), own: owned };
}

/** What of a live value is ours. */
function project(live: unknown, own: unknown): unknown {
  if (own === undefined || live === undefined) return gone;
  const below = fieldsBelow(own);
  if (below === undefined) return live;
  if (Array.isArray(live)) {
    return live.flatMap((item: unknown) => {
      const found = itemFields(below, item);
      const ours = found === undefined ? gone : project(item, found[1]);
      return ours === gone ? [] : [ours];
    });
  }
  const members = Object.entries(below).flatMap(([name, child]) => {
    const ours = name === '.' ? gone : project(memberOf(live, name.slice(2)), child);
    return ours === gone ? [] : [[name.slice(2), ours] as const];
  });
  return Object.fromEntries(members);
}

function dropGone(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== gone).map(dropGone);
  if (!isFieldSet(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, dropGone(member)]));
}

/**
 * Fields of an object that we apply and own no longer, where what we owned before is not known; items of lists by their
 * places, since only the API server knows their keys.
 */
export function* missingPaths(
  body: unknown,
  own: FieldSet | undefined,
  above: FieldPath = [],
): Generator<FieldPath> {
  for (const [name, value] of stepsOf(body, own, above)) {
    const path = [...above, name];
    const owned = own?.[name];
    if (owned === undefined) yield* leavesOf(value, path);
    else {
      const below = fieldsBelow(owned);
      if (below !== undefined) yield* missingPaths(value, below, path);
    }
  }
}

/** Members or items with their names in our fields. */
function stepsOf(
  value: unknown,
  own: FieldSet | undefined,
  above: FieldPath,
): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => [itemFields(own ?? {}, item)?.[0] ?? `i:${index}`, item]);
  }
  if (!isFieldSet(value)) return [];
  return Object.entries(value).flatMap(([name, member]): (readonly [string, unknown])[] =>
    member === null || isName(above, name) ? [] : [[`f:${name}`, member]],
  );
}

/** What names an object is nobody's field. */
function isName(above: FieldPath, name: string): boolean {
  if (above.length === 0) return name === 'apiVersion' || name === 'kind';
  return above.length === 1 && above[0] === 'f:metadata' && (name === 'name' || name === 'namespace');
}

function* leavesOf(value: unknown, path: FieldPath): Generator<FieldPath> {
  const steps = stepsOf(value, undefined, path);
  if (steps.length === 0) yield path;
  for (const [name, child] of steps) yield* leavesOf(child, [...path, name]);
}

/** The name and the fields of a list's item. */
function itemFields(below: FieldSet, item: unknown): readonly [string, unknown] | undefined {
  return Object.entries(below).find(([name]) => isItem(name, item));
}

/** `k:{"name":"x"}` is the item with these keys, `v:"x"` the one with this value. A key may be a default of the server. */
function isItem(name: string, item: unknown): boolean {
  const form = name.slice(0, 2);
  if (form !== 'k:' && form !== 'v:') return false;
  let wanted: unknown;
  try {
    wanted = JSON.parse(name.slice(2));
  } catch {
    return false;
  }
  if (form === 'v:') return isDeepStrictEqual(wanted, item);
  if (!isFieldSet(wanted) || !isFieldSet(item)) return false;
  return Object.entries(wanted).every(
    ([key, value]) => !Object.hasOwn(item, key) || isDeepStrictEqual(item[key], value),
  );
}

function itemAt(items: readonly unknown[], token: string): unknown {
  return /^(?:0|[1-9]\d{0,6})$/u.test(token) ? items[Number(token)] : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return isFieldSet(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

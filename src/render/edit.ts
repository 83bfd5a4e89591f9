// Objects as plain values of JSON, and edits that leave the value that they are given as it is. Members are looked up
// as own ones only: `__proto__` is a name like any other.
import type { Value } from '../resources/values.ts';

export type ValueMap = { readonly [key: string]: Value };

export function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** A member, where the value is a map that has it. */
export function memberOf(value: Value | undefined, key: string): Value | undefined {
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** A member that is text, or nothing. */
export function textOf(value: Value | undefined, key: string): string {
  const member = memberOf(value, key);
  return typeof member === 'string' ? member : '';
}

/** The map with the member, at its place or behind the others. */
export function withMember(map: ValueMap, key: string, value: Value): ValueMap {
  if (Object.hasOwn(map, key) && map[key] === value) return map;
  // A computed key never is the prototype.
  return { ...map, [key]: value };
}

/** The map without the member. */
export function withoutMember(map: ValueMap, key: string): ValueMap {
  if (!Object.hasOwn(map, key)) return map;
  return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
}

/** The value with what a path leads to changed, through all items of the lists on its way; what is not there stays so. */
export function changeAt(value: Value, path: readonly string[], change: (found: Value) => Value): Value {
  const [step, ...rest] = path;
  if (step === undefined) return change(value);
  if (isList(value)) return changeItems(value, (item) => changeAt(item, path, change));
  const member = memberOf(value, step);
  if (!isMap(value) || member === undefined || member === null) return value;
  return withMember(value, step, changeAt(member, rest, change));
}

/** The list with its items changed; the same one, where none is. */
export function changeItems(items: readonly Value[], change: (item: Value) => Value): readonly Value[] {
  const changed = items.map(change);
  return changed.some((item, index) => item !== items[index]) ? changed : items;
}

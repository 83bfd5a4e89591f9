// What rules see: the object with its defaults, and each value with the type that its schema gives it. Fields without a
// schema are not there, and names that CEL could not write are escaped.
// https://kubernetes.io/docs/reference/using-api/cel/#escaping
import type { RuleValue } from '../expressions/rule.ts';
import { schemaLimits } from '../limits.ts';
import { isMap, type SchemaNode, type ValueType } from './node.ts';
import { spend, type Budget } from './run.ts';

/** The object as the API server has it before its rules are evaluated. */
export function withDefaults(value: unknown, node: SchemaNode, budget: Budget): unknown {
  spend(budget, 1);
  if (Array.isArray(value)) {
    const { items } = node;
    return items === undefined ? value : value.map((one) => withDefaults(one, items, budget));
  }
  if (!isMap(value)) return value;
  const completed = new Map<string, unknown>();
  // A default is filled in at each place, and takes memory there.
  spend(budget, schemaLimits.copiedValue * (Object.keys(value).length + 1));
  for (const [key, one] of Object.entries(value)) {
    const child = memberOf(node, key);
    if (one === null && child?.nullable !== true) continue;
    completed.set(key, child === undefined ? one : withDefaults(one, child, budget));
  }
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    if (child.default === undefined || completed.has(name)) continue;
    completed.set(name, withDefaults(child.default.value, child, budget));
  }
  return Object.fromEntries(completed);
}

/** The schema of what stands under a key, where there is one. */
export function memberOf(node: SchemaNode, key: string): SchemaNode | undefined {
  const { properties, additionalProperties } = node;
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  return additionalProperties === true ? undefined : additionalProperties;
}

/** Gives a value below, whose schema is another one, its own form. */
type Inner = (value: unknown, node: SchemaNode) => RuleValue | undefined;
type Reader = (value: unknown, node: SchemaNode, inner: Inner) => RuleValue | undefined;

const readers: Readonly<Record<ValueType, Reader>> = {
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  integer: toInteger,
  'int-or-string': (value) => (typeof value === 'string' ? value : toInteger(value)),
  number: (value) => (typeof value === 'number' ? value : undefined),
  string: (value, { format }) => (typeof value === 'string' ? toText(value, format) : undefined),
  array: toList,
  object: (value, node, inner) => (isMap(value) ? toMap(value, node, inner) : undefined),
  quantity: () => undefined,
};

/**
 * A value as rules see it; undefined where the schema does not say what it is.
 * @throws CheckLimitError
 */
export function toRuleValue(value: unknown, node: SchemaNode, budget: Budget): RuleValue | undefined {
  const read: Inner = (one, schema) => {
    spend(budget, 1);
    if (one === null) return null;
    return schema.type === undefined ? undefined : readers[schema.type](one, schema, read);
  };
  return read(value, node);
}

function toInteger(value: unknown): RuleValue | undefined {
  return Number.isInteger(value) ? BigInt(Number(value)) : undefined;
}

function toText(text: string, format: string | undefined): RuleValue {
  if (format === 'date' || format === 'date-time') return { type: 'timestamp', text };
  if (format === 'duration') return { type: 'duration', text };
  return format === 'byte' ? Uint8Array.from(Buffer.from(text, 'base64')) : text;
}

function toList(value: unknown, { items, uniqueBy }: SchemaNode, inner: Inner): RuleValue | undefined {
  if (!Array.isArray(value) || items === undefined) return undefined;
  const list = value.map((one) => inner(one, items));
  if (!list.every((one) => one !== undefined)) return undefined;
  return uniqueBy === undefined ? list : { type: 'set', items: list };
}

function toMap(
  map: Readonly<Record<string, unknown>>,
  node: SchemaNode,
  inner: Inner,
): Map<string, RuleValue> {
  const { properties, additionalProperties } = node;
  const found = new Map<string, RuleValue>();
  for (const [key, one] of Object.entries(map)) {
    const isProperty = properties !== undefined && Object.hasOwn(properties, key);
    const child = isProperty ? properties[key] : additionalProperties;
    const name = isProperty ? escapeName(key) : key;
    if (child === undefined || child === true || name === undefined) continue;
    const value = inner(one, child);
    if (value !== undefined) found.set(name, value);
  }
  if (node.isEmbedded !== true) return found;
  // Of a whole object, rules see what it is and its name.
  return new Map([...found, ...toMap(map, identity, inner)]);
}

const text: SchemaNode = { type: 'string' };
const identity: SchemaNode = {
  type: 'object',
  properties: {
    apiVersion: text,
    kind: text,
    metadata: { type: 'object', properties: { name: text, generateName: text } },
  },
};

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return void var while'.split(
    ' ',
  ),
);
const escapes: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};

/** The name of a property in an expression; undefined for one that no expression can name. */
export function escapeName(name: string): string | undefined {
  if (!/^[A-Za-z_.\-/][\w.\-/]*$/u.test(name)) return undefined;
  if (reserved.has(name)) return `__${name}__`;
  return name.replaceAll(/__|[.\-/]/gu, (part) => escapes[part] ?? part);
}

// CustomResourceDefinitions to schemas. They come from anyone: what the API server would refuse, and what would take too
// long, is refused with the place of it.
import * as z from 'zod';
import { errorMessageOf } from '../errors.ts';
import { schemaLimits } from '../limits.ts';
import { isMap, type KindSchema, type SchemaNode, type ValueType } from './node.ts';
import { compilePattern } from './patterns.ts';
import { readRules, rulesSchema } from './rules.ts';
import { CheckLimitError, spend, type Budget } from './run.ts';

/** What a part of a pattern takes to be compiled, against a step of its use. */
const stepsOfCompiling = 10;

/** A CRD that can't be used; `path` leads to what is wrong. */
export class DefinitionError extends Error {
  readonly path: readonly string[];

  constructor(path: readonly string[], message: string) {
    super(message);
    this.path = path;
  }
}

const definitionSchema = z.looseObject({
  spec: z.looseObject({
    group: z.string(),
    names: z.looseObject({ kind: z.string() }),
    preserveUnknownFields: z.boolean().nullish(),
    versions: z.array(
      z.looseObject({
        name: z.string(),
        served: z.boolean().nullish(),
        schema: z.looseObject({ openAPIV3Schema: z.unknown().optional() }).nullish(),
        subresources: z.looseObject({ status: z.unknown().optional() }).nullish(),
      }),
    ),
  }),
});

const count = z.int().nonnegative().nullish();
const nodes = z.array(z.unknown()).nullish();

/** A part of a schema as CRDs have it; what is in it is read in its turn. */
const nodeSchema = z.looseObject({
  $ref: z.undefined('is not allowed in a CRD').optional(),
  type: z.enum(['', 'object', 'array', 'string', 'integer', 'number', 'boolean']).nullish(),
  format: z.string().nullish(),
  properties: z.record(z.string(), z.unknown()).nullish(),
  required: z.array(z.string()).nullish(),
  items: z.unknown().optional(),
  additionalProperties: z
    .union([z.boolean(), z.record(z.string(), z.unknown())], 'must be a boolean or a schema')
    .nullish(),
  enum: z.array(z.unknown()).nullish(),
  pattern: z.string().nullish(),
  minimum: z.number().nullish(),
  maximum: z.number().nullish(),
  exclusiveMinimum: z.boolean().nullish(),
  exclusiveMaximum: z.boolean().nullish(),
  multipleOf: z.number().positive().nullish(),
  minLength: count,
  maxLength: count,
  minItems: count,
  maxItems: count,
  uniqueItems: z.boolean().nullish(),
  minProperties: count,
  maxProperties: count,
  nullable: z.boolean().nullish(),
  default: z.unknown().optional(),
  allOf: nodes,
  anyOf: nodes,
  oneOf: nodes,
  not: z.unknown().optional(),
  'x-kubernetes-preserve-unknown-fields': z.boolean().nullish(),
  'x-kubernetes-int-or-string': z.boolean().nullish(),
  'x-kubernetes-embedded-resource': z.boolean().nullish(),
  'x-kubernetes-list-type': z.string().nullish(),
  'x-kubernetes-list-map-keys': z.array(z.string()).nullish(),
  'x-kubernetes-validations': rulesSchema.nullish(),
});

type RawNode = z.infer<typeof nodeSchema>;

/** Keys of a schema that are taken over as they are. */
const plainKeys = [
  'format',
  'required',
  'enum',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'nullable',
] as const;

type Reading = { nodes: number; patternsParts: number; readonly budget: Budget };
type Part = { readonly value: unknown; readonly path: readonly string[]; readonly depth: number };

/** The kind that a CRD defines, and its versions: undefined for one that is not served. */
export type Definition = {
  readonly group: string;
  readonly kind: string;
  readonly versions: ReadonlyMap<string, KindSchema | undefined>;
};

/** Group and kind that a CRD defines, or undefined where it has none. */
export function definedKindOf(
  object: unknown,
): { readonly group: string; readonly kind: string } | undefined {
  const spec = isMap(object) && isMap(object['spec']) ? object['spec'] : {};
  const names = isMap(spec['names']) ? spec['names'] : {};
  const { group } = spec;
  const { kind } = names;
  return typeof group === 'string' && typeof kind === 'string' ? { group, kind } : undefined;
}

/** @throws DefinitionError, CheckLimitError */
export function readDefinition(object: unknown, budget: Budget): Definition {
  const { group, names, versions, preserveUnknownFields } = parse(definitionSchema, object, []).spec;
  const preservesUnknown = preserveUnknownFields === true ? { preservesUnknown: true } : {};
  const read = versions.map(
    ({ name, served, schema, subresources }, index): [string, KindSchema | undefined] => {
      const path = ['spec', 'versions', `${index}`, 'schema', 'openAPIV3Schema'];
      if (schema?.openAPIV3Schema === undefined)
        throw new DefinitionError(path.slice(0, 3), 'version has no schema');
      const reading = { nodes: 0, patternsParts: 0, budget };
      const root = {
        ...readNode(reading, { value: schema.openAPIV3Schema, path, depth: 0 }),
        ...preservesUnknown,
      };
      const hasStatusSubresource = isMap(subresources?.status);
      return [name, served === true ? { root, isBuiltIn: false, hasStatusSubresource } : undefined];
    },
  );
  return { group, kind: names.kind, versions: new Map(read) };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, path: readonly string[]): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new DefinitionError([...path, ...(issue?.path ?? []).map(String)], issue?.message ?? 'is not valid');
}

function readNode(reading: Reading, { value, path, depth }: Part): SchemaNode {
  reading.nodes += 1;
  spend(reading.budget, 1);
  if (reading.nodes > schemaLimits.nodes) {
    throw new DefinitionError(path, `schema has more than ${schemaLimits.nodes} parts`);
  }
  if (depth > schemaLimits.depth) {
    throw new DefinitionError(path, `schema nests deeper than ${schemaLimits.depth} levels`);
  }
  const raw = parse(nodeSchema, value, path);
  const inner = (child: unknown, ...steps: readonly string[]): SchemaNode =>
    readNode(reading, { value: child, path: [...path, ...steps], depth: depth + 1 });
  const list = (key: 'allOf' | 'anyOf' | 'oneOf'): SchemaNode => {
    const found = raw[key]?.map((child, index) => inner(child, key, `${index}`));
    return found === undefined || found.length === 0 ? {} : { [key]: found };
  };
  return {
    ...Object.fromEntries(
      plainKeys.flatMap((key) => (raw[key] === null || raw[key] === undefined ? [] : [[key, raw[key]]])),
    ),
    ...readType(raw),
    ...readMembers(raw, inner),
    ...(raw.pattern === undefined || raw.pattern === null
      ? {}
      : { pattern: readPattern(reading, raw.pattern, [...path, 'pattern']) }),
    ...(raw.default === undefined ? {} : { default: { value: raw.default } }),
    ...readRules(raw['x-kubernetes-validations'] ?? [], [...path, 'x-kubernetes-validations']),
    ...list('allOf'),
    ...list('anyOf'),
    ...list('oneOf'),
    ...(isMap(raw.not) ? { not: inner(raw.not, 'not') } : {}),
  };
}

function readType(raw: RawNode): SchemaNode {
  const { type } = raw;
  const named: ValueType | undefined = type === '' || type === null ? undefined : type;
  const uniqueBy = raw['x-kubernetes-list-type'] === 'map' ? (raw['x-kubernetes-list-map-keys'] ?? []) : [];
  const isUnique = /^(?:map|set)$/u.test(raw['x-kubernetes-list-type'] ?? '');
  const isIntOrString = raw['x-kubernetes-int-or-string'] === true;
  return {
    ...(isIntOrString ? { type: 'int-or-string' } : named === undefined ? {} : { type: named }),
    ...(raw['x-kubernetes-preserve-unknown-fields'] === true ? { preservesUnknown: true } : {}),
    ...(raw['x-kubernetes-embedded-resource'] === true ? { isEmbedded: true } : {}),
    ...(isUnique ? { uniqueBy } : {}),
  };
}

function readMembers(
  raw: RawNode,
  inner: (child: unknown, ...steps: readonly string[]) => SchemaNode,
): SchemaNode {
  const { properties, items, additionalProperties } = raw;
  const named = Object.entries(properties ?? {}).map(([name, child]): [string, SchemaNode] => [
    name,
    inner(child, 'properties', name),
  ]);
  return {
    ...(named.length === 0 ? {} : { properties: Object.fromEntries(named) }),
    ...(items === undefined || items === null ? {} : { items: inner(items, 'items') }),
    ...(additionalProperties === true ? { additionalProperties } : {}),
    ...(isMap(additionalProperties)
      ? { additionalProperties: inner(additionalProperties, 'additionalProperties') }
      : {}),
  };
}

function readPattern(
  reading: Reading,
  text: string,
  path: readonly string[],
): SchemaNode['pattern'] & object {
  try {
    const pattern = compilePattern(text);
    reading.patternsParts += pattern.weight;
    spend(reading.budget, pattern.weight * stepsOfCompiling);
    if (reading.patternsParts <= schemaLimits.patternsParts) return pattern;
  } catch (cause) {
    if (cause instanceof CheckLimitError) throw cause;
    throw new DefinitionError(path, errorMessageOf(cause, 400));
  }
  throw new DefinitionError(path, 'patterns of the schema are too long together');
}

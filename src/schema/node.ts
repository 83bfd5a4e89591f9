// What schemas are here, those of built-in kinds and those of CRDs alike: structural ones, of plain data. And what is
// said of a value that does not fit.
import type { SchemaPattern } from './patterns.ts';

/** Types of JSON, and two of Kubernetes that are written as text or as a number. */
export type ValueType =
  'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'int-or-string' | 'quantity';

export type SchemaNode = {
  /** Name of a built-in definition that stands for this one. */
  readonly ref?: string;
  readonly type?: ValueType;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  /** Schema of values under other keys, or that these may be anything. */
  readonly additionalProperties?: SchemaNode | true;
  readonly enum?: readonly unknown[];
  readonly pattern?: SchemaPattern;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly nullable?: boolean;
  /** What the API server fills in where the field is absent. */
  readonly default?: { readonly value: unknown };
  readonly preservesUnknown?: boolean;
  /** A whole object of Kubernetes, with apiVersion, kind and metadata of its own. */
  readonly isEmbedded?: boolean;
  /** Keys that items of a list are told apart by; none: by the whole item. */
  readonly uniqueBy?: readonly string[];
  readonly allOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly not?: SchemaNode;
  /** Expressions that must hold of the value. */
  readonly rules?: readonly SchemaRule[];
};

/** A rule of `x-kubernetes-validations`. */
export type SchemaRule = {
  readonly text: string;
  readonly message?: string;
  readonly messageExpression?: string;
  /** Steps from the value to the field that is to blame. */
  readonly fieldPath: readonly string[];
  /** The place of the rule in its CRD. */
  readonly path: readonly string[];
};

/** The schema of a kind, and whose rules it follows: Go's decoder reads built-in kinds, a schema CRDs' ones. */
export type KindSchema = {
  readonly root: SchemaNode;
  readonly isBuiltIn: boolean;
  /** A status in a file is thrown away. */
  readonly hasStatusSubresource: boolean;
};

export type SchemaProblem = {
  readonly code: 'FIELD_UNKNOWN' | 'FIELD_INVALID';
  readonly path: readonly string[];
  /** What should stand there. */
  readonly expected: string;
  /** What stands there, never the value itself: it may be a Secret's. */
  readonly found: string;
  /** The rule that does not hold; `expected` is then its message. */
  readonly rule?: string;
};

/** A path as people write it: `spec.containers[0].image`, `metadata.labels["a.b/c"]`. */
export function formatPath(path: readonly string[]): string {
  return path.reduce((text, step) => {
    if (/^\d+$/u.test(step)) return `${text}[${step}]`;
    const shown = step.length > 100 ? `${step.slice(0, 100)}…` : step;
    if (!/^[A-Za-z_$][\w$-]*$/u.test(step)) return `${text}[${JSON.stringify(shown)}]`;
    return text === '' ? shown : `${text}.${shown}`;
  }, '');
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Rules of CRDs (`x-kubernetes-validations`): CEL on `self`, with the functions that the API server adds. An expression
// that can not be compiled here, and an evaluation that ends in what this evaluator may alone not know, are told apart
// from a rule that fails. https://kubernetes.io/docs/reference/using-api/cel/
import { celEnv, celList, celMap, isCelError, parse, plan, type CelFunc, type CelInput } from '@bufbuild/cel';
import { addressFunctions } from './kubernetes/addresses.ts';
import { equalityFunctions, unordered } from './kubernetes/equality.ts';
import { formatFunctions } from './kubernetes/formats.ts';
import { listFunctions } from './kubernetes/lists.ts';
import { quantityFunctions } from './kubernetes/quantities.ts';
import { textFunctions } from './kubernetes/texts.ts';
import { urlFunctions } from './kubernetes/urls.ts';
import { type Meter } from './meter.ts';
import { createCompiler, type Evaluated } from './program.ts';

/** What a schema makes of JSON: bigint is an int of CEL, number a double. */
export type RuleValue =
  | null
  | boolean
  | string
  | bigint
  | number
  | Uint8Array
  | readonly RuleValue[]
  | ReadonlyMap<string, RuleValue>
  | RuleSet
  | RuleTime;

/** A list whose order says nothing. */
export type RuleSet = { readonly type: 'set'; readonly items: readonly RuleValue[] };

/** Text that stands for a time or a span of it. */
export type RuleTime = { readonly type: 'timestamp' | 'duration'; readonly text: string };

export type RuleOutcome =
  | { readonly outcome: 'value'; readonly value: unknown }
  /** The API server fails on it, too: a field that is not there, a number too large. */
  | { readonly outcome: 'failed' }
  | { readonly outcome: 'unchecked'; readonly reason: string };

export type Rule = {
  /** Never throws. */
  evaluate(self: RuleValue): RuleOutcome & { readonly steps: number };
};

const types = ['int', 'uint', 'double', 'bool', 'string', 'bytes', 'list', 'map', 'null_type', 'type'];
const certain =
  /field not found|out of bounds|divide by zero|modulus|overflow|Cannot convert|invalid |no such key/u;

/**
 * What compiles rules; it throws ExpressionError.
 * @param steps that one evaluation may take
 */
export function createRuleCompiler(steps: number): (text: string) => Rule {
  const compile = createCompiler({
    variables: ['self', ...types],
    subject: 'rule',
    steps,
    functions: (meter, patterns): readonly CelFunc[] => [
      ...textFunctions(meter, patterns),
      ...equalityFunctions(meter),
      ...listFunctions(meter),
      ...quantityFunctions(),
      ...addressFunctions(),
      ...urlFunctions(),
      ...formatFunctions(),
    ],
  });
  return (text) => {
    const program = compile(text);
    return {
      evaluate: (self) => {
        const evaluated = program.evaluate((meter) => ({ self: toCel(self, meter) }));
        return { ...outcomeOf(evaluated), steps: evaluated.steps };
      },
    };
  };
}

function outcomeOf(evaluated: Evaluated): RuleOutcome {
  if ('value' in evaluated) return { outcome: 'value', value: evaluated.value };
  if (certain.test(evaluated.failed) && !/takes more than \d+ steps/u.test(evaluated.failed))
    return { outcome: 'failed' };
  return { outcome: 'unchecked', reason: evaluated.failed };
}

function toCel(value: RuleValue, meter: Meter): CelInput {
  meter.spend(1);
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return celList(value.map((one: RuleValue) => toCel(one, meter)));
  if (isMap(value)) return celMap(new Map([...value].map(([key, one]) => [key, toCel(one, meter)])));
  // All others were told apart.
  const rest = value as RuleTime | RuleSet;
  if (rest.type !== 'set') return toTime(rest);
  const list = celList(rest.items.map((one) => toCel(one, meter)));
  unordered.add(list);
  return list;
}

function isMap(value: object): value is ReadonlyMap<string, RuleValue> {
  return value instanceof Map;
}

/** The library makes times where it evaluates. */
const timeMakers = {
  timestamp: plan(celEnv(), parse('timestamp(text)')),
  duration: plan(celEnv(), parse('duration(text)')),
};

/** @throws Error where it is none */
function toTime({ type, text }: RuleTime): CelInput {
  // The API server takes days for times; the library does not.
  const made = timeMakers[type]({
    text: type === 'timestamp' && /^\d{4}-\d{2}-\d{2}$/u.test(text) ? `${text}T00:00:00Z` : text,
  });
  if (isCelError(made)) throw new Error(`invalid ${type}`, { cause: made });
  return made;
}

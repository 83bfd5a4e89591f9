// What an evaluation of CEL costs, and who pays: every function and every turn of a loop spends from a budget first,
// which the library has not. Through its public parts alone: functions that replace its own, and values of our making.
import {
  celEnv,
  celFunc,
  celList,
  celMap,
  celMethod,
  CelScalar,
  isCelError,
  isCelList,
  isCelMap,
  type CelFunc,
  type CelInput,
  type CelList,
  type CelValue,
} from '@bufbuild/cel';
import type { RE2JS } from '@bufbuild/re2';
import { expressionLimits } from '../limits.ts';

export type Meter = {
  spend(steps: number): void;
  reset(): void;
  isSpent(): boolean;
  /** Steps since the last reset. */
  used(): number;
  /** Says that the budget is spent. */
  readonly spent: string;
};

export type Patterns = Map<string, { readonly regexp: RE2JS; readonly weight: number }>;

/** Functions that loops are given, by names that nobody can write. */
export const enterLoop = '@enter';
export const takeTurn = '@turn';

/** Characters of text that count as one step; nodes of a pattern that do. */
export const charactersPerStep = 16;

/** Elements of a joined list that are copied in one step, which bounds memory too. */
const copiesPerStep = 32;

/** Functions that read a value from text, superlinear for `int`; what they read is short. */
const conversions: ReadonlySet<string> = new Set(['int', 'uint', 'double', 'bool', 'timestamp', 'duration']);
const convertibleLength = 128;

export const builtIn: readonly CelFunc[] = [...celEnv().funcs];

/**
 * @param budget steps of one evaluation
 * @param subject what is evaluated, as messages name it
 */
export function createMeter(budget: number, subject: string): Meter {
  let left = 0;
  const spent = `${subject} takes more than ${budget} steps`;
  return {
    reset: () => {
      left = budget;
    },
    spend: (steps) => {
      left -= steps;
      if (left < 0) throw new Error(spent);
    },
    isSpent: () => left < 0,
    used: () => budget - left,
    spent,
  };
}

/** CEL's own functions, each of which first spends what its operands will cost. */
export function meteredFunctions(meter: Meter, patterns: Patterns): CelFunc[] {
  const call = (one: CelFunc, target: CelValue | undefined, args: CelValue[]): CelInput => {
    const operands = target === undefined ? args : [target, ...args];
    const [left, right] = operands;
    if (one.name === 'matches') return matchPattern(left, right, meter, patterns);
    if (one.name === '_+_' && isCelList(left) && isCelList(right)) return join(left, right, meter);
    spendCall(one.name, operands, meter);
    const result = one.call(0, target, args);
    if (result === undefined || isCelError(result)) throw result ?? new Error(`${one.name} has no result`);
    return result;
  };
  const metered = builtIn.map((one) =>
    one.target === undefined
      ? celFunc(one.name, one.arguments, one.result, (...args: CelValue[]) => call(one, undefined, args))
      : celMethod(
          one.name,
          one.target,
          one.arguments,
          one.result,
          function callMethod(this: CelValue, ...args: CelValue[]) {
            return call(one, this, args);
          },
        ),
  );
  return [...metered, ...loopFunctions(meter)];
}

/** What each loop calls; where a turn's condition is an error, the loop ends at once, whatever its body forgives. */
function loopFunctions(meter: Meter): CelFunc[] {
  const { DYN, INT } = CelScalar;
  return [
    celFunc(enterLoop, [DYN], DYN, (range) => {
      if (isCelList(range) || isCelMap(range)) meter.spend(range.size);
      return range;
    }),
    celFunc(takeTurn, [DYN, INT], DYN, (condition, steps) => {
      meter.spend(Number(steps));
      return condition;
    }),
  ];
}

function matchPattern(
  text: CelValue | undefined,
  pattern: CelValue | undefined,
  meter: Meter,
  patterns: Patterns,
): boolean {
  if (typeof text !== 'string' || typeof pattern !== 'string') throw new Error('matches takes text');
  const known = patterns.get(pattern);
  if (known === undefined) throw new Error('matches takes patterns that are written out');
  meter.spend(1 + stepsOfText(text) * known.weight);
  return known.regexp.test(text);
}

/** The elements of lists that were joined. */
const joinedElements = new WeakMap<CelList, readonly CelValue[]>();

/** As `map` and `filter` add to what they have; the library's own lists lie within each other, and exhaust the stack. */
function join(left: CelList, right: CelList, meter: Meter): CelList {
  meter.spend(1 + Math.ceil(left.size / copiesPerStep) + right.size);
  const known = joinedElements.get(left);
  if (known === undefined) meter.spend(left.size);
  const elements = (known ?? [...left]).concat([...right]);
  const joined = celList(elements);
  joinedElements.set(joined, elements);
  return joined;
}

/** @throws Error where a call costs more than what is left, or is none that ends soon */
function spendCall(name: string, operands: readonly CelValue[], meter: Meter): void {
  const [left, right] = operands;
  if (name === '_==_' || name === '_!=_') return spendComparison(left, right, meter);
  if (name === '@in') return spendSearch(left, right, meter);
  for (const one of operands) {
    if (typeof one !== 'string' && !(one instanceof Uint8Array)) continue;
    if (conversions.has(name) && one.length > convertibleLength)
      throw new Error(`${name} takes no text of more than ${convertibleLength} characters`);
    meter.spend(stepsOfText(one));
  }
}

export function spendComparison(left: CelValue | undefined, right: CelValue | undefined, meter: Meter): void {
  const areContainers = (isCelList(left) && isCelList(right)) || (isCelMap(left) && isCelMap(right));
  // Of different sizes, they are not compared any further.
  if (areContainers && left.size === right.size) spendWalk(left, meter);
  else meter.spend(1 + stepsOfText(left));
}

function spendSearch(value: CelValue | undefined, range: CelValue | undefined, meter: Meter): void {
  if (!isCelList(range)) return meter.spend(1 + stepsOfText(value));
  if (isCelList(value) || isCelMap(value)) spendWalk(range, meter);
  else meter.spend(range.size * (1 + stepsOfText(value)));
}

/** A value may hold itself many times over, as `map(a, [a, a])` makes it: each time is paid for. */
export function spendWalk(value: CelValue, meter: Meter): void {
  if (isCelList(value)) {
    meter.spend(1 + value.size);
    for (const one of value) spendWalk(one, meter);
  } else if (isCelMap(value)) {
    meter.spend(1 + value.size);
    for (const [, one] of value) spendWalk(one, meter);
  } else meter.spend(stepsOfText(value));
}

export function stepsOfText(value: CelValue | undefined): number {
  const isText = typeof value === 'string' || value instanceof Uint8Array;
  return isText ? Math.ceil(value.length / charactersPerStep) : 0;
}

/** An object of JSON; the library looks for a number, which is no key there, by going through all keys. */
export class JsonObject extends Map<string, CelInput> {
  readonly #meter: Meter;

  constructor(meter: Meter) {
    super();
    this.#meter = meter;
  }

  override get(key: string): CelInput | undefined {
    if (typeof key !== 'string') this.#meter.spend(this.size);
    return super.get(key);
  }
}

/**
 * JSON as CEL's values: whole numbers are ints, as people write them in expressions.
 * @throws Error where it is too large, nests too deep, or is no JSON
 */
export function toInput(json: unknown, meter: Meter, subject: string): CelInput {
  const convert = (value: unknown, depth: number): CelInput => {
    meter.spend(1);
    if (depth > expressionLimits.depth) throw new Error(`${subject} nests too deep`);
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
    if (Array.isArray(value)) return celList(value.map((one) => convert(one, depth + 1)));
    if (typeof value !== 'object') throw new Error(`${subject} is no JSON`);
    const object = new JsonObject(meter);
    for (const [key, one] of Object.entries(value)) object.set(key, convert(one, depth + 1));
    return celMap(object);
  };
  return convert(json, 0);
}

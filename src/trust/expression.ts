// CEL expressions on an attestation's predicate. The policy's author writes the expression, whoever may sign writes the
// predicate: so every evaluation has a budget of steps, which the library has not, and patterns are RE2, which never
// backtracks. https://github.com/google/cel-spec/blob/master/doc/langdef.md
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
  parse,
  plan,
  type CelFunc,
  type CelInput,
  type CelList,
  type CelValue,
} from '@bufbuild/cel';
import { RE2JS } from '@bufbuild/re2';
import { errorMessageOf, PolicyError } from '../errors.ts';
import { expressionLimits } from '../limits.ts';

export type Outcome = { readonly holds: boolean } | { readonly failed: string };

export type Expression = {
  readonly text: string;
  /** Whether it holds of a predicate; a missing field, or a result that is no boolean, fails. Never throws. */
  evaluate(predicate: unknown): Outcome;
};

type Node = NonNullable<ReturnType<typeof parse>['expr']>;
type Call = Extract<Node['exprKind'], { case: 'callExpr' }>['value'];
type Loop = Extract<Node['exprKind'], { case: 'comprehensionExpr' }>['value'];

/** Of a part of an expression: how many loops lie within each other, and how much is evaluated in one go. */
type Size = { readonly loops: number; readonly nodes: number };

type Meter = { spend(steps: number): void; reset(): void; isSpent(): boolean };

type Patterns = Map<string, { readonly regexp: RE2JS; readonly weight: number }>;

/** Functions that loops are given, by names that nobody can write. */
const enterLoop = '@enter';
const takeTurn = '@turn';

/** What the library evaluates itself, since not all of the operands are evaluated. */
const operators: ReadonlySet<string> = new Set(['_&&_', '_||_', '_?_:_', '_[_]', '@not_strictly_false']);

/** Characters of text that count as one step; nodes of a pattern that do. */
const charactersPerStep = 16;

/** Steps of one turn of a loop besides its nodes: a failing turn costs the making of an error. */
const stepsPerTurn = 10;

/** Elements of a joined list that are copied in one step, which bounds memory too. */
const copiesPerStep = 32;

/** Functions that read a value from text, superlinear for `int`; what they read is short. */
const conversions: ReadonlySet<string> = new Set(['int', 'uint', 'double', 'bool', 'timestamp', 'duration']);
const convertibleLength = 128;

const builtIn: readonly CelFunc[] = [...celEnv().funcs];

/**
 * @param text CEL whose only variable is `predicate`; `matches` takes patterns that are written out
 * @throws PolicyError `POLICY_INVALID`
 */
export function parseExpression(text: string): Expression {
  if (text.length > expressionLimits.textLength) {
    throw invalid(text, `has ${text.length} characters, more than ${expressionLimits.textLength}`);
  }
  const meter = createMeter();
  const patterns: Patterns = new Map();
  let evaluate: (bindings: { predicate: CelInput }) => unknown;
  try {
    const parsed = parse(text);
    meterLoops(parsed.expr, ['predicate'], 0, patterns);
    evaluate = plan(celEnv({ funcs: meteredFunctions(meter, patterns) }), parsed);
  } catch (cause) {
    // The parser recurses: what nests some hundred deep exhausts the stack.
    const reason = cause instanceof RangeError ? 'nests too deep' : errorMessageOf(cause, 300);
    throw invalid(text, reason.replace(/^<input>:(\d+):(\d+):/u, 'at line $1, column $2:'), cause);
  }
  return {
    text,
    evaluate: (predicate) => {
      meter.reset();
      try {
        const result = evaluate({ predicate: toInput(predicate, meter) });
        // `||` forgives errors, and so would forgive this one.
        return meter.isSpent() ? failure(spent()) : outcomeOf(result);
      } catch (error) {
        return failure(errorMessageOf(error, 200));
      }
    },
  };
}

function outcomeOf(result: unknown): Outcome {
  if (typeof result === 'boolean') return { holds: result };
  return failure(isCelError(result) ? errorMessageOf(result, 200) : 'its result is no boolean');
}

function failure(reason: string): Outcome {
  return { failed: `can not be judged: ${reason}` };
}

function createMeter(): Meter {
  let left = 0;
  return {
    reset: () => {
      left = expressionLimits.steps;
    },
    spend: (steps) => {
      left -= steps;
      if (left < 0) throw new Error(spent());
    },
    isSpent: () => left < 0,
  };
}

function spent(): string {
  return `predicate takes more than ${expressionLimits.steps} steps`;
}

/**
 * Refuses unknown variables and functions and what nests too deep, reads patterns, and has each loop pay for its turns.
 * @throws Error
 */
function meterLoops(
  node: Node | undefined,
  variables: readonly string[],
  depth: number,
  patterns: Patterns,
): Size {
  if (depth > expressionLimits.depth) throw new Error('nests too deep');
  if (node === undefined) return { loops: 0, nodes: 0 };
  const { exprKind } = node;
  const inner = (child: Node | undefined, names = variables): Size =>
    meterLoops(child, names, depth + 1, patterns);
  switch (exprKind.case) {
    case 'identExpr':
      if (variables.includes(exprKind.value.name)) return sizeOf();
      throw new Error(`knows no variable ${exprKind.value.name}, only predicate`);
    case 'selectExpr':
      return sizeOf(inner(exprKind.value.operand));
    case 'callExpr':
      assertKnown(exprKind.value);
      if (exprKind.value.function === 'matches') readPattern(exprKind.value, patterns);
      return sizeOf(inner(exprKind.value.target), ...exprKind.value.args.map((one) => inner(one)));
    case 'listExpr':
      return sizeOf(...exprKind.value.elements.map((one) => inner(one)));
    case 'structExpr':
      return sizeOf(
        ...exprKind.value.entries.flatMap(({ keyKind, value }) => [
          inner(keyKind.case === 'mapKey' ? keyKind.value : undefined),
          inner(value),
        ]),
      );
    case 'comprehensionExpr':
      return meterLoop(exprKind.value, variables, inner);
    case 'constExpr':
    case undefined:
      return sizeOf();
    default:
      return exprKind satisfies never;
  }
}

function meterLoop(
  loop: Loop,
  variables: readonly string[],
  inner: (child: Node | undefined, names?: readonly string[]) => Size,
): Size {
  const names = [...variables, loop.iterVar, loop.iterVar2, loop.accuVar];
  const before = sizeOf(inner(loop.iterRange), inner(loop.accuInit), inner(loop.result, names));
  const body = sizeOf(inner(loop.loopCondition, names), inner(loop.loopStep, names));
  const loops = Math.max(before.loops, body.loops + 1);
  if (loops > expressionLimits.loops)
    throw new Error(`has more than ${expressionLimits.loops} loops in each other`);
  const steps = constantOf(body.nodes + stepsPerTurn);
  if (loop.iterRange !== undefined) loop.iterRange = callOf(enterLoop, loop.iterRange);
  if (loop.loopCondition !== undefined) loop.loopCondition = callOf(takeTurn, loop.loopCondition, steps);
  return { loops, nodes: before.nodes + body.nodes };
}

function sizeOf(...parts: readonly Size[]): Size {
  return {
    loops: Math.max(0, ...parts.map(({ loops }) => loops)),
    nodes: parts.reduce((sum, { nodes }) => sum + nodes, 1),
  };
}

function constantOf(value: number): Node {
  return {
    $typeName: 'cel.expr.Expr',
    id: 0n,
    exprKind: {
      case: 'constExpr',
      value: {
        $typeName: 'cel.expr.Constant',
        constantKind: { case: 'int64Value', value: BigInt(value) },
      },
    },
  };
}

function callOf(name: string, ...args: Node[]): Node {
  return {
    $typeName: 'cel.expr.Expr',
    id: 0n,
    exprKind: { case: 'callExpr', value: { $typeName: 'cel.expr.Expr.Call', function: name, args } },
  };
}

/** The library finds out when it evaluates; a policy's author should before. */
function assertKnown({ function: name, target, args }: Call): void {
  if (operators.has(name)) return;
  const fits = (one: CelFunc): boolean =>
    one.name === name &&
    (one.target === undefined) === (target === undefined) &&
    one.arguments.length === args.length;
  if (!builtIn.some(fits)) throw new Error(`knows no function ${name} that is called like this`);
}

/** A pattern from the predicate would be its writer's; one that is written out is compiled once. */
function readPattern({ args }: Call, patterns: Patterns): void {
  const kind = args[0]?.exprKind;
  const constant = kind?.case === 'constExpr' ? kind.value.constantKind : undefined;
  if (constant?.case !== 'stringValue') throw new Error('has a pattern for matches that is no literal text');
  const pattern = constant.value;
  if (pattern.length > expressionLimits.patternLength)
    throw new Error(`has a pattern of more than ${expressionLimits.patternLength} characters`);
  const repeats = [...pattern.matchAll(/\{(?:\d+,)?(\d+)/gu)].reduce(
    (product, [, count]) => product * Math.max(1, Number(count)),
    1,
  );
  // RE2 refuses more than 1000 repetitions, those within each other multiplied.
  const weight = Math.ceil((pattern.length * Math.min(repeats, 1000)) / charactersPerStep);
  patterns.set(pattern, { regexp: RE2JS.compile(pattern), weight });
}

/** CEL's own functions, each of which first spends what its operands will cost. */
function meteredFunctions(meter: Meter, patterns: Patterns): CelFunc[] {
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

function spendComparison(left: CelValue | undefined, right: CelValue | undefined, meter: Meter): void {
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
function spendWalk(value: CelValue, meter: Meter): void {
  if (isCelList(value)) {
    meter.spend(1 + value.size);
    for (const one of value) spendWalk(one, meter);
  } else if (isCelMap(value)) {
    meter.spend(1 + value.size);
    for (const [, one] of value) spendWalk(one, meter);
  } else meter.spend(stepsOfText(value));
}

function stepsOfText(value: CelValue | undefined): number {
  const isText = typeof value === 'string' || value instanceof Uint8Array;
  return isText ? Math.ceil(value.length / charactersPerStep) : 0;
}

/** An object of JSON; the library looks for a number, which is no key there, by going through all keys. */
class JsonObject extends Map<string, CelInput> {
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
 * The predicate as CEL's values: whole numbers are ints, as people write them in expressions.
 * @throws Error where the predicate is too large, nests too deep, or is no JSON
 */
function toInput(predicate: unknown, meter: Meter): CelInput {
  const convert = (value: unknown, depth: number): CelInput => {
    meter.spend(1);
    if (depth > expressionLimits.depth) throw new Error('predicate nests too deep');
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
    if (Array.isArray(value)) return celList(value.map((one) => convert(one, depth + 1)));
    if (typeof value !== 'object') throw new Error('predicate is no JSON');
    const object = new JsonObject(meter);
    for (const [key, one] of Object.entries(value)) object.set(key, convert(one, depth + 1));
    return celMap(object);
  };
  return convert(predicate, 0);
}

function invalid(text: string, reason: string, cause?: unknown): PolicyError {
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return new PolicyError('POLICY_INVALID', `expression ${JSON.stringify(shown)} ${reason}`, { cause });
}

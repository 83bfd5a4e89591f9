// CEL expressions: on an attestation's predicate, and on objects of the cluster. One person writes the expression,
// another what it is about: so every evaluation has a budget of steps, which the library has not, and patterns are RE2,
// which never backtracks. https://github.com/google/cel-spec/blob/master/doc/langdef.md
import { celEnv, isCelError, parse, plan, type CelFunc, type CelInput } from '@bufbuild/cel';
import { RE2JS } from '@bufbuild/re2';
import { errorMessageOf, PolicyError, type ErrorCode, type SealiftError } from '../errors.ts';
import { expressionLimits } from '../limits.ts';
import {
  builtIn,
  charactersPerStep,
  createMeter,
  enterLoop,
  meteredFunctions,
  takeTurn,
  toInput,
  type Patterns,
} from './expression-meter.ts';

export type Outcome = { readonly holds: boolean } | { readonly failed: string };

export type Expression = {
  readonly text: string;
  /** Whether it holds of a predicate; a missing field, or a result that is no boolean, fails. Never throws. */
  evaluate(predicate: unknown): Outcome;
};

/** The same of several values by name, each of them JSON. */
export type Condition = {
  readonly text: string;
  evaluate(values: Readonly<Record<string, unknown>>): Outcome;
};

export type ConditionOptions = {
  /** Names of all variables; undefined where any name may be one, as with an object's fields. */
  readonly variables: readonly string[] | undefined;
  /** What the values are, as messages name them. */
  readonly subject: string;
  /** Steps of one evaluation. */
  readonly steps: number;
  readonly refuse: (message: string, cause: unknown) => SealiftError<ErrorCode>;
};

type Node = NonNullable<ReturnType<typeof parse>['expr']>;
type Call = Extract<Node['exprKind'], { case: 'callExpr' }>['value'];
type Loop = Extract<Node['exprKind'], { case: 'comprehensionExpr' }>['value'];

/** Of a part of an expression: how many loops lie within each other, and how much is evaluated in one go. */
type Size = { readonly loops: number; readonly nodes: number };

/** What the library evaluates itself, since not all of the operands are evaluated. */
const operators: ReadonlySet<string> = new Set(['_&&_', '_||_', '_?_:_', '_[_]', '@not_strictly_false']);

/** Steps of one turn of a loop besides its nodes: a failing turn costs the making of an error. */
const stepsPerTurn = 10;

/**
 * @param text CEL whose only variable is `predicate`; `matches` takes patterns that are written out
 * @throws PolicyError `POLICY_INVALID`
 */
export function parseExpression(text: string): Expression {
  const condition = parseCondition(text, {
    variables: ['predicate'],
    subject: 'predicate',
    steps: expressionLimits.steps,
    refuse: (message, cause) => new PolicyError('POLICY_INVALID', message, { cause }),
  });
  return { text, evaluate: (predicate) => condition.evaluate({ predicate }) };
}

/**
 * @param text CEL on the given variables; `matches` takes patterns that are written out
 * @throws what `refuse` makes of the reason
 */
export function parseCondition(text: string, options: ConditionOptions): Condition {
  const { variables, subject, steps, refuse } = options;
  if (text.length > expressionLimits.textLength) {
    const reason = `has ${text.length} characters, more than ${expressionLimits.textLength}`;
    throw refuse(invalid(text, reason), undefined);
  }
  const meter = createMeter(steps, subject);
  const patterns: Patterns = new Map();
  let evaluate: (bindings: Record<string, CelInput>) => unknown;
  try {
    const parsed = parse(text);
    meterLoops(parsed.expr, variables, 0, patterns);
    evaluate = plan(celEnv({ funcs: meteredFunctions(meter, patterns) }), parsed);
  } catch (cause) {
    // The parser recurses: what nests some hundred deep exhausts the stack.
    const reason = cause instanceof RangeError ? 'nests too deep' : errorMessageOf(cause, 300);
    throw refuse(invalid(text, reason.replace(/^<input>:(\d+):(\d+):/u, 'at line $1, column $2:')), cause);
  }
  return {
    text,
    evaluate: (values) => {
      meter.reset();
      try {
        const bindings = Object.entries(values).map(([name, value]): [string, CelInput] => [
          name,
          toInput(value, meter, subject),
        ]);
        const result = evaluate(Object.fromEntries(bindings));
        // `||` forgives errors, and so would forgive this one.
        return meter.isSpent() ? failure(meter.spent) : outcomeOf(result);
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

/**
 * Refuses unknown variables and functions and what nests too deep, reads patterns, and has each loop pay for its turns.
 * @throws Error
 */
function meterLoops(
  node: Node | undefined,
  variables: readonly string[] | undefined,
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
      if (variables === undefined || variables.includes(exprKind.value.name)) return sizeOf();
      throw new Error(
        `knows no variable ${exprKind.value.name}, only ${variables.filter((one) => /^\w/u.test(one)).join(', ')}`,
      );
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
  variables: readonly string[] | undefined,
  inner: (child: Node | undefined, names?: readonly string[]) => Size,
): Size {
  const names = variables && [...variables, loop.iterVar, loop.iterVar2, loop.accuVar];
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

function invalid(text: string, reason: string): string {
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return `expression ${JSON.stringify(shown)} ${reason}`;
}

// CEL expressions: on an attestation's predicate, on objects of the cluster, and in CRDs. One person writes the
// expression, another what it is about: so every evaluation has a budget of steps, which the library has not, and patterns
// are RE2, which never backtracks. https://github.com/google/cel-spec/blob/master/doc/langdef.md
import { celEnv, isCelError, parse, plan, type CelFunc, type CelInput } from '@bufbuild/cel';
import { RE2JS } from '@bufbuild/re2';
import { errorMessageOf } from '../errors.ts';
import { expressionLimits } from '../limits.ts';
import {
  builtIn,
  charactersPerStep,
  createMeter,
  enterLoop,
  meteredFunctions,
  takeTurn,
  type Meter,
  type Patterns,
} from './meter.ts';

export type ProgramOptions = {
  /** Names of all variables; undefined where any name may be one, as with an object's fields. */
  readonly variables: readonly string[] | undefined;
  /** What the values are, as messages name them. */
  readonly subject: string;
  /** Steps of one evaluation. */
  readonly steps: number;
  /** Functions beside CEL's own, each of which pays for itself. */
  readonly functions?: (meter: Meter, patterns: Patterns) => readonly CelFunc[];
};

/** What an evaluation ends with: a value of CEL, or why there is none. */
export type Evaluated = Result & {
  /** Steps that it took. */
  readonly steps: number;
};

type Result = { readonly value: unknown } | { readonly failed: string };

export type Program = {
  /** @param bind values of the variables, whose making is paid for, too; it may throw */
  evaluate(bind: (meter: Meter) => Readonly<Record<string, CelInput>>): Evaluated;
};

/** CEL that is not taken; its message goes behind the expression's text. */
export class ExpressionError extends Error {}

type Node = NonNullable<ReturnType<typeof parse>['expr']>;
type Call = Extract<Node['exprKind'], { case: 'callExpr' }>['value'];
type Loop = Extract<Node['exprKind'], { case: 'comprehensionExpr' }>['value'];

/** Of a part of an expression: how many loops lie within each other, and how much is evaluated in one go. */
type Size = { readonly loops: number; readonly nodes: number };

/** What is known where a part of an expression stands. */
type Scope = Required<Pick<ProgramOptions, 'variables'>> & {
  readonly patterns: Patterns;
  readonly known: readonly CelFunc[];
};

/** Functions whose first argument is a pattern. */
const withPattern: ReadonlySet<string> = new Set(['matches', 'find', 'findAll']);

/** What the library evaluates itself, since not all of the operands are evaluated. */
const operators: ReadonlySet<string> = new Set(['_&&_', '_||_', '_?_:_', '_[_]', '@not_strictly_false']);

/** Steps of one turn of a loop besides its nodes: a failing turn costs the making of an error. */
const stepsPerTurn = 10;

/**
 * What compiles expressions that share variables and functions, and a meter: one evaluation has ended before the next
 * begins. It throws ExpressionError.
 */
export function createCompiler(options: ProgramOptions): (text: string) => Program {
  const { variables, subject, steps, functions } = options;
  const meter = createMeter(steps, subject);
  const patterns: Patterns = new Map();
  const more = functions?.(meter, patterns) ?? [];
  const known = [...builtIn, ...more];
  const env = celEnv({ funcs: [...meteredFunctions(meter, patterns), ...more] });
  return (text) => {
    if (text.length > expressionLimits.textLength) {
      throw new ExpressionError(`has ${text.length} characters, more than ${expressionLimits.textLength}`);
    }
    try {
      const parsed = parse(text);
      meterLoops(parsed.expr, { variables, patterns, known }, 0);
      return programOf(plan(env, parsed), meter);
    } catch (cause) {
      // The parser recurses: what nests some hundred deep exhausts the stack.
      const reason = cause instanceof RangeError ? 'nests too deep' : errorMessageOf(cause, 300);
      throw new ExpressionError(reason.replace(/^<input>:(\d+):(\d+):/u, 'at line $1, column $2:'), {
        cause,
      });
    }
  };
}

/**
 * @param text CEL; patterns of `matches` and its like are written out
 * @throws ExpressionError
 */
export function compile(text: string, options: ProgramOptions): Program {
  return createCompiler(options)(text);
}

function programOf(evaluate: (bindings: Record<string, CelInput>) => unknown, meter: Meter): Program {
  const run = (bind: Parameters<Program['evaluate']>[0]): Result => {
    try {
      const result = evaluate({ ...bind(meter) });
      // `||` forgives errors, and so would forgive this one.
      if (meter.isSpent()) return { failed: meter.spent };
      return isCelError(result) ? { failed: errorMessageOf(result, 200) } : { value: result };
    } catch (error) {
      return { failed: errorMessageOf(error, 200) };
    }
  };
  return {
    evaluate: (bind) => {
      meter.reset();
      return { ...run(bind), steps: meter.used() };
    },
  };
}

/**
 * Refuses unknown variables and functions and what nests too deep, reads patterns, and has each loop pay for its turns.
 * @throws Error
 */
function meterLoops(node: Node | undefined, scope: Scope, depth: number): Size {
  if (depth > expressionLimits.depth) throw new Error('nests too deep');
  if (node === undefined) return { loops: 0, nodes: 0 };
  const { exprKind } = node;
  const { variables } = scope;
  const inner = (child: Node | undefined, names = variables): Size =>
    meterLoops(child, { ...scope, variables: names }, depth + 1);
  switch (exprKind.case) {
    case 'identExpr':
      if (variables === undefined || variables.includes(exprKind.value.name)) return sizeOf();
      throw new Error(
        `knows no variable ${exprKind.value.name}, only ${variables.filter((one) => /^\w/u.test(one)).join(', ')}`,
      );
    case 'selectExpr':
      return sizeOf(inner(exprKind.value.operand));
    case 'callExpr':
      joinName(exprKind.value, scope);
      assertKnown(exprKind.value, scope);
      if (withPattern.has(exprKind.value.function)) readPattern(exprKind.value, scope);
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

/** A function whose name has a dot is read as one that is called on a variable. */
function joinName(call: Call, { known }: Scope): void {
  const kind = call.target?.exprKind;
  if (kind?.case !== 'identExpr') return;
  const name = `${kind.value.name}.${call.function}`;
  if (!known.some((one) => one.name === name)) return;
  delete call.target;
  call.function = name;
}

/** The library finds out when it evaluates; a policy's author should before. */
function assertKnown({ function: name, target, args }: Call, { known }: Scope): void {
  if (operators.has(name)) return;
  const fits = (one: CelFunc): boolean =>
    one.name === name &&
    (one.target === undefined) === (target === undefined) &&
    one.arguments.length === args.length;
  if (!known.some(fits)) throw new Error(`knows no function ${name} that is called like this`);
}

/** A pattern from the predicate would be its writer's; one that is written out is compiled once. */
function readPattern({ args, function: name }: Call, { patterns }: Scope): void {
  const kind = args[0]?.exprKind;
  const constant = kind?.case === 'constExpr' ? kind.value.constantKind : undefined;
  if (constant?.case !== 'stringValue') throw new Error(`has a pattern for ${name} that is no literal text`);
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

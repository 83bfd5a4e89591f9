// CEL expressions on an attestation's predicate. The policy's author writes the expression, whoever may sign writes the
// predicate: so what an evaluation may cost is bounded before it starts, and patterns are RE2, which never backtracks.
// https://github.com/google/cel-spec/blob/master/doc/langdef.md
import { celEnv, isCelError, parse, plan, type CelInput } from '@bufbuild/cel';
import { errorMessageOf, PolicyError } from '../errors.ts';
import { expressionLimits } from '../limits.ts';

export type Outcome = { readonly holds: boolean } | { readonly failed: string };

export type Expression = {
  readonly text: string;
  /** Whether it holds of a predicate; a missing field, or a result that is no boolean, fails. Never throws. */
  evaluate(predicate: unknown): Outcome;
};

type Node = NonNullable<ReturnType<typeof parse>['expr']>;

/**
 * @param text CEL whose only variable is `predicate`
 * @throws PolicyError `POLICY_INVALID`
 */
export function parseExpression(text: string): Expression {
  if (text.length > expressionLimits.textLength) {
    throw invalid(text, `has ${text.length} characters, more than ${expressionLimits.textLength}`);
  }
  let evaluate: (bindings: { predicate: CelInput }) => unknown;
  let loops: number;
  try {
    const parsed = parse(text);
    loops = assertBounded(parsed.expr, ['predicate'], 0);
    evaluate = plan(celEnv(), parsed);
  } catch (cause) {
    throw invalid(text, errorMessageOf(cause, 300), cause);
  }
  return {
    text,
    evaluate: (predicate) => {
      try {
        return outcomeOf(evaluate({ predicate: toInput(predicate, loops) }));
      } catch (error) {
        return { failed: `can not be judged: ${errorMessageOf(error, 200)}` };
      }
    },
  };
}

function outcomeOf(result: unknown): Outcome {
  if (typeof result === 'boolean') return { holds: result };
  const reason = isCelError(result) ? errorMessageOf(result, 200) : 'its result is no boolean';
  return { failed: `can not be judged: ${reason}` };
}

/**
 * Refuses unknown variables and what nests too deep; gives how many loops lie within each other.
 * @throws Error
 */
function assertBounded(node: Node | undefined, variables: readonly string[], depth: number): number {
  if (depth > expressionLimits.depth) throw new Error('nests too deep');
  if (node === undefined) return 0;
  const { exprKind } = node;
  const inner = (child: Node | undefined, names = variables): number =>
    assertBounded(child, names, depth + 1);
  switch (exprKind.case) {
    case 'identExpr':
      if (variables.includes(exprKind.value.name)) return 0;
      throw new Error(`knows no variable ${exprKind.value.name}, only predicate`);
    case 'selectExpr':
      return inner(exprKind.value.operand);
    case 'callExpr':
      return Math.max(0, inner(exprKind.value.target), ...exprKind.value.args.map((one) => inner(one)));
    case 'listExpr':
      return Math.max(0, ...exprKind.value.elements.map((one) => inner(one)));
    case 'structExpr':
      return Math.max(
        0,
        ...exprKind.value.entries.flatMap(({ keyKind, value }) => [
          inner(keyKind.case === 'mapKey' ? keyKind.value : undefined),
          inner(value),
        ]),
      );
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result, iterVar, iterVar2, accuVar } =
        exprKind.value;
      const names = [...variables, iterVar, iterVar2, accuVar];
      const body = Math.max(inner(loopCondition, names), inner(loopStep, names), inner(result, names));
      const loops = Math.max(inner(iterRange), inner(accuInit), body + 1);
      if (loops > expressionLimits.loops)
        throw new Error(`has more than ${expressionLimits.loops} loops in each other`);
      return loops;
    }
    case 'constExpr':
    case undefined:
      return 0;
    default:
      return exprKind satisfies never;
  }
}

/**
 * The predicate as CEL's values: whole numbers are ints, as people write them in expressions.
 * @param loops within each other, each of which may go through all of the predicate
 * @throws Error where the predicate is too large for that
 */
function toInput(predicate: unknown, loops: number): CelInput {
  const mayHave = Math.floor(expressionLimits.steps ** (1 / Math.max(1, loops)));
  let values = 0;
  const convert = (value: unknown, depth: number): CelInput => {
    values += 1;
    if (values > mayHave) throw new Error(`predicate has more than ${mayHave} values`);
    if (depth > expressionLimits.depth) throw new Error('predicate nests too deep');
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
    if (Array.isArray(value)) return value.map((one) => convert(one, depth + 1));
    if (typeof value !== 'object') throw new Error('predicate is no JSON');
    return new Map(Object.entries(value).map(([key, one]) => [key, convert(one, depth + 1)]));
  };
  return convert(predicate, 0);
}

function invalid(text: string, reason: string, cause?: unknown): PolicyError {
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return new PolicyError('POLICY_INVALID', `expression ${JSON.stringify(shown)} ${reason}`, { cause });
}

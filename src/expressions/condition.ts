// CEL that is or is not true of JSON: on an attestation's predicate, and on objects of the cluster.
import type { ErrorCode, SealiftError } from '../errors.ts';
import { toInput } from './meter.ts';
import { compile, ExpressionError, type Program } from './program.ts';

export type Outcome = { readonly holds: boolean } | { readonly failed: string };

/** Whether it holds of values by name, each of them JSON; a missing field, or a result that is no boolean, fails. */
export type Condition = {
  readonly text: string;
  /** Never throws. */
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

/**
 * @param text CEL on the given variables; `matches` takes patterns that are written out
 * @throws what `refuse` makes of the reason
 */
export function parseCondition(text: string, options: ConditionOptions): Condition {
  const { subject, refuse } = options;
  let program: Program;
  try {
    program = compile(text, options);
  } catch (cause) {
    if (!(cause instanceof ExpressionError)) throw cause;
    const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
    throw refuse(`expression ${JSON.stringify(shown)} ${cause.message}`, cause.cause);
  }
  return {
    text,
    evaluate: (values) => {
      const evaluated = program.evaluate((meter) =>
        Object.fromEntries(
          Object.entries(values).map(([name, value]) => [name, toInput(value, meter, subject)]),
        ),
      );
      if ('failed' in evaluated) return failure(evaluated.failed);
      const { value } = evaluated;
      return typeof value === 'boolean' ? { holds: value } : failure('its result is no boolean');
    },
  };
}

function failure(reason: string): Outcome {
  return { failed: `can not be judged: ${reason}` };
}

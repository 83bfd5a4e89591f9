// CEL expressions on an attestation's predicate: the policy's author writes them, whoever signed wrote the predicate.
import { PolicyError } from '../errors.ts';
import { parseCondition, type Outcome } from '../expressions/condition.ts';
import { expressionLimits } from '../limits.ts';

export type Expression = {
  readonly text: string;
  /** Whether it holds of a predicate; a missing field, or a result that is no boolean, fails. Never throws. */
  evaluate(predicate: unknown): Outcome;
};

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

// What a Delivery's healthCheckExprs say of one kind: three expressions over the object, asked in Flux' order. The
// Delivery's author writes them, and whoever may write the object decides what they cost: each has a budget.
import type { DeliverySpec } from '../../src/api/delivery.ts';
import { InputError } from '../../src/errors.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { expressionLimits } from '../../src/limits.ts';
import { parseCondition, type Condition } from '../../src/expressions/condition.ts';
import { generationOf, type Health } from './health.ts';

export type HealthRules = {
  readonly inProgress: Condition | undefined;
  readonly failed: Condition | undefined;
  readonly current: Condition;
};

type Exprs = NonNullable<DeliverySpec['healthCheckExprs']>[number];

/**
 * @param path of the entry in the spec, for messages
 * @throws InputError `INPUT_INVALID`
 */
export function parseHealthRules({ inProgress, failed, current }: Exprs, path: string): HealthRules {
  const read = (text: string, member: string): Condition =>
    parseCondition(text, {
      // Any field of the object, as in Flux: not every kind has a spec and a status.
      variables: undefined,
      subject: 'object',
      steps: expressionLimits.objectSteps,
      refuse: (message, cause) => new InputError('INPUT_INVALID', `${path}.${member}: ${message}`, { cause }),
    });
  return {
    inProgress: inProgress === undefined ? undefined : read(inProgress, 'inProgress'),
    failed: failed === undefined ? undefined : read(failed, 'failed'),
    current: read(current, 'current'),
  };
}

/** What can not be judged is not done yet: a field may still come. */
export function evaluateHealth(rules: HealthRules, object: KubeObject): Health {
  if (object.metadata.deletionTimestamp !== undefined)
    return { state: 'InProgress', message: 'is being deleted' };
  const unobserved = generationOf(object);
  if (unobserved !== undefined) return unobserved;
  const { managedFields: _, ...metadata } = object.metadata;
  const values = { ...object, metadata };
  const order = [
    [rules.inProgress, 'InProgress', 'is in progress'],
    [rules.failed, 'Failed', 'has failed'],
    [rules.current, 'Current', ''],
  ] as const;
  for (const [condition, state, words] of order) {
    if (condition === undefined) continue;
    const outcome = condition.evaluate(values);
    if ('failed' in outcome) return { state: 'InProgress', message: outcome.failed };
    if (outcome.holds)
      return { state, message: words === '' ? '' : `${words}: ${condition.text.slice(0, 100)}` };
  }
  return {
    state: 'InProgress',
    message: 'is neither in progress, nor failed, nor current by its expressions',
  };
}

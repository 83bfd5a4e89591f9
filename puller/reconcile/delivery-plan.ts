// What a Delivery's spec says of order and health, read once a generation: what it depends on, by which rules its kinds
// are healthy, which objects it waits for. A plan with a problem changes nothing: what runs is kept.
import type { Delivery } from '../../src/api/delivery.ts';
import { InputError } from '../../src/errors.ts';
import { expressionLimits } from '../../src/limits.ts';
import { parseApiVersion } from '../../src/resources/resource.ts';
import { parseCondition, type Condition } from '../../src/expressions/condition.ts';
import { parseHealthRules, type HealthRules } from './health-rules.ts';
import { ownerIdOf } from './owner.ts';

export type Dependency = {
  readonly ownerId: string;
  /** `NAMESPACE/NAME`. */
  readonly label: string;
  /** Whether it lies in another namespace, of which a tenant learns as little as possible. */
  readonly isForeign: boolean;
  readonly readyExpr: Condition | undefined;
};

/** An object that the Delivery waits for, as its spec names it. */
export type NamedObject = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
};

export type DeliveryPlan = {
  readonly dependencies: readonly Dependency[];
  /** By `GROUP/KIND`: the version does not count. */
  readonly rules: ReadonlyMap<string, HealthRules>;
  readonly checks: readonly NamedObject[];
  /** Why the spec can't be followed. */
  readonly problem: string | undefined;
};

export const emptyPlan: DeliveryPlan = {
  dependencies: [],
  rules: new Map(),
  checks: [],
  problem: undefined,
};

type Place = { readonly installId: string; readonly pullerNamespace: string };

export function planDelivery(delivery: Delivery, place: Place): DeliveryPlan {
  try {
    assertReadable(delivery);
    return {
      dependencies: planDependencies(delivery, place),
      rules: planRules(delivery),
      checks: planChecks(delivery),
      problem: undefined,
    };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { ...emptyPlan, problem: error.message };
  }
}

/** Whoever may write Deliveries decides how often their expressions are read. */
function assertReadable({ spec }: Delivery): void {
  const texts = [
    ...(spec.dependsOn ?? []).map(({ readyExpr }) => readyExpr),
    ...(spec.healthCheckExprs ?? []).flatMap(({ inProgress, failed, current }) => [
      inProgress,
      failed,
      current,
    ]),
  ];
  const length = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  const { deliveryTextLength } = expressionLimits;
  if (length <= deliveryTextLength) return;
  throw new InputError(
    'INPUT_INVALID',
    `spec has expressions of ${length} characters together, more than ${deliveryTextLength}`,
  );
}

function planDependencies({ metadata, spec }: Delivery, place: Place): readonly Dependency[] {
  return (spec.dependsOn ?? []).map(({ name, namespace = metadata.namespace, readyExpr }, index) => {
    const isForeign = namespace !== metadata.namespace;
    const path = `spec.dependsOn[${index}].readyExpr`;
    // Its answers would show a tenant what another's Delivery holds.
    if (readyExpr !== undefined && isForeign && metadata.namespace !== place.pullerNamespace) {
      throw new InputError(
        'INPUT_INVALID',
        `${path} is about a Delivery of namespace ${namespace}, which only those of namespace ${place.pullerNamespace} may look into`,
      );
    }
    return {
      ownerId: ownerIdOf(place.installId, { namespace, name }),
      label: `${namespace}/${name}`,
      isForeign: isForeign && metadata.namespace !== place.pullerNamespace,
      readyExpr: readyExpr === undefined ? undefined : parseReadyExpr(readyExpr, path),
    };
  });
}

function parseReadyExpr(text: string, path: string): Condition {
  return parseCondition(text, {
    variables: ['dep', 'self'],
    subject: 'Delivery',
    steps: expressionLimits.objectSteps,
    refuse: (message, cause) => new InputError('INPUT_INVALID', `${path}: ${message}`, { cause }),
  });
}

function planRules({ spec }: Delivery): DeliveryPlan['rules'] {
  const rules = new Map<string, HealthRules>();
  for (const [index, exprs] of (spec.healthCheckExprs ?? []).entries()) {
    const path = `spec.healthCheckExprs[${index}]`;
    const key = ruleKey({ group: parseApiVersion(exprs.apiVersion).group, kind: exprs.kind });
    if (rules.has(key)) {
      throw new InputError('INPUT_INVALID', `${path} is the second about ${key}: versions do not count`);
    }
    rules.set(key, parseHealthRules(exprs, path));
  }
  return rules;
}

export function ruleKey({ group, kind }: { readonly group: string; readonly kind: string }): string {
  return `${group}/${kind}`;
}

function planChecks({ metadata, spec }: Delivery): readonly NamedObject[] {
  return (spec.healthChecks ?? []).map(({ apiVersion, kind, name, namespace }) => ({
    ...parseApiVersion(apiVersion),
    kind,
    namespace: namespace === undefined || namespace === '' ? metadata.namespace : namespace,
    name,
  }));
}

/** Whether Ready waits for the health of anything. */
export function waitsForHealth({ spec }: Pick<Delivery, 'spec'>): boolean {
  return spec.wait || (spec.healthChecks ?? []).length > 0;
}

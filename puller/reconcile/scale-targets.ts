// What HorizontalPodAutoscalers scale: the replicas of an object that one targets are its to set.
import * as z from 'zod';
import {
  identityOf,
  parseApiVersion,
  type Resource,
  type ResourceIdentity,
} from '../../src/resources/resource.ts';

/** An object of the autoscaler's namespace. */
export type ScaleTarget = {
  /** Undefined where the autoscaler names no group. */
  readonly group: string | undefined;
  readonly kind: string;
  readonly name: string;
};

const autoscalerSchema = z.looseObject({
  spec: z.looseObject({
    scaleTargetRef: z.looseObject({
      apiVersion: z.string().max(317).optional(),
      kind: z.string().max(63),
      name: z.string().max(253),
    }),
  }),
});

/** The target of an autoscaler, or undefined where it has a form that we do not know. */
export function scaleTargetOf(autoscaler: unknown): ScaleTarget | undefined {
  const parsed = autoscalerSchema.safeParse(autoscaler);
  if (!parsed.success) return undefined;
  const { apiVersion, kind, name } = parsed.data.spec.scaleTargetRef;
  return { group: apiVersion === undefined ? undefined : parseApiVersion(apiVersion).group, kind, name };
}

export function isTargetedBy({ group, kind, name }: ResourceIdentity, target: ScaleTarget): boolean {
  return target.kind === kind && target.name === name && (target.group ?? group) === group;
}

/**
 * Whether an autoscaler among the resources targets an object.
 * @param namespace of resources that name none
 */
export function autoscaledAmong(
  resources: readonly Resource[],
  namespace: string,
): (identity: ResourceIdentity) => boolean {
  const targets = resources.flatMap((resource) => {
    const { group, kind, namespace: own = namespace } = identityOf(resource);
    if (group !== 'autoscaling' || kind !== 'HorizontalPodAutoscaler') return [];
    const target = scaleTargetOf(resource);
    return target === undefined ? [] : [{ ...target, namespace: own }];
  });
  return (identity) =>
    targets.some((target) => target.namespace === identity.namespace && isTargetedBy(identity, target));
}

// The order in which objects are applied: what others depend on first, what can block others last. Pruning goes
// backwards through the same stages.
import { identityKey, type ResourceIdentity } from './resource.ts';

/** Stages in their order; within one, objects are applied concurrently. */
export const stages = ['definitions', 'foundations', 'rest', 'webhooks'] as const;
export type Stage = (typeof stages)[number];

const definitionKinds: ReadonlySet<string> = new Set([
  'apiextensions.k8s.io/CustomResourceDefinition',
  '/Namespace',
  'rbac.authorization.k8s.io/ClusterRole',
]);

const rbacGroup = 'rbac.authorization.k8s.io';

export function stageOf({ group, kind }: Pick<ResourceIdentity, 'group' | 'kind'>): Stage {
  if (definitionKinds.has(`${group}/${kind}`)) return 'definitions';
  if (group === 'admissionregistration.k8s.io' && kind.endsWith('WebhookConfiguration')) return 'webhooks';
  // A RoleBinding is checked against its Role, which must be there: only who may `bind` could make both at once.
  if (kind.endsWith('Class') || (group === rbacGroup && kind === 'Role')) return 'foundations';
  return 'rest';
}

/** Orders objects as they are applied, and within a stage by kind, namespace and name, so that lists are stable. */
export function compareByStage(one: ResourceIdentity, other: ResourceIdentity): number {
  const distance = stages.indexOf(stageOf(one)) - stages.indexOf(stageOf(other));
  if (distance !== 0) return distance;
  const [key, otherKey] = [identityKey(one), identityKey(other)];
  return key < otherKey ? -1 : Number(key > otherKey);
}

// Fields that an API server refuses to change: an object whose field of this kind differs has to be made anew. Known
// kinds only, by the validation of Kubernetes 1.30 and later; a custom kind tells of its rules in its own schema.
import { findChangedFields } from '../resources/change-set.ts';
import { identityOf, type Resource } from '../resources/resource.ts';

/** Paths that may not change, or a part of which all but some members may not. */
type Rule = string | { readonly in: string; readonly mutable: readonly string[] };

const workloadSelector: readonly Rule[] = ['spec.selector'];

const rules: ReadonlyMap<string, readonly Rule[]> = new Map<string, readonly Rule[]>([
  ['apps/Deployment', workloadSelector],
  ['apps/DaemonSet', workloadSelector],
  ['apps/ReplicaSet', workloadSelector],
  [
    'apps/StatefulSet',
    [
      {
        in: 'spec',
        mutable: [
          'minReadySeconds',
          'ordinals',
          'persistentVolumeClaimRetentionPolicy',
          'replicas',
          'revisionHistoryLimit',
          'template',
          'updateStrategy',
        ],
      },
    ],
  ],
  ['batch/Job', ['spec.completionMode', 'spec.manualSelector', 'spec.selector', 'spec.template']],
  ['/Service', ['spec.clusterIP', 'spec.clusterIPs']],
  ['/PersistentVolumeClaim', [{ in: 'spec', mutable: ['resources', 'volumeAttributesClassName'] }]],
  [
    '/PersistentVolume',
    [
      {
        in: 'spec',
        mutable: [
          'accessModes',
          'capacity',
          'claimRef',
          'mountOptions',
          'persistentVolumeReclaimPolicy',
          'storageClassName',
          'volumeAttributesClassName',
        ],
      },
    ],
  ],
  ['/Secret', ['type']],
  ['rbac.authorization.k8s.io/RoleBinding', ['roleRef']],
  ['rbac.authorization.k8s.io/ClusterRoleBinding', ['roleRef']],
  ['networking.k8s.io/IngressClass', ['spec.controller']],
  ['node.k8s.io/RuntimeClass', ['handler']],
  ['scheduling.k8s.io/PriorityClass', ['value', 'preemptionPolicy']],
  ['storage.k8s.io/StorageClass', ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']],
  ['apiextensions.k8s.io/CustomResourceDefinition', ['spec.group', 'spec.names.plural', 'spec.scope']],
]);

/** Members that are fixed once the object says `immutable: true`. */
const sealable: ReadonlyMap<string, readonly string[]> = new Map([
  ['/ConfigMap', ['binaryData', 'data', 'immutable']],
  ['/Secret', ['data', 'immutable', 'stringData']],
]);

/** The fields that differ and may not, in the rules' order; with any, the object must be made anew. */
export function findImmutableChanges(before: Resource, after: Resource): readonly string[] {
  const { group, kind } = identityOf(after);
  const key = `${group}/${kind}`;
  const sealed = before['immutable'] === true ? (sealable.get(key) ?? []) : [];
  const paths = [...(rules.get(key) ?? []), ...sealed].flatMap((rule) => pathsOf(rule, before, after));
  return paths.filter((path) => {
    const [old, fresh] = [valueAt(before, path), valueAt(after, path)];
    // The cluster fills in an address that the object leaves out.
    if (key === '/Service' && (old === undefined || fresh === undefined)) return false;
    return findChangedFields(old, fresh).length > 0;
  });
}

function pathsOf(rule: Rule, before: Resource, after: Resource): readonly string[] {
  if (typeof rule === 'string') return [rule];
  const members = [before, after].flatMap((resource) => {
    const part = valueAt(resource, rule.in);
    return isMap(part) ? Object.keys(part) : [];
  });
  return [...new Set(members)]
    .filter((member) => !rule.mutable.includes(member) && !member.includes('.'))
    .toSorted()
    .map((member) => `${rule.in}.${member}`);
}

function valueAt(resource: Resource, path: string): unknown {
  let value: unknown = resource;
  for (const member of path.split('.')) {
    value = isMap(value) && Object.hasOwn(value, member) ? value[member] : undefined;
  }
  return value;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

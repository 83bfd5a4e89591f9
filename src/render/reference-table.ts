// Which fields of which kinds name objects of which kinds: the references that kustomize follows when names change, no
// fewer and no more (its `ingressClassName`, which it lists with a group that no kind has, is followed by neither).

/** Kinds that are meant; without a group or version, those of any. */
export type KindPattern = { readonly kind: string; readonly group?: string; readonly version?: string };

export type Reference = {
  /** What is referred to. */
  readonly target: KindPattern;
  /** Whose field it is. */
  readonly referrer: KindPattern;
  /** Members that lead to the name, to a list of names, or to maps of `name` and `namespace`. */
  readonly path: readonly string[];
};

const rbac = 'rbac.authorization.k8s.io';
const admission = 'admissionregistration.k8s.io';

/** Where kinds have the spec of a pod. */
const podSpecs = {
  Pod: 'spec',
  PodTemplate: 'template/spec',
  Deployment: 'spec/template/spec',
  ReplicaSet: 'spec/template/spec',
  ReplicationController: 'spec/template/spec',
  DaemonSet: 'spec/template/spec',
  StatefulSet: 'spec/template/spec',
  Job: 'spec/template/spec',
  CronJob: 'spec/jobTemplate/spec/template/spec',
} as const;
type PodKind = keyof typeof podSpecs;

const withData: readonly PodKind[] = [
  'Pod',
  'PodTemplate',
  'Deployment',
  'ReplicaSet',
  'DaemonSet',
  'StatefulSet',
  'Job',
  'CronJob',
];
const withAccounts: readonly PodKind[] = [
  'Pod',
  'StatefulSet',
  'Deployment',
  'ReplicationController',
  'CronJob',
  'Job',
  'DaemonSet',
];

function inPods(
  target: KindPattern,
  kinds: readonly PodKind[],
  fields: readonly string[],
): readonly Reference[] {
  return kinds.flatMap((kind) => {
    // Kinds of others that are called Pod have other versions.
    const referrer = kind === 'Pod' && kinds === withData ? { kind, version: 'v1' } : { kind };
    return fields.map((field) => ({ target, referrer, path: `${podSpecs[kind]}/${field}`.split('/') }));
  });
}

function of(
  target: KindPattern,
  fields: readonly (readonly [KindPattern, ...string[]])[],
): readonly Reference[] {
  return fields.flatMap(([referrer, ...paths]) =>
    paths.map((path) => ({ target, referrer, path: path.split('/') })),
  );
}

/** An annotation's name may have slashes. */
function inAnnotations(target: KindPattern, kind: string, names: readonly string[]): readonly Reference[] {
  return names.map((name) => ({ target, referrer: { kind }, path: ['metadata', 'annotations', name] }));
}

const configMap = { kind: 'ConfigMap', version: 'v1' };
const secret = { kind: 'Secret', version: 'v1' };
const service = { kind: 'Service', version: 'v1' };
const claim = { kind: 'PersistentVolumeClaim', version: 'v1' };
const account = { kind: 'ServiceAccount', version: 'v1' };
const volume = { kind: 'PersistentVolume', version: 'v1' };
const clusterRole = { kind: 'ClusterRole', group: rbac };
const roleBinding = { kind: 'RoleBinding', group: rbac };
const clusterRoleBinding = { kind: 'ClusterRoleBinding', group: rbac };
const storageClass = { kind: 'StorageClass', group: 'storage.k8s.io', version: 'v1' };

export const references: readonly Reference[] = [
  ...['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].flatMap((kind) =>
    of({ kind }, [[{ kind: 'HorizontalPodAutoscaler' }, 'spec/scaleTargetRef/name']]),
  ),

  ...inPods(configMap, withData, [
    'volumes/configMap/name',
    'volumes/projected/sources/configMap/name',
    'containers/env/valueFrom/configMapKeyRef/name',
    'initContainers/env/valueFrom/configMapKeyRef/name',
    'containers/envFrom/configMapRef/name',
    'initContainers/envFrom/configMapRef/name',
  ]),
  ...of(configMap, [
    [{ kind: 'Node' }, 'spec/configSource/configMap'],
    [{ kind: 'Role' }, 'rules/resourceNames'],
    [{ kind: 'ClusterRole' }, 'rules/resourceNames'],
  ]),
  ...inAnnotations(configMap, 'Ingress', ['nginx.ingress.kubernetes.io/fastcgi-params-configmap']),

  ...inPods(secret, withData, [
    'volumes/secret/secretName',
    'volumes/projected/sources/secret/name',
    'containers/env/valueFrom/secretKeyRef/name',
    'initContainers/env/valueFrom/secretKeyRef/name',
    'containers/envFrom/secretRef/name',
    'initContainers/envFrom/secretRef/name',
    'imagePullSecrets/name',
  ]),
  ...of(secret, [
    [{ kind: 'Ingress' }, 'spec/tls/secretName'],
    [{ kind: 'ServiceAccount' }, 'imagePullSecrets/name'],
    [
      { kind: 'StorageClass' },
      'parameters/secretName',
      'parameters/adminSecretName',
      'parameters/userSecretName',
      'parameters/secretRef',
    ],
    [{ kind: 'Role' }, 'rules/resourceNames'],
    [{ kind: 'ClusterRole' }, 'rules/resourceNames'],
    [
      { kind: 'Service', group: 'serving.knative.dev', version: 'v1' },
      'spec/template/spec/containers/env/valueFrom/secretKeyRef/name',
    ],
    [{ kind: 'PersistentVolume' }, 'spec/azureFile/secretName'],
  ]),
  ...inAnnotations(secret, 'Ingress', [
    'ingress.kubernetes.io/auth-secret',
    'nginx.ingress.kubernetes.io/auth-secret',
    'nginx.ingress.kubernetes.io/auth-tls-secret',
  ]),

  ...of(service, [
    [{ kind: 'StatefulSet', group: 'apps' }, 'spec/serviceName'],
    [
      { kind: 'Ingress' },
      'spec/rules/http/paths/backend/serviceName',
      'spec/backend/serviceName',
      'spec/rules/http/paths/backend/service/name',
      'spec/defaultBackend/service/name',
    ],
    [{ kind: 'APIService', group: 'apiregistration.k8s.io' }, 'spec/service/name'],
    [{ kind: 'ValidatingWebhookConfiguration', group: admission }, 'webhooks/clientConfig/service'],
    [{ kind: 'MutatingWebhookConfiguration', group: admission }, 'webhooks/clientConfig/service'],
  ]),

  ...of({ kind: 'Role', group: rbac }, [[roleBinding, 'roleRef/name']]),
  ...of(clusterRole, [
    [roleBinding, 'roleRef/name'],
    [clusterRoleBinding, 'roleRef/name'],
  ]),
  ...of(account, [
    [roleBinding, 'subjects'],
    [clusterRoleBinding, 'subjects'],
  ]),

  ...inPods(account, withAccounts, ['serviceAccountName']),
  ...inPods(claim, withAccounts, ['volumes/persistentVolumeClaim/claimName']),
  ...inPods({ kind: 'PriorityClass', group: 'scheduling.k8s.io', version: 'v1' }, withAccounts, [
    'priorityClassName',
  ]),

  ...of(volume, [
    [{ kind: 'PersistentVolumeClaim' }, 'spec/volumeName'],
    [{ kind: 'ClusterRole' }, 'rules/resourceNames'],
  ]),
  ...of(storageClass, [
    [{ kind: 'PersistentVolume' }, 'spec/storageClassName'],
    [{ kind: 'PersistentVolumeClaim' }, 'spec/storageClassName'],
    [{ kind: 'StatefulSet' }, 'spec/volumeClaimTemplates/spec/storageClassName'],
  ]),
  ...of({ kind: 'ValidatingAdmissionPolicy', group: admission }, [
    [{ kind: 'ValidatingAdmissionPolicyBinding', group: admission }, 'spec/policyName'],
  ]),
];

// What an installation consists of beside the CRDs: namespace, account, rights and the Deployment. Rights come as
// aggregated ClusterRoles to opt into, each saying what it opens.
import { aggregationLabel, apiGroup } from './common.ts';

export const defaultNamespace = 'sealift-system';
const pullerAccount = 'sealift-puller';
const stateClaim = 'sealift-puller-state';
const stateFolder = '/var/lib/sealift';

const partOf = { 'app.kubernetes.io/part-of': 'sealift' } as const;
const rbac = 'rbac.authorization.k8s.io';
const read = ['get', 'list', 'watch'] as const;

type Rule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
};

/** Namespace, account and every right that the puller needs; writes are made as the Deliveries' own accounts. */
export function buildRights(): readonly object[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: defaultNamespace,
        labels: { ...partOf, 'pod-security.kubernetes.io/enforce': 'restricted' },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: pullerAccount, namespace: defaultNamespace, labels: partOf },
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: pullerAccount, labels: partOf },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregationLabel]: 'true' } }] },
      rules: [],
    },
    aggregated('sealift-puller-core', [
      { apiGroups: [apiGroup], resources: ['deliveries'], verbs: [...read, 'patch'] },
      {
        apiGroups: [apiGroup],
        resources: ['deliveries/status', 'deliveries/finalizers'],
        verbs: ['patch', 'update'],
      },
      // Never a right to write TrustPolicies: the judged must not change the judge.
      { apiGroups: [apiGroup], resources: ['trustpolicies'], verbs: read },
      { apiGroups: [apiGroup], resources: ['trustpolicies/status'], verbs: ['patch'] },
      { apiGroups: [apiGroup], resources: ['promotionrecords'], verbs: [...read, 'create', 'update'] },
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
    ]),
    aggregated('sealift-puller-watch', [
      {
        apiGroups: [''],
        resources: [
          'configmaps',
          'limitranges',
          'namespaces',
          'persistentvolumeclaims',
          'pods',
          'resourcequotas',
          'serviceaccounts',
          'services',
        ],
        verbs: read,
      },
      {
        apiGroups: ['apps'],
        resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'],
        verbs: read,
      },
      { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: read },
      { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: read },
      {
        apiGroups: ['networking.k8s.io'],
        resources: ['ingresses', 'ingressclasses', 'networkpolicies'],
        verbs: read,
      },
      { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: read },
      {
        apiGroups: [rbac],
        resources: ['clusterrolebindings', 'clusterroles', 'rolebindings', 'roles'],
        verbs: read,
      },
      { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: read },
      {
        apiGroups: ['admissionregistration.k8s.io'],
        resources: [
          'mutatingwebhookconfigurations',
          'validatingadmissionpolicies',
          'validatingadmissionpolicybindings',
          'validatingwebhookconfigurations',
        ],
        verbs: read,
      },
      { apiGroups: ['scheduling.k8s.io'], resources: ['priorityclasses'], verbs: read },
      { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: read },
    ]),
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: pullerAccount, labels: partOf },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: pullerAccount },
      subjects: [{ kind: 'ServiceAccount', name: pullerAccount, namespace: defaultNamespace }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: pullerAccount, namespace: defaultNamespace, labels: partOf },
      rules: [
        { apiGroups: [''], resources: ['secrets'], verbs: [...read, 'create', 'patch', 'delete'] },
        { apiGroups: [''], resources: ['configmaps'], verbs: [...read, 'create'] },
        {
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          verbs: ['get', 'create', 'update', 'patch'],
        },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name: pullerAccount, namespace: defaultNamespace, labels: partOf },
      roleRef: { apiGroup: rbac, kind: 'Role', name: pullerAccount },
      subjects: [{ kind: 'ServiceAccount', name: pullerAccount, namespace: defaultNamespace }],
    },
  ];
}

/** To opt into: with it, Secrets are watched. Metadata is all that is asked for, but `list` is the right to read them. */
export function buildSecretRights(): readonly object[] {
  return [
    aggregated('sealift-puller-watch-secrets', [{ apiGroups: [''], resources: ['secrets'], verbs: read }]),
  ];
}

/** The Deployment, hardened. The image is the user's own: see puller/Dockerfile. */
export function buildDeployment(): readonly object[] {
  const labels = { ...partOf, 'app.kubernetes.io/name': pullerAccount };
  const probe = (path: string): object => ({ httpGet: { path, port: 'probes' }, periodSeconds: 10 });
  const container = {
    name: 'puller',
    image: 'registry.example/sealift/puller:0.1.0',
    args: ['--probe-listen=0.0.0.0:8081', `--state-dir=${stateFolder}`],
    env: [{ name: 'HOSTNAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    ports: [{ name: 'probes', containerPort: 8081 }],
    volumeMounts: [{ name: 'state', mountPath: stateFolder }],
    livenessProbe: probe('/livez'),
    readinessProbe: probe('/readyz'),
    resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '384Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 65_532,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
  return [
    {
      // What was promoted must outlive a restored etcd; on a cluster without a storage class make this a hostPath.
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: stateClaim, namespace: defaultNamespace, labels: partOf },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: pullerAccount, namespace: defaultNamespace, labels },
      spec: {
        replicas: 1,
        // The volume is one process's.
        strategy: { type: 'Recreate' },
        selector: { matchLabels: { 'app.kubernetes.io/name': pullerAccount } },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: pullerAccount,
            priorityClassName: 'system-cluster-critical',
            terminationGracePeriodSeconds: 30,
            securityContext: {
              runAsNonRoot: true,
              fsGroup: 65_532,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            containers: [container],
            volumes: [{ name: 'state', persistentVolumeClaim: { claimName: stateClaim } }],
          },
        },
      },
    },
  ];
}

function aggregated(name: string, rules: readonly Rule[]): object {
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name, labels: { ...partOf, [aggregationLabel]: 'true' } },
    rules,
  };
}

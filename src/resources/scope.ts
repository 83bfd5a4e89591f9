// Which groups are Kubernetes' own, and which kinds belong to no namespace: those of Kubernetes itself, and those that CustomResourceDefinitions say so of.
// A kind that nobody knows counts as one with namespaces, as everywhere where there is no API server to ask.

const clusterKinds: Readonly<Record<string, string>> = {
  '': 'Namespace Node PersistentVolume ComponentStatus',
  'admissionregistration.k8s.io':
    'MutatingWebhookConfiguration ValidatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding MutatingAdmissionPolicy MutatingAdmissionPolicyBinding',
  'apiextensions.k8s.io': 'CustomResourceDefinition',
  'apiregistration.k8s.io': 'APIService',
  'authentication.k8s.io': 'TokenReview SelfSubjectReview',
  'authorization.k8s.io': 'SubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview',
  'certificates.k8s.io': 'CertificateSigningRequest ClusterTrustBundle',
  'flowcontrol.apiserver.k8s.io': 'FlowSchema PriorityLevelConfiguration',
  'internal.apiserver.k8s.io': 'StorageVersion',
  'networking.k8s.io': 'IngressClass IPAddress ServiceCIDR',
  'node.k8s.io': 'RuntimeClass',
  policy: 'PodSecurityPolicy',
  'rbac.authorization.k8s.io': 'ClusterRole ClusterRoleBinding',
  'resource.k8s.io': 'DeviceClass DeviceTaintRule ResourceSlice',
  'scheduling.k8s.io': 'PriorityClass',
  'storage.k8s.io': 'CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass',
  'storagemigration.k8s.io': 'StorageVersionMigration',
};

const builtIn: ReadonlySet<string> = new Set(
  Object.entries(clusterKinds).flatMap(([group, kinds]) =>
    kinds.split(' ').map((kind) => `${group}/${kind}`),
  ),
);

const dottedGroups: ReadonlySet<string> = new Set([
  ...Object.keys(clusterKinds),
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
]);

/** Whether the API server has the group's kinds by itself; definitions can't take groups without a dot. */
export function isBuiltInGroup(group: string): boolean {
  return !group.includes('.') || dottedGroups.has(group);
}

type Kind = { readonly group: string; readonly kind: string };

/** Whether objects of a kind belong to no namespace. */
export type ClusterScope = (kind: Kind) => boolean;

/** @param objects among which CustomResourceDefinitions are looked for; what they are of otherwise does not matter */
export function clusterScopeOf(objects: Iterable<unknown>): ClusterScope {
  const defined = new Set<string>();
  for (const object of objects) {
    const { kind, spec } = membersOf(object);
    const { group, scope, names } = membersOf(kind === 'CustomResourceDefinition' ? spec : undefined);
    const { kind: name } = membersOf(names);
    // Groups without a dot are Kubernetes' own: a definition must not take their kinds out of their namespaces.
    if (scope !== 'Cluster' || typeof group !== 'string' || typeof name !== 'string') continue;
    if (group.includes('.')) defined.add(`${group}/${name}`);
  }
  return ({ group, kind }) => builtIn.has(`${group}/${kind}`) || defined.has(`${group}/${kind}`);
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  // Members are looked at one by one, and nothing is told of them.
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

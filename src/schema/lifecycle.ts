// From which version of Kubernetes on its API serves a kind under an apiVersion, when that was deprecated and when it went.
// Only those are here that came after 1.16, or that were or will be taken away.
// https://kubernetes.io/docs/reference/using-api/deprecation-guide/
import { InputError } from '../errors.ts';

/** The oldest version that is told of. */
const oldest = 16;

/** Minor versions; none for what is not deprecated, or still served. */
type Row = readonly [
  apiVersion: string,
  since: number,
  deprecated: number | undefined,
  removed: number | undefined,
  /** What to write instead; empty where there is nothing. */
  instead: string,
  kinds: string,
];

const none = undefined;
const admission = 'ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding';
const mutating = 'MutatingAdmissionPolicy MutatingAdmissionPolicyBinding';
const webhooks = 'MutatingWebhookConfiguration ValidatingWebhookConfiguration';
const roles = 'ClusterRole ClusterRoleBinding Role RoleBinding';
const flows = 'FlowSchema PriorityLevelConfiguration';
const devices = 'DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice';
const reviews = 'LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview';

const rows: readonly Row[] = [
  ['v1', 0, 33, none, 'discovery.k8s.io/v1 EndpointSlice', 'Endpoints'],
  ['v1', 0, 19, none, '', 'ComponentStatus'],
  ['admissionregistration.k8s.io/v1', 36, none, none, '', mutating],
  ['admissionregistration.k8s.io/v1', 30, none, none, '', admission],
  ['admissionregistration.k8s.io/v1beta1', 9, 16, 22, 'admissionregistration.k8s.io/v1', webhooks],
  ['admissionregistration.k8s.io/v1beta1', 28, 31, 34, 'admissionregistration.k8s.io/v1', admission],
  ['admissionregistration.k8s.io/v1beta1', 34, 37, 40, 'admissionregistration.k8s.io/v1', mutating],
  ['admissionregistration.k8s.io/v1alpha1', 26, 29, 32, 'admissionregistration.k8s.io/v1', admission],
  ['admissionregistration.k8s.io/v1alpha1', 32, 35, 38, 'admissionregistration.k8s.io/v1', mutating],
  ['apiextensions.k8s.io/v1beta1', 7, 16, 22, 'apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  ['apiregistration.k8s.io/v1beta1', 7, 19, 22, 'apiregistration.k8s.io/v1', 'APIService'],
  ['apps/v1beta1', 5, 8, 16, 'apps/v1', 'ControllerRevision Deployment StatefulSet'],
  ['apps/v1beta2', 8, 9, 16, 'apps/v1', 'ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet'],
  ['authentication.k8s.io/v1beta1', 4, 19, 22, 'authentication.k8s.io/v1', 'TokenReview'],
  ['authorization.k8s.io/v1', 19, none, none, '', reviews.replace(' SubjectAccessReview', '')],
  ['authorization.k8s.io/v1beta1', 2, 19, 22, 'authorization.k8s.io/v1', reviews],
  ['autoscaling/v2', 23, none, none, '', 'HorizontalPodAutoscaler'],
  ['autoscaling/v2beta1', 8, 22, 25, 'autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['autoscaling/v2beta2', 12, 23, 26, 'autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['batch/v1', 21, none, none, '', 'CronJob'],
  ['batch/v1beta1', 8, 21, 25, 'batch/v1', 'CronJob'],
  ['certificates.k8s.io/v1', 19, none, none, '', 'CertificateSigningRequest'],
  ['certificates.k8s.io/v1beta1', 12, 19, 22, 'certificates.k8s.io/v1', 'CertificateSigningRequest'],
  ['certificates.k8s.io/v1alpha1', 26, 34, 37, 'certificates.k8s.io/v1beta1', 'ClusterTrustBundle'],
  ['certificates.k8s.io/v1beta1', 33, 37, 40, '', 'ClusterTrustBundle'],
  ['coordination.k8s.io/v1beta1', 12, 19, 22, 'coordination.k8s.io/v1', 'Lease'],
  ['discovery.k8s.io/v1', 21, none, none, '', 'EndpointSlice'],
  ['discovery.k8s.io/v1beta1', 16, 21, 25, 'discovery.k8s.io/v1', 'EndpointSlice'],
  ['events.k8s.io/v1', 19, none, none, '', 'Event'],
  ['events.k8s.io/v1beta1', 8, 22, 25, 'events.k8s.io/v1', 'Event'],
  ['extensions/v1beta1', 1, 8, 16, 'apps/v1', 'DaemonSet Deployment ReplicaSet'],
  ['extensions/v1beta1', 1, 14, 22, 'networking.k8s.io/v1', 'Ingress'],
  ['extensions/v1beta1', 3, 9, 16, 'networking.k8s.io/v1', 'NetworkPolicy'],
  ['extensions/v1beta1', 2, 11, 16, '', 'PodSecurityPolicy'],
  ['flowcontrol.apiserver.k8s.io/v1', 29, none, none, '', flows],
  ['flowcontrol.apiserver.k8s.io/v1beta1', 20, 23, 26, 'flowcontrol.apiserver.k8s.io/v1', flows],
  ['flowcontrol.apiserver.k8s.io/v1beta2', 23, 26, 29, 'flowcontrol.apiserver.k8s.io/v1', flows],
  ['flowcontrol.apiserver.k8s.io/v1beta3', 26, 29, 32, 'flowcontrol.apiserver.k8s.io/v1', flows],
  ['networking.k8s.io/v1', 19, none, none, '', 'Ingress IngressClass'],
  ['networking.k8s.io/v1', 33, none, none, '', 'IPAddress ServiceCIDR'],
  ['networking.k8s.io/v1beta1', 14, 19, 22, 'networking.k8s.io/v1', 'Ingress IngressClass'],
  ['networking.k8s.io/v1beta1', 31, 34, 37, 'networking.k8s.io/v1', 'IPAddress ServiceCIDR'],
  ['node.k8s.io/v1', 20, none, none, '', 'RuntimeClass'],
  ['node.k8s.io/v1beta1', 13, 22, 25, 'node.k8s.io/v1', 'RuntimeClass'],
  ['policy/v1', 21, none, none, '', 'PodDisruptionBudget'],
  ['policy/v1beta1', 5, 21, 25, 'policy/v1', 'PodDisruptionBudget'],
  ['policy/v1beta1', 10, 21, 25, '', 'PodSecurityPolicy'],
  ['rbac.authorization.k8s.io/v1alpha1', 5, 17, 22, 'rbac.authorization.k8s.io/v1', roles],
  ['rbac.authorization.k8s.io/v1beta1', 6, 17, 22, 'rbac.authorization.k8s.io/v1', roles],
  ['resource.k8s.io/v1', 34, none, none, '', devices],
  ['resource.k8s.io/v1beta1', 32, 35, 38, 'resource.k8s.io/v1', devices],
  ['resource.k8s.io/v1beta2', 33, 36, 39, 'resource.k8s.io/v1', devices],
  ['scheduling.k8s.io/v1beta1', 11, 14, 22, 'scheduling.k8s.io/v1', 'PriorityClass'],
  ['storage.k8s.io/v1', 18, none, none, '', 'CSIDriver'],
  ['storage.k8s.io/v1', 17, none, none, '', 'CSINode'],
  ['storage.k8s.io/v1', 24, none, none, '', 'CSIStorageCapacity'],
  ['storage.k8s.io/v1', 34, none, none, '', 'VolumeAttributesClass'],
  ['storage.k8s.io/v1beta1', 4, 19, 22, 'storage.k8s.io/v1', 'CSIDriver StorageClass VolumeAttachment'],
  ['storage.k8s.io/v1beta1', 14, 17, 22, 'storage.k8s.io/v1', 'CSINode'],
  ['storage.k8s.io/v1beta1', 21, 24, 27, 'storage.k8s.io/v1', 'CSIStorageCapacity'],
  ['storage.k8s.io/v1beta1', 31, 34, 37, 'storage.k8s.io/v1', 'VolumeAttributesClass'],
];

const known = new Map(
  rows.flatMap(([apiVersion, since, deprecated, removed, instead, kinds]) =>
    kinds
      .split(' ')
      .map((kind) => [`${apiVersion}/${kind}`, { since, deprecated, removed, instead }] as const),
  ),
);

/** What an API is at a version, and the minor version from which on. */
export type ApiState = {
  readonly state: 'served' | 'deprecated' | 'removed' | 'early';
  readonly since: number;
  /** The version in which it goes or has gone. */
  readonly removed: number | undefined;
  readonly instead: string;
};

/**
 * What an API is at a minor version of Kubernetes; undefined where it is not told of here.
 * @param minor as 36 for 1.36
 */
export function apiStateAt(minor: number, apiVersion: string, kind: string): ApiState | undefined {
  const found = known.get(`${apiVersion}/${kind}`);
  if (found === undefined) return undefined;
  const { since, deprecated, removed, instead } = found;
  const rest = { removed, instead };
  if (removed !== undefined && minor >= removed) return { state: 'removed', since: removed, ...rest };
  if (minor < since) return { state: 'early', since, ...rest };
  if (deprecated !== undefined && minor >= deprecated)
    return { state: 'deprecated', since: deprecated, ...rest };
  return { state: 'served', since, ...rest };
}

/**
 * The minor version of a version as `1.34`, `v1.34` or `v1.34.2`.
 * @param newest version that is told of, as `v1.36.3`
 * @throws InputError `INPUT_INVALID`
 */
export function parseKubernetesVersion(text: string, newest: string): number {
  const read = (version: string): number =>
    Number(/^v?1\.(\d{1,3})(?:\.\d{1,3})?$/u.exec(version)?.[1] ?? -1);
  const [minor, last] = [read(text), read(newest)];
  if (minor >= oldest && minor <= last) return minor;
  throw new InputError(
    'INPUT_INVALID',
    `${JSON.stringify(text.slice(0, 50))} is no version that is known here`,
    {
      hint: `Known are 1.${oldest} to 1.${last}.`,
    },
  );
}

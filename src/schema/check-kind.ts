// What the API server refuses of its own kinds beyond what their schemas say: the mistakes that people make, not all that
// its code looks at. A test compares each with a real API server.
import { parseApiVersion } from '../resources/resource.ts';
import { checkBinding, checkRole } from './kinds/access.ts';
import { checkClaim, checkConfigMap, checkSecret } from './kinds/data.ts';
import { checkDefinition } from './kinds/definitions.ts';
import { below, fieldOf, textOf, type Check } from './kinds/fields.ts';
import { checkMetadata } from './kinds/metadata.ts';
import { checkIngress, checkNetworkPolicy, checkService } from './kinds/networking.ts';
import {
  checkAutoscaler,
  checkBarePod,
  checkCronJob,
  checkDisruptionBudget,
  checkJob,
  checkWorkload,
} from './kinds/workloads.ts';
import type { SchemaProblem } from './node.ts';

const rbac = 'rbac.authorization.k8s.io/v1';

const checks: Readonly<Record<string, Check>> = {
  'v1/Pod': checkBarePod,
  'v1/Service': checkService,
  'v1/ConfigMap': checkConfigMap,
  'v1/Secret': checkSecret,
  'v1/PersistentVolumeClaim': checkClaim,
  'apps/v1/Deployment': checkWorkload,
  'apps/v1/StatefulSet': checkWorkload,
  'apps/v1/DaemonSet': checkWorkload,
  'apps/v1/ReplicaSet': checkWorkload,
  'batch/v1/Job': checkJob,
  'batch/v1/CronJob': checkCronJob,
  'autoscaling/v2/HorizontalPodAutoscaler': checkAutoscaler,
  'autoscaling/v1/HorizontalPodAutoscaler': checkAutoscaler,
  'policy/v1/PodDisruptionBudget': checkDisruptionBudget,
  'networking.k8s.io/v1/Ingress': checkIngress,
  'networking.k8s.io/v1/NetworkPolicy': checkNetworkPolicy,
  'apiextensions.k8s.io/v1/CustomResourceDefinition': checkDefinition,
  [`${rbac}/Role`]: checkRole,
  [`${rbac}/ClusterRole`]: checkRole,
  [`${rbac}/RoleBinding`]: checkBinding,
  [`${rbac}/ClusterRoleBinding`]: checkBinding,
};

/** @param object whose schema fits */
export function checkKind(object: unknown): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const root = fieldOf(object, problems);
  const apiVersion = textOf(below(root, 'apiVersion'));
  const key = `${apiVersion}/${textOf(below(root, 'kind'))}`;
  checkMetadata(root, parseApiVersion(apiVersion).group);
  if (Object.hasOwn(checks, key)) checks[key]?.(root);
  return problems;
}

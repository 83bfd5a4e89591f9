// Whether an object does what it is for, by the rules of kstatus (sigs.k8s.io/cli-utils, status package), which
// Flux's users know: generation first, then the kind's own fields, then the Ready condition.
import * as z from 'zod';
import type { ResourceKind } from '../../src/kube/discovery.ts';
import type { KubeObject } from '../../src/kube/object.ts';

export type Health = { readonly state: 'Current' | 'InProgress' | 'Failed'; readonly message: string };

/** Custom kinds have members of these names with forms of their own: what has another form is as if it were absent. */
const text = z.string().optional().catch(undefined);
const count = z.number().optional().catch(undefined);

const conditionSchema = z.looseObject({
  type: z.string(),
  /** Anything that is not true is not: a controller that writes `true` means the same. */
  status: z
    .union([z.string(), z.boolean().transform((isTrue) => (isTrue ? 'True' : 'False'))])
    .catch('Unknown'),
  reason: text,
  message: text,
  observedGeneration: count,
});
type Condition = z.infer<typeof conditionSchema>;

/** Without those that have no type: the others count all the same. */
const conditionsSchema = z
  .array(z.unknown())
  .transform((items) => items.flatMap((item) => conditionSchema.safeParse(item).data ?? []))
  .catch([]);

const containersSchema = z
  .array(
    z.looseObject({
      name: text,
      state: z
        .looseObject({ waiting: z.looseObject({ reason: z.string().optional() }).optional() })
        .optional(),
    }),
  )
  .optional()
  .catch(undefined);

const stateSchema = z.looseObject({
  spec: z
    .looseObject({
      replicas: count,
      suspend: z.boolean().optional().catch(undefined),
      updateStrategy: z
        .looseObject({
          type: z.string().optional(),
          rollingUpdate: z.looseObject({ partition: count }).nullish(),
        })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
  status: z
    .looseObject({
      observedGeneration: count,
      phase: text,
      replicas: count,
      updatedReplicas: count,
      readyReplicas: count,
      availableReplicas: count,
      currentReplicas: count,
      fullyLabeledReplicas: count,
      currentRevision: text,
      updateRevision: text,
      desiredNumberScheduled: count,
      currentNumberScheduled: count,
      updatedNumberScheduled: count,
      numberAvailable: count,
      numberReady: count,
      containerStatuses: containersSchema,
      initContainerStatuses: containersSchema,
      conditions: conditionsSchema,
    })
    .optional(),
});
type State = {
  generation: number | undefined;
  spec: NonNullable<z.infer<typeof stateSchema>['spec']>;
  status: Partial<NonNullable<z.infer<typeof stateSchema>['status']>>;
  conditions: readonly Condition[];
};

const current: Health = { state: 'Current', message: '' };
const progressing = (message: string): Health => ({ state: 'InProgress', message });
const failed = (message: string): Health => ({ state: 'Failed', message });

/** Built-in groups whose objects have no status that health depends on, save for the kinds below. */
const kindsWithStatus: ReadonlySet<string> = new Set([
  'apps/Deployment',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'apps/ReplicaSet',
  'batch/Job',
  '/Pod',
  '/PersistentVolumeClaim',
  'policy/PodDisruptionBudget',
  'apiextensions.k8s.io/CustomResourceDefinition',
  'apiregistration.k8s.io/APIService',
]);

/** Whether a kind's health is read from its status: then whole objects are watched, else metadata alone. */
export function hasHealth({ group, kind }: Pick<ResourceKind, 'group' | 'kind'>): boolean {
  const isBuiltIn = !group.includes('.') || group.endsWith('.k8s.io');
  return !isBuiltIn || kindsWithStatus.has(`${group}/${kind}`);
}

/** The health of a live object. */
export function computeHealth(
  { group, kind }: Pick<ResourceKind, 'group' | 'kind'>,
  object: KubeObject,
): Health {
  if (object.metadata.deletionTimestamp !== undefined) return progressing('is being deleted');
  if (!hasHealth({ group, kind })) return current;
  const state = stateOf(object);
  if (state === undefined) return progressing('has a status of an unknown form');
  const { generation, status } = state;
  const unobserved = checkGeneration(status.observedGeneration, generation);
  if (unobserved !== undefined) return unobserved;
  const general = checkGeneral(state);
  if (general !== undefined) return general;
  return (rules[`${group}/${kind}`] ?? checkReady)(state);
}

/** Undefined where the status is none. */
function stateOf(object: KubeObject): State | undefined {
  const parsed = stateSchema.safeParse(object);
  if (!parsed.success) return undefined;
  const { spec = {}, status = { conditions: [] } } = parsed.data;
  return { generation: object.metadata.generation, spec, status, conditions: status.conditions };
}

/** In progress where the object's controller has not seen its latest generation; undefined where it has, or tells none. */
export function generationOf(object: KubeObject): Health | undefined {
  const state = stateOf(object);
  return checkGeneration(state?.status.observedGeneration, object.metadata.generation);
}

function checkGeneration(observed: number | undefined, generation: number | undefined): Health | undefined {
  if (observed === undefined || generation === undefined || observed === generation) return undefined;
  return progressing(`generation ${generation} is not observed yet`);
}

function checkGeneral({ conditions }: State): Health | undefined {
  const stalled = findCondition(conditions, 'Stalled');
  if (stalled?.status === 'True') return failed(stalled.message ?? 'is stalled');
  const reconciling = findCondition(conditions, 'Reconciling');
  if (reconciling?.status === 'True') return progressing(reconciling.message ?? 'is reconciling');
  return undefined;
}

const rules: Readonly<Record<string, (state: State) => Health>> = {
  'apps/Deployment': checkDeployment,
  'apps/StatefulSet': checkStatefulSet,
  'apps/DaemonSet': checkDaemonSet,
  'apps/ReplicaSet': checkReplicaSet,
  'batch/Job': checkJob,
  '/Pod': checkPod,
  '/PersistentVolumeClaim': ({ status }) =>
    status.phase === 'Bound' ? current : progressing(`is ${status.phase ?? 'not bound'}`),
  'policy/PodDisruptionBudget': ({ status }) =>
    status.observedGeneration === undefined ? progressing('is not observed yet') : current,
  'apiextensions.k8s.io/CustomResourceDefinition': checkDefinition,
  'apiregistration.k8s.io/APIService': ({ conditions }) =>
    findCondition(conditions, 'Available')?.status === 'True' ? current : progressing('is not available'),
};

function checkDeployment({ spec, status, conditions }: State): Health {
  const progress = findCondition(conditions, 'Progressing');
  if (progress?.reason === 'ProgressDeadlineExceeded')
    return failed(progress.message ?? 'exceeded its progress deadline');
  const wanted = spec.replicas ?? 1;
  const counts = checkCounts(wanted, {
    updated: status.updatedReplicas,
    available: status.availableReplicas,
    ready: status.readyReplicas,
  });
  if (counts.state !== 'Current') return counts;
  if ((status.replicas ?? 0) > wanted)
    return progressing(`has ${status.replicas ?? 0} replicas, ${wanted} wanted`);
  if (status.observedGeneration === undefined) return progressing('is not observed yet');
  return findCondition(conditions, 'Available')?.status === 'True'
    ? current
    : progressing('is not available');
}

function checkReplicaSet({ spec, status, conditions }: State): Health {
  const failure = findCondition(conditions, 'ReplicaFailure');
  if (failure?.status === 'True') return progressing(failure.message ?? 'can not make its pods');
  if (status.observedGeneration === undefined) return progressing('is not observed yet');
  const wanted = spec.replicas ?? 1;
  const counts = checkCounts(wanted, {
    labelled: status.fullyLabeledReplicas,
    available: status.availableReplicas,
    ready: status.readyReplicas,
  });
  if (counts.state !== 'Current') return counts;
  return (status.replicas ?? 0) > wanted
    ? progressing(`has ${status.replicas ?? 0} replicas, ${wanted} wanted`)
    : current;
}

function checkStatefulSet({ spec, status }: State): Health {
  if (status.observedGeneration === undefined) return progressing('is not observed yet');
  // Pods are replaced by whoever deletes them: there is nothing to wait for.
  if (spec.updateStrategy?.type === 'OnDelete') return current;
  const wanted = spec.replicas ?? 1;
  const counts = checkCounts(wanted, { existing: status.replicas, ready: status.readyReplicas });
  if (counts.state !== 'Current') return counts;
  if ((status.replicas ?? 0) > wanted)
    return progressing(`has ${status.replicas ?? 0} replicas, ${wanted} wanted`);
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  // Pods below the partition stay as they are: the revisions never become one.
  if (partition > 0) return checkCounts(Math.max(wanted - partition, 0), { updated: status.updatedReplicas });
  return status.updateRevision === status.currentRevision ? current : progressing('is rolling out');
}

function checkDaemonSet({ spec, status }: State): Health {
  if (status.observedGeneration === undefined || status.desiredNumberScheduled === undefined)
    return progressing('is not observed yet');
  return checkCounts(status.desiredNumberScheduled, {
    scheduled: status.currentNumberScheduled,
    ...(spec.updateStrategy?.type === 'OnDelete' ? {} : { updated: status.updatedNumberScheduled }),
    available: status.numberAvailable,
    ready: status.numberReady,
  });
}

/** Until it is complete, as Flux has it: by kstatus alone one that has started would do. */
function checkJob({ spec, conditions }: State): Health {
  const failure = findCondition(conditions, 'Failed');
  if (failure?.status === 'True') return failed(failure.message ?? 'has failed');
  if (spec.suspend === true || findCondition(conditions, 'Complete')?.status === 'True') return current;
  return progressing('is not complete');
}

function checkPod({ status, conditions }: State): Health {
  if (status.phase === 'Succeeded') return current;
  if (status.phase === 'Failed') return failed('has failed');
  if (status.phase === 'Running' && findCondition(conditions, 'Ready')?.status === 'True') return current;
  const crashing = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].find(
    ({ state }) => state?.waiting?.reason === 'CrashLoopBackOff',
  );
  if (crashing !== undefined)
    return failed(`has container ${crashing.name ?? ''} that crashes again and again`);
  const scheduled = findCondition(conditions, 'PodScheduled');
  if (scheduled?.status === 'False') return progressing(scheduled.message ?? 'is not scheduled');
  return progressing(`is ${status.phase ?? 'not scheduled'}`);
}

function checkDefinition({ conditions }: State): Health {
  const names = findCondition(conditions, 'NamesAccepted');
  if (names?.status === 'False') return failed(names.message ?? 'has names that are taken');
  const established = findCondition(conditions, 'Established');
  if (established?.status === 'True') return current;
  const isRefused = established?.status === 'False' && established.reason !== 'Installing';
  return isRefused
    ? failed(established.message ?? 'can not be established')
    : progressing('is not established');
}

function checkReady({ generation, conditions }: State): Health {
  const ready = findCondition(conditions, 'Ready');
  // A kind without a Ready condition has nothing to wait for.
  if (ready === undefined) return current;
  const observed = ready.observedGeneration;
  if (observed !== undefined && generation !== undefined && observed < generation)
    return progressing(`generation ${generation} is not observed yet`);
  return ready.status === 'True' ? current : progressing(ready.message ?? 'is not ready');
}

function checkCounts(wanted: number, found: Readonly<Record<string, number | undefined>>): Health {
  for (const [name, value = 0] of Object.entries(found)) {
    if (value < wanted) return progressing(`has ${value} of ${wanted} ${name}`);
  }
  return current;
}

function findCondition(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

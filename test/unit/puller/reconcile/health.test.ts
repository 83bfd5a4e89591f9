// The health of live objects, kind by kind, as kstatus and Flux have it.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { computeHealth, hasHealth, type Health } from '../../../../puller/reconcile/health.ts';
import type { KubeObject } from '../../../../src/kube/object.ts';

type State = Health['state'];
type Row = readonly [name: string, kind: string, state: State, object: object];

const metadata = { name: 'one', namespace: 'tenant', uid: 'uid', resourceVersion: '5', generation: 2 };
const condition = (type: string, status: string, more: object = {}): object => ({ type, status, ...more });
const scheduled = {
  observedGeneration: 2,
  desiredNumberScheduled: 2,
  currentNumberScheduled: 2,
  updatedNumberScheduled: 2,
  numberAvailable: 2,
  numberReady: 2,
};
const rolledOut = {
  observedGeneration: 2,
  replicas: 2,
  updatedReplicas: 2,
  readyReplicas: 2,
  availableReplicas: 2,
  conditions: [condition('Available', 'True')],
};
const set = {
  observedGeneration: 2,
  replicas: 3,
  readyReplicas: 3,
  currentRevision: 'a',
  updateRevision: 'b',
};
const two = { replicas: 2 };
const waiting = (reason: string): object => ({ name: 'main', state: { waiting: { reason } } });

const rows: readonly Row[] = [
  ['nothing is told yet', 'apps/Deployment', 'InProgress', { spec: two }],
  ['rolled out', 'apps/Deployment', 'Current', { spec: two, status: rolledOut }],
  [
    'of an old generation',
    'apps/Deployment',
    'InProgress',
    { spec: two, status: { ...rolledOut, observedGeneration: 1 } },
  ],
  [
    'with a pod of before',
    'apps/Deployment',
    'InProgress',
    { spec: two, status: { ...rolledOut, replicas: 3 } },
  ],
  [
    'with a pod that is not updated',
    'apps/Deployment',
    'InProgress',
    { spec: two, status: { ...rolledOut, updatedReplicas: 1 } },
  ],
  [
    'with a pod that is not available',
    'apps/Deployment',
    'InProgress',
    { spec: two, status: { ...rolledOut, availableReplicas: 1 } },
  ],
  [
    'scaled to nothing',
    'apps/Deployment',
    'Current',
    {
      spec: { replicas: 0 },
      status: { ...rolledOut, replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 },
    },
  ],
  [
    'beyond its deadline',
    'apps/Deployment',
    'Failed',
    {
      spec: two,
      status: {
        ...rolledOut,
        conditions: [condition('Progressing', 'False', { reason: 'ProgressDeadlineExceeded' })],
      },
    },
  ],
  ['rolling', 'apps/StatefulSet', 'InProgress', { spec: { replicas: 3 }, status: set }],
  [
    'of one revision',
    'apps/StatefulSet',
    'Current',
    { spec: { replicas: 3 }, status: { ...set, updateRevision: 'a' } },
  ],
  [
    'rolled out to its partition',
    'apps/StatefulSet',
    'Current',
    {
      spec: { replicas: 3, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } },
      status: { ...set, updatedReplicas: 1 },
    },
  ],
  [
    'not rolled out to its partition',
    'apps/StatefulSet',
    'InProgress',
    {
      spec: { replicas: 3, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } },
      status: { ...set, updatedReplicas: 1 },
    },
  ],
  [
    'updated by hand',
    'apps/StatefulSet',
    'Current',
    { spec: { replicas: 3, updateStrategy: { type: 'OnDelete' } }, status: set },
  ],
  ['not observed', 'apps/StatefulSet', 'InProgress', { spec: { replicas: 3 } }],
  [
    'with a pod too many',
    'apps/StatefulSet',
    'InProgress',
    { spec: { replicas: 2 }, status: { ...set, updateRevision: 'a' } },
  ],
  ['everywhere', 'apps/DaemonSet', 'Current', { status: scheduled }],
  ['not everywhere', 'apps/DaemonSet', 'InProgress', { status: { ...scheduled, numberAvailable: 1 } }],
  [
    'updated by hand',
    'apps/DaemonSet',
    'Current',
    { spec: { updateStrategy: { type: 'OnDelete' } }, status: { ...scheduled, updatedNumberScheduled: 0 } },
  ],
  ['not counted yet', 'apps/DaemonSet', 'InProgress', { status: { observedGeneration: 2 } }],
  [
    'complete',
    'apps/ReplicaSet',
    'Current',
    {
      spec: two,
      status: {
        observedGeneration: 2,
        replicas: 2,
        fullyLabeledReplicas: 2,
        availableReplicas: 2,
        readyReplicas: 2,
      },
    },
  ],
  [
    'that may make no pods',
    'apps/ReplicaSet',
    'InProgress',
    {
      spec: two,
      status: {
        observedGeneration: 2,
        conditions: [condition('ReplicaFailure', 'True', { message: 'quota' })],
      },
    },
  ],
  ['that has started', 'batch/Job', 'InProgress', { status: { startTime: 'x', active: 1 } }],
  ['that is complete', 'batch/Job', 'Current', { status: { conditions: [condition('Complete', 'True')] } }],
  ['that has failed', 'batch/Job', 'Failed', { status: { conditions: [condition('Failed', 'True')] } }],
  ['that is suspended', 'batch/Job', 'Current', { spec: { suspend: true } }],
  ['that has never run', 'batch/CronJob', 'Current', {}],
  [
    'that is ready',
    '/Pod',
    'Current',
    { status: { phase: 'Running', conditions: [condition('Ready', 'True')] } },
  ],
  [
    'that is not ready',
    '/Pod',
    'InProgress',
    { status: { phase: 'Running', conditions: [condition('Ready', 'False')] } },
  ],
  ['that has succeeded', '/Pod', 'Current', { status: { phase: 'Succeeded' } }],
  ['that has failed', '/Pod', 'Failed', { status: { phase: 'Failed' } }],
  [
    'that crashes',
    '/Pod',
    'Failed',
    { status: { phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff')] } },
  ],
  [
    'whose first container crashes',
    '/Pod',
    'Failed',
    { status: { phase: 'Pending', initContainerStatuses: [waiting('CrashLoopBackOff')] } },
  ],
  [
    'whose image is pulled',
    '/Pod',
    'InProgress',
    { status: { phase: 'Pending', containerStatuses: [waiting('ContainerCreating')] } },
  ],
  [
    'that finds no node',
    '/Pod',
    'InProgress',
    {
      status: {
        phase: 'Pending',
        conditions: [condition('PodScheduled', 'False', { reason: 'Unschedulable' })],
      },
    },
  ],
  ['that is bound', '/PersistentVolumeClaim', 'Current', { status: { phase: 'Bound' } }],
  ['that is not bound', '/PersistentVolumeClaim', 'InProgress', { status: { phase: 'Pending' } }],
  ['that waits for no balancer', '/Service', 'Current', { spec: { type: 'LoadBalancer' } }],
  ['that is observed', 'policy/PodDisruptionBudget', 'Current', { status: { observedGeneration: 2 } }],
  ['that is not observed', 'policy/PodDisruptionBudget', 'InProgress', {}],
  [
    'that is established',
    'apiextensions.k8s.io/CustomResourceDefinition',
    'Current',
    { status: { conditions: [condition('Established', 'True')] } },
  ],
  [
    'that is being established',
    'apiextensions.k8s.io/CustomResourceDefinition',
    'InProgress',
    { status: { conditions: [condition('Established', 'False', { reason: 'Installing' })] } },
  ],
  [
    'whose names are taken',
    'apiextensions.k8s.io/CustomResourceDefinition',
    'Failed',
    { status: { conditions: [condition('NamesAccepted', 'False')] } },
  ],
  [
    'that is available',
    'apiregistration.k8s.io/APIService',
    'Current',
    { status: { conditions: [condition('Available', 'True')] } },
  ],
  [
    'that is not available',
    'apiregistration.k8s.io/APIService',
    'InProgress',
    { status: { conditions: [condition('Available', 'False')] } },
  ],
  ['without a status', 'networking.k8s.io/Ingress', 'Current', {}],
  ['of a kind without a status', '/ConfigMap', 'Current', {}],
  ['without conditions', 'shop.example/Cart', 'Current', { status: {} }],
  ['that is ready', 'shop.example/Cart', 'Current', { status: { conditions: [condition('Ready', 'True')] } }],
  [
    'that is not ready',
    'shop.example/Cart',
    'InProgress',
    { status: { conditions: [condition('Ready', 'False')] } },
  ],
  [
    'whose readiness is not known',
    'shop.example/Cart',
    'InProgress',
    { status: { conditions: [condition('Ready', 'Unknown')] } },
  ],
  [
    'whose readiness is that of before',
    'shop.example/Cart',
    'InProgress',
    { status: { conditions: [condition('Ready', 'True', { observedGeneration: 1 })] } },
  ],
  [
    'whose readiness is of now',
    'shop.example/Cart',
    'Current',
    { status: { conditions: [condition('Ready', 'True', { observedGeneration: 2 })] } },
  ],
  [
    'that is stalled',
    'shop.example/Cart',
    'Failed',
    { status: { conditions: [condition('Stalled', 'True'), condition('Ready', 'False')] } },
  ],
  [
    'that is reconciling',
    'shop.example/Cart',
    'InProgress',
    { status: { conditions: [condition('Reconciling', 'True'), condition('Ready', 'True')] } },
  ],
  [
    'that is not observed',
    'shop.example/Cart',
    'InProgress',
    { status: { observedGeneration: 1, conditions: [condition('Ready', 'True')] } },
  ],
  ['whose status is no status', 'shop.example/Cart', 'InProgress', { status: 'fine' }],
  ['whose conditions are none', 'shop.example/Cart', 'Current', { status: { conditions: 'fine' } }],
];

function kindOf(text: string): { readonly group: string; readonly kind: string } {
  const [group = '', kind = ''] = text.split('/');
  return { group, kind };
}

suite('health', () => {
  for (const [name, kind, state, rest] of rows) {
    test(`of a ${kind} ${name} is ${state}`, () => {
      const object: KubeObject = { ...rest, metadata };
      assert.equal(computeHealth(kindOf(kind), object).state, state);
    });
  }

  test('of what is being deleted is in progress, whatever it says', () => {
    const object: KubeObject = {
      metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
      status: rolledOut,
      spec: two,
    };
    assert.equal(computeHealth(kindOf('apps/Deployment'), object).state, 'InProgress');
  });

  test('of Secrets and ConfigMaps needs no more than metadata', () => {
    assert.ok(!hasHealth(kindOf('/Secret')));
    assert.ok(!hasHealth(kindOf('/ConfigMap')));
    assert.ok(hasHealth(kindOf('shop.example/Cart')));
  });
});

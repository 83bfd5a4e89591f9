// Starts what acts on objects: kube-controller-manager and, for workloads, kube-scheduler and kwok with one fake
// node, so that Pods turn Ready without a kubelet.
import { dirname, join } from 'node:path';
import type { ControlPlaneFiles } from './files.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

export type ControllerOptions = {
  readonly path: string;
  readonly directory: string;
  readonly kubeconfig: string;
};

// The default of 20 requests a second would be the speed limit of every test with many objects.
const requestRate = ['--kube-api-qps=1000', '--kube-api-burst=2000'];

export function startControllerManager(
  { path, directory, kubeconfig }: ControllerOptions,
  files: ControlPlaneFiles,
): Promise<ServerProcess> {
  return startServerProcess({
    name: 'kube-controller-manager',
    path,
    directory,
    arguments: [
      `--kubeconfig=${kubeconfig}`,
      // There is no cloud and no Pod network. Node lifecycle stays: it takes the not-ready taint away.
      '--controllers=*,-nodeipam,-cloud-node-lifecycle',
      '--leader-elect=false',
      '--secure-port=0',
      `--service-account-private-key-file=${files.serviceAccountKeyFile}`,
      `--root-ca-file=${files.caFile}`,
      '--use-service-account-credentials=false',
      ...requestRate,
    ],
  });
}

export function startScheduler({ path, directory, kubeconfig }: ControllerOptions): Promise<ServerProcess> {
  return startServerProcess({
    name: 'kube-scheduler',
    path,
    directory,
    arguments: [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0', ...requestRate],
  });
}

/** kwok with the stages that stand beside its binary. */
export function startKwok({ path, directory, kubeconfig }: ControllerOptions): Promise<ServerProcess> {
  return startServerProcess({
    name: 'kwok',
    path,
    directory,
    arguments: [
      `--kubeconfig=${kubeconfig}`,
      `--config=${join(dirname(path), 'stages.yaml')}`,
      '--manage-all-nodes=false',
      '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
      '--node-lease-duration-seconds=40',
      '--node-ip=127.0.0.1',
      '--cidr=10.0.0.1/24',
    ],
  });
}

const nodeName = 'fake-node';
const nodeCapacity = { cpu: '64', memory: '256Gi', pods: '1000' };

/** The node that kwok keeps alive. */
export const fakeNode = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name: nodeName,
    annotations: { 'kwok.x-k8s.io/node': 'fake' },
    labels: {
      'kubernetes.io/hostname': nodeName,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
    },
  },
  status: { capacity: nodeCapacity, allocatable: nodeCapacity },
} as const;

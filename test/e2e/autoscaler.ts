// A HorizontalPodAutoscaler, and what its controller does: it writes replicas through the subresource `scale`.
import { deploymentOf, type Bed } from './bed.ts';

export const autoscalerOf = (name: string) =>
  ({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name }) as const;

export function autoscaler({ name: namespace }: Bed, name: string): object {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 1,
      maxReplicas: 9,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
        },
      ],
    },
  };
}

/** As the autoscaler's controller would. */
export function scale(bed: Bed, name: string, replicas: number): Promise<void> {
  const write = { manager: 'kube-controller-manager', subresource: 'scale' };
  return bed.edit(deploymentOf(name), { spec: { replicas } }, write);
}

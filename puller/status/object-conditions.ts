// What is known of the objects in the cluster: whether they are healthy.
import type { Runtime } from '../reconcile/runtime.ts';
import type { Draft } from './draft.ts';

export function healthy({ accepted, health, isApplying, delivery }: Runtime): readonly Draft[] {
  if (accepted === undefined || isApplying || delivery.spec.suspend) return [];
  const type = 'Healthy';
  if (health.state === 'Current')
    return [{ type, status: 'True', reason: 'Succeeded', message: 'all objects are healthy' }];
  const isFailed = health.state === 'Failed';
  return [
    {
      type,
      status: isFailed ? 'False' : 'Unknown',
      reason: isFailed ? 'HealthCheckFailed' : 'Progressing',
      message: health.message,
    },
  ];
}

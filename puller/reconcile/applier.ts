// As whom a Delivery's objects are written: its service account, impersonated in its own namespace.
import type { Services } from '../services.ts';
import type { Applier } from './apply-object.ts';
import type { Runtime } from './runtime.ts';

export function applierFor(
  { client, isLiveOwner }: Pick<Services, 'client' | 'isLiveOwner'>,
  { delivery, ownerId }: Runtime,
): Applier {
  const { serviceAccountName } = delivery.spec;
  const { namespace } = delivery.metadata;
  return {
    client,
    ownerId,
    impersonate:
      serviceAccountName === undefined
        ? undefined
        : { user: `system:serviceaccount:${namespace}:${serviceAccountName}` },
    isLiveOwner,
  };
}

// As whom a Delivery's objects are written: its service account, impersonated in its own namespace.
import type { Services } from '../services.ts';
import type { Applier } from './apply-object.ts';
import type { Runtime } from './runtime.ts';

/** Undefined where no account is named outside the puller's namespace: nothing is ever written with the puller's rights. */
export function applierFor(
  { client, isLiveOwner, pullerNamespace }: Pick<Services, 'client' | 'isLiveOwner' | 'pullerNamespace'>,
  { delivery, ownerId }: Pick<Runtime, 'delivery' | 'ownerId'>,
): Applier | undefined {
  const { serviceAccountName } = delivery.spec;
  const { namespace } = delivery.metadata;
  if (serviceAccountName === undefined && namespace !== pullerNamespace) return undefined;
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

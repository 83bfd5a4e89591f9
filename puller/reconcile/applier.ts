// As whom a Delivery's objects are written: its service account, impersonated in its own namespace.
import type { Delivery } from '../../src/api/delivery.ts';
import type { Services } from '../services.ts';
import type { Applier } from './apply-object.ts';
import type { Runtime } from './runtime.ts';

/** Undefined where no account is named outside the puller's namespace: nothing is ever written with the puller's rights. */
export function applierFor(
  { client, isLiveOwner, pullerNamespace }: Pick<Services, 'client' | 'isLiveOwner' | 'pullerNamespace'>,
  { delivery, ownerId }: Pick<Runtime, 'delivery' | 'ownerId'>,
): Applier | undefined {
  const impersonate = accountOf(delivery);
  if (impersonate === undefined && delivery.metadata.namespace !== pullerNamespace) return undefined;
  return { client, ownerId, impersonate, isLiveOwner };
}

/** The account that a Delivery names; without one it is the puller itself, in its own namespace alone. */
export function accountOf({ metadata, spec }: Delivery): Applier['impersonate'] {
  const { serviceAccountName } = spec;
  if (serviceAccountName === undefined) return undefined;
  return { user: `system:serviceaccount:${metadata.namespace}:${serviceAccountName}` };
}

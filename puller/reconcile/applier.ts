// As whom a Delivery's objects are written: its service account, impersonated in its own namespace.
import { setTimeout as delay } from 'node:timers/promises';
import type { Delivery } from '../../src/api/delivery.ts';
import { inLane } from '../../src/kube/lane.ts';
import type { Services } from '../services.ts';
import { pullerLimits } from '../../src/limits.ts';
import { pathOf } from './desired.ts';
import type { Live } from './live-objects.ts';
import { readMetadata, type Applier } from './object-requests.ts';
import type { Runtime } from './runtime.ts';

/** Undefined where no account is named outside the puller's namespace: nothing is ever written with the puller's rights. */
export function applierFor(services: Services, runtime: Runtime): Applier | undefined {
  const { pullerNamespace, keeper, signal } = services;
  const { delivery, ownerId } = runtime;
  const impersonate = accountOf(delivery);
  if (impersonate === undefined && delivery.metadata.namespace !== pullerNamespace) return undefined;
  const client = inLane(services.client, { share: ownerId });
  return {
    client,
    ownerId,
    impersonate,
    isLiveOwner: (owner, key) => {
      const entry = services.runtimeOf(owner)?.record.entries[key];
      return entry !== undefined && entry.isRefused !== true;
    },
    mayAdopt: delivery.spec.adopt,
    untilGone: (desired, uid) => {
      const { key } = desired;
      const timeoutMs = pullerLimits.recreateTimeoutMs;
      return keeper.live(key)?.uid === uid
        ? keeper.changes.until(() => isGone(keeper.live(key), uid), timeoutMs, signal)
        : pollUntilGone({ client, impersonate }, pathOf(desired), { uid, timeoutMs, signal });
    },
    warn: (reason, note) => services.tell(runtime, 'Warning', reason, note),
  };
}

function isGone(live: Live | undefined, uid: string): boolean {
  return live === undefined || live.isDeleted || live.uid !== uid;
}

type Patience = { readonly uid: string; readonly timeoutMs: number; readonly signal: AbortSignal };

/** Of an object without our label, or of a kind that can't be watched, nothing else tells. */
async function pollUntilGone(
  account: Pick<Applier, 'client' | 'impersonate'>,
  path: string,
  { uid, timeoutMs, signal }: Patience,
): Promise<boolean> {
  let stepMs = 100;
  for (let waitedMs = 0; waitedMs < timeoutMs && !signal.aborted; waitedMs += stepMs) {
    if ((await readMetadata(account, path))?.metadata.uid !== uid) return true;
    await delay(stepMs, undefined, { signal }).catch(() => undefined);
    stepMs *= 2;
  }
  return false;
}

/** The account that a Delivery names; without one it is the puller itself, in its own namespace alone. */
export function accountOf({ metadata, spec }: Delivery): Applier['impersonate'] {
  const { serviceAccountName } = spec;
  if (serviceAccountName === undefined) return undefined;
  return { user: `system:serviceaccount:${metadata.namespace}:${serviceAccountName}` };
}

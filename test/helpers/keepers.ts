// A keeper of objects whose API server and watches are a test's own: every request is answered by the test.
import { createKeeper, type Keeper, type KeeperOptions } from '../../puller/reconcile/keeper.ts';
import type { KindWatches } from '../../puller/reconcile/kind-watches.ts';
import { fieldManagerOf } from '../../puller/reconcile/owner.ts';
import { ownerLabel } from '../../src/api/common.ts';
import type { ResourceKind } from '../../src/kube/discovery.ts';
import { kubeObjectSchema, type KubeObject } from '../../src/kube/object.ts';
import type { KubeClient } from '../../src/kube/request.ts';

const nothing = (): undefined => undefined;

/** The kind of what {@link keptObject} makes. */
export const configMapKind: ResourceKind = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
  verbs: ['get', 'list', 'watch', 'patch'],
};

/** Everything is watched and may be corrected, unless the options say otherwise. */
export function makeKeeper(
  clientOf: (ownerId: string) => KubeClient,
  {
    isWatched = () => true,
    ...options
  }: Partial<KeeperOptions> & { readonly isWatched?: () => boolean } = {},
): Keeper {
  return createKeeper({
    applierOf: (ownerId) => ({
      client: clientOf(ownerId),
      ownerId,
      impersonate: undefined,
      isLiveOwner: () => false,
      mayAdopt: false,
      untilGone: async () => true,
      warn: nothing,
    }),
    mayCorrect: () => true,
    watches: () => ({ isWatched, isFollowed: () => true }) as unknown as KindWatches, // all that is asked for
    onRepaired: nothing,
    onRepairFailed: nothing,
    onChanged: nothing,
    onSettled: nothing,
    onReleased: nothing,
    onShown: nothing,
    stanceOf: () => ({ kind: 'Correct' }),
    isAutoscaled: async () => false,
    now: () => performance.now(),
    signal: new AbortController().signal,
    ...options,
  });
}

/**
 * An object `shop/NAME` as it stands in the cluster.
 * @param time of the owner's entry: another one is another's write
 */
export function keptObject(
  ownerId: string,
  version: number,
  { time = 'ours', uid = 'uid', name = 'settings', ...members }: Record<string, unknown> = {},
): KubeObject {
  return kubeObjectSchema.parse({
    metadata: {
      name,
      namespace: 'shop',
      uid,
      resourceVersion: String(version),
      generation: 1,
      labels: { [ownerLabel]: ownerId },
      managedFields: [
        { manager: fieldManagerOf(ownerId), operation: 'Apply', time, fieldsV1: { 'f:data': {} } },
      ],
    },
    ...members,
  });
}

/** Lets what an event has begun come to its end. */
export async function settleTurns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
}

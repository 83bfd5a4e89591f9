// Autoscalers of somebody else that set the replicas of our objects: followed by one watch a namespace and account, from
// the moment that replicas are taken through the subresource `scale` until nothing there is left to an autoscaler.
import type { Discovery } from '../../src/kube/discovery.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/request.ts';
import { watchResources, type WatchHandle } from '../../src/kube/watch.ts';
import { pullerLimits } from '../../src/limits.ts';
import type { ResourceIdentity } from '../../src/resources/resource.ts';
import { isTargetedBy, scaleTargetOf, type ScaleTarget } from './scale-targets.ts';
import { settledWithin } from './settled-within.ts';

type Account = KubeRequest['impersonate'];

/** An object whose replicas may be an autoscaler's. */
export type Scaled = {
  readonly key: string;
  readonly identity: ResourceIdentity;
  /** As whom autoscalers are read; the puller itself, where absent. */
  readonly account: Account;
};

export type Autoscalers = {
  /** Whether one targets the object, which is followed from then on; undefined where they can't be read. */
  targets(scaled: Scaled): Promise<boolean | undefined>;
  /** Follows an object no longer. */
  drop(key: string): void;
};

export type AutoscalersOptions = {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  /** Something has changed for these objects. */
  readonly onChanged: (keys: ReadonlySet<string>) => void;
  /** A callback has thrown: the watch has ended. */
  readonly onBroken: (error: unknown) => void;
  readonly signal: AbortSignal;
};

type Followed = {
  readonly handle: WatchHandle;
  readonly settled: Promise<void>;
  /** What each autoscaler of the namespace targets, by name. */
  readonly targets: Map<string, ScaleTarget>;
  /** Keys of the objects that it is watched for. */
  readonly keys: Set<string>;
};

export function createAutoscalers(options: AutoscalersOptions): Autoscalers {
  const followed = new Map<string, Followed>();

  /** The watch, with the key on it: in the turn in which this returns, another one's end would stop it else. */
  async function follow(
    id: string,
    { key, namespace, account }: Pick<Scaled, 'key' | 'account'> & { readonly namespace: string },
  ): Promise<Followed | undefined> {
    const kind =
      (await options.discovery.find('autoscaling', 'v2', 'HorizontalPodAutoscaler')) ??
      (await options.discovery.find('autoscaling', 'v1', 'HorizontalPodAutoscaler'));
    const known = followed.get(id);
    known?.keys.add(key);
    if (known !== undefined || kind === undefined) return known;
    if (followed.size >= pullerLimits.autoscalerWatches) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const targets = new Map<string, ScaleTarget>();
    const keys = new Set([key]);
    const handle = watchResources(asAccountClient(options.client, account), {
      kind,
      namespace,
      form: 'full',
      signal: options.signal,
      onEvent: ({ type, object }) => {
        const { name } = object.metadata;
        const target = type === 'DELETED' ? undefined : scaleTargetOf(object);
        if (target === undefined) targets.delete(name);
        else if (targets.size < pullerLimits.autoscalers) targets.set(name, target);
        if (handle.synced()) options.onChanged(keys);
      },
      onSynced: () => {
        resolve();
        options.onChanged(keys);
      },
      onStatus: (state) => {
        if (state !== 'syncing' && state !== 'reconnecting') resolve();
      },
    });
    handle.done.catch(options.onBroken);
    const one = { handle, settled: promise, targets, keys };
    followed.set(id, one);
    return one;
  }

  function leave(id: string, one: Followed, key: string): void {
    one.keys.delete(key);
    if (one.keys.size > 0) return;
    one.handle.stop();
    if (followed.get(id) === one) followed.delete(id);
  }

  return {
    targets: async ({ key, identity, account }) => {
      const { namespace } = identity;
      if (namespace === undefined) return false;
      const id = JSON.stringify([account?.user ?? '', namespace]);
      const one = await follow(id, { key, namespace, account });
      if (one === undefined) return undefined;
      await settledWithin(one.settled, pullerLimits.autoscalersTimeoutMs);
      const isTold = one.handle.synced();
      const isTargeted = [...one.targets.values()].some((target) => isTargetedBy(identity, target));
      if (!isTold || !isTargeted) leave(id, one, key);
      return isTold ? isTargeted : undefined;
    },
    drop: (key) => {
      for (const [id, one] of followed) if (one.keys.has(key)) leave(id, one, key);
    },
  };
}

function asAccountClient(client: KubeClient, account: Account): KubeClient {
  if (account === undefined) return client;
  return {
    ...client,
    request: (request) => client.request({ ...request, impersonate: account }),
    openStream: (request) => client.openStream({ ...request, impersonate: account }),
  };
}

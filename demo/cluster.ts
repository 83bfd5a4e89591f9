// What the demo asks the cluster: states of objects, seen by watches, as the admin.
import { requestedAtAnnotation } from '../src/api/common.ts';
import { deliverySchema, type Delivery } from '../src/api/delivery.ts';
import { createDiscovery } from '../src/kube/discovery.ts';
import type { KubeObject } from '../src/kube/object.ts';
import { resourcePath } from '../src/kube/resource-path.ts';
import { watchResources } from '../src/kube/watch.ts';
import type { KubeClient } from '../src/kube/request.ts';

export type ObjectName = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
};

export type Cluster = {
  /** Resolves with the object as soon as it fulfils the condition. */
  until(
    name: ObjectName,
    what: string,
    condition: (object: KubeObject | undefined) => boolean,
  ): Promise<KubeObject | undefined>;
  untilDelivery(what: string, condition: (delivery: Delivery) => boolean): Promise<Delivery>;
  /** @returns monotonic ms at which the answer came */
  patch(name: ObjectName, body: object): Promise<number>;
  remove(name: ObjectName): Promise<number>;
  /** Asks the puller to look now, as `reconcile.sealift.dev/requestedAt` does for users. */
  reconcileNow(): Promise<void>;
};

export const shop: ObjectName = {
  group: 'sealift.dev',
  version: 'v1alpha1',
  kind: 'Delivery',
  namespace: 'shop-delivery',
  name: 'shop',
};

const timeoutMs = 60_000;

export function createCluster(client: KubeClient, signal: AbortSignal): Cluster {
  const discovery = createDiscovery(client);

  const kindOf = async ({ group, version, kind }: ObjectName) => {
    const found = await discovery.find(group, version, kind);
    if (found === undefined) throw new Error(`the API server serves no ${kind}`);
    return found;
  };

  const until: Cluster['until'] = async (name, what, condition) => {
    const kind = await kindOf(name);
    const { promise, resolve, reject } = Promise.withResolvers<KubeObject | undefined>();
    let latest: KubeObject | undefined;
    const handle = watchResources(client, {
      kind,
      namespace: name.namespace,
      form: 'full',
      signal,
      onEvent: ({ type, object }) => {
        if (object.metadata.name !== name.name) return;
        latest = type === 'DELETED' ? undefined : object;
        if (condition(latest)) resolve(latest);
      },
      onSynced: () => {
        if (condition(latest)) resolve(latest);
      },
    });
    const timer = setTimeout(
      () => reject(new Error(`${what} was not seen within ${timeoutMs / 1000} s: ${describe(latest)}`)),
      timeoutMs,
    );
    const onAbort = (): void => reject(new Error('interrupted'));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      handle.stop();
    }
  };

  const request = async (method: 'PATCH' | 'DELETE', name: ObjectName, body?: object): Promise<number> => {
    await client.request({
      method,
      path: resourcePath(await kindOf(name), name.namespace, name.name),
      ...(body === undefined
        ? {}
        : { body, contentType: 'application/merge-patch+json', query: { fieldManager: 'kubectl-edit' } }),
    });
    return performance.now();
  };

  return {
    until,
    untilDelivery: async (what, condition) => {
      const object = await until(
        shop,
        what,
        (found) => found !== undefined && condition(deliverySchema.parse(found)),
      );
      return deliverySchema.parse(object);
    },
    patch: (name, body) => request('PATCH', name, body),
    remove: (name) => request('DELETE', name),
    reconcileNow: async () => {
      await request('PATCH', shop, {
        metadata: { annotations: { [requestedAtAnnotation]: new Date().toISOString() } },
      });
    },
  };
}

function describe(object: KubeObject | undefined): string {
  if (object === undefined) return 'there is no such object';
  const delivery = deliverySchema.safeParse(object);
  const conditions = delivery.success ? delivery.data.status?.conditions : undefined;
  return (
    conditions?.map(({ type, status, message }) => `${type}=${status} ${message}`).join('; ') ?? 'it is there'
  );
}

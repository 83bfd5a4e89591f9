// Which kinds the API server serves, and where: aggregated discovery, two requests that answer 304 while nothing changed.
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery

import * as z from 'zod';

import { KubeError } from '../errors.ts';
import type { KubeClient } from './request.ts';

/** A kind of resource as the API server serves it. */
export type ResourceKind = {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
};

export type Discovery = {
  /**
   * Looks a kind up; asks the server when it is not known, at most once in 2 s.
   * @throws KubeError of every code
   */
  find(group: string, version: string, kind: string): Promise<ResourceKind | undefined>;
  /**
   * All kinds served, asked for now if not yet known.
   * @throws KubeError of every code
   */
  list(): Promise<readonly ResourceKind[]>;
  /** Makes the next look-up ask the server (a CRD was applied, changed or deleted). */
  invalidate(): void;
};

const accept = [
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  // Kubernetes 1.27 to 1.29.
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList',
].join(',');

const discoverySchema = z.looseObject({
  kind: z.literal('APIGroupDiscoveryList'),
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string().optional() }).optional(),
      versions: z
        .array(
          z.looseObject({
            version: z.string(),
            resources: z
              .array(
                z.looseObject({
                  resource: z.string(),
                  responseKind: z.looseObject({ kind: z.string() }).nullish(),
                  scope: z.string(),
                  verbs: z.array(z.string()),
                }),
              )
              .optional(),
          }),
        )
        .optional(),
    }),
  ),
});

/** Time in which unknown kinds cause one refresh. */
const refreshWindowMs = 2000;

type Root = { readonly path: string; etag: string | undefined; kinds: readonly ResourceKind[] };

/** Makes a discovery that has asked nothing yet. */
export function createDiscovery(client: KubeClient): Discovery {
  const roots: readonly Root[] = ['/api', '/apis'].map((path) => ({ path, etag: undefined, kinds: [] }));
  let kinds = new Map<string, ResourceKind>();
  let refreshing: Promise<void> | undefined;
  let refreshedMs = 0;
  let isStale = true;

  /** Asks the server, after the question before it: an older answer must not replace a newer one. */
  async function refresh(previous: Promise<void> | undefined): Promise<void> {
    await previous?.catch(() => undefined);
    const startedMs = client.now();
    await Promise.all(roots.map((root) => refreshRoot(client, root)));
    kinds = indexKinds(roots.flatMap((root) => root.kinds));
    refreshedMs = startedMs;
  }

  /** All who ask at once share one refresh. */
  function refreshOnce(): Promise<void> {
    if (refreshing !== undefined && !isStale) return refreshing;
    // `invalidate` from now on is about what this refresh may not have seen.
    isStale = false;
    const own = refresh(refreshing)
      .catch((error: unknown) => {
        isStale = true;
        throw error;
      })
      .finally(() => {
        if (refreshing === own) refreshing = undefined;
      });
    refreshing = own;
    return own;
  }

  return {
    async find(group, version, kind) {
      const key = keyOf(group, version, kind);
      let hasAsked = false;
      if (isStale || refreshing !== undefined) {
        await refreshOnce();
        hasAsked = true;
      }
      const found = kinds.get(key);
      if (found !== undefined || hasAsked || client.now() - refreshedMs < refreshWindowMs) return found;
      await refreshOnce();
      return kinds.get(key);
    },
    async list() {
      if (isStale || refreshing !== undefined) await refreshOnce();
      return [...kinds.values()];
    },
    invalidate() {
      isStale = true;
    },
  };
}

function indexKinds(all: readonly ResourceKind[]): Map<string, ResourceKind> {
  const kinds = new Map<string, ResourceKind>();
  for (const kind of all) {
    const key = keyOf(kind.group, kind.version, kind.kind);
    if (!kinds.has(key)) kinds.set(key, kind);
  }
  return kinds;
}

async function refreshRoot(client: KubeClient, root: Root): Promise<void> {
  const answer = await client.request({
    method: 'GET',
    path: root.path,
    accept,
    ...(root.etag === undefined ? {} : { ifNoneMatch: root.etag }),
  });
  if (answer.status === 304) return;
  const parsed = discoverySchema.safeParse(answer.body);
  if (!parsed.success) {
    throw new KubeError('KUBE_PROTOCOL', `GET ${root.path}: the answer is not an aggregated discovery`, {
      cause: parsed.error,
      hint: 'Kubernetes 1.27 or newer is needed',
    });
  }
  root.kinds = kindsOf(parsed.data);
  root.etag = answer.headers.etag;
}

function kindsOf(discovery: z.infer<typeof discoverySchema>): ResourceKind[] {
  const kinds: ResourceKind[] = [];
  for (const item of discovery.items) {
    const group = item.metadata?.name ?? '';
    for (const { version, resources } of item.versions ?? []) {
      for (const resource of resources ?? []) {
        const kind = resource.responseKind?.kind;
        if (kind === undefined || kind === '') continue;
        const { resource: plural, scope, verbs } = resource;
        kinds.push({ group, version, kind, plural, namespaced: scope === 'Namespaced', verbs });
      }
    }
  }
  return kinds;
}

function keyOf(group: string, version: string, kind: string): string {
  return `${group}/${version}/${kind}`;
}

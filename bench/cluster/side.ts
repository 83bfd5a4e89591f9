// One side of a comparison: a fresh control plane, the controllers on it, and the custom resources that they follow.
import type { KubeClient } from '../../src/kube/request.ts';
import type { ResourceKind } from '../../src/kube/discovery.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { ServerProcess } from '../../test/control-plane/server-process.ts';
import type { Site } from '../../test/site/site.ts';
import { concurrently } from './concurrently.ts';

/** The programs of a side, once they are started. */
export type Controllers = {
  processes(): readonly ServerProcess[];
  stop(): Promise<void>;
};

export type Side = {
  readonly name: string;
  /** What is to be said of how it was run. */
  readonly notes: readonly string[];
  /** Accounts whose requests count. */
  readonly users: readonly string[];
  /** The kind that tells what is applied and Ready. */
  readonly statusKind: ResourceKind;
  /** Installs what it needs into a control plane, and starts its programs. */
  start(site: Site): Promise<Controllers>;
  /** Custom resources of these apps. */
  submit(admin: KubeClient, apps: readonly string[]): Promise<void>;
  /** Asks for a look at the source of each. */
  requestLooks(admin: KubeClient, apps: readonly string[]): Promise<void>;
};

const concurrency = 24;

export type Submission = { readonly kind: ResourceKind; readonly body: CustomResource };

export type CustomResource = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly [member: string]: unknown;
};

/** As `kubectl apply --server-side` does, some at once. */
export async function submitAll(admin: KubeClient, objects: readonly Submission[]): Promise<void> {
  await concurrently(objects, concurrency, async ({ kind, body }) => {
    const { name, namespace } = body.metadata;
    await admin.request({
      method: 'PATCH',
      path: resourcePath(kind, namespace, name),
      query: { fieldManager: 'admin', force: 'true' },
      body,
    });
  });
}

/** As `kubectl annotate` does, some at once. */
export async function annotateAll(
  admin: KubeClient,
  kind: ResourceKind,
  options: { readonly namespace: string; readonly names: readonly string[]; readonly annotation: string },
): Promise<void> {
  const { namespace, names, annotation } = options;
  const value = `${performance.now()}`;
  await concurrently(names, concurrency, async (name) => {
    await admin.request({
      method: 'PATCH',
      path: resourcePath(kind, namespace, name),
      query: { fieldManager: 'admin' },
      contentType: 'application/merge-patch+json',
      body: { metadata: { annotations: { [annotation]: value } } },
    });
  });
}

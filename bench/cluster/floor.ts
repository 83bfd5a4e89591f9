// The raw floor: the same objects by bare server-side applies over the project's own client, nothing read, nothing kept.
import type { KubeClient } from '../../src/kube/request.ts';
import { acceptObjectMetadata, type KubeObject } from '../../src/kube/object.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { appKinds, smallApp, type AppKind, type AppObject, type Version } from './apps.ts';
import { concurrently } from './concurrently.ts';
import { createGoal, reachAll, resourceKindOf, watchFrom } from './progress.ts';

export const floorNamespace = 'floor';
export const floorConcurrency = 32;

export type Floor = { readonly appliedMs: number; readonly readyMs: number };

const timeoutMs = 300_000;
const kinds: ReadonlyMap<string, AppKind> = new Map(Object.values(appKinds).map((kind) => [kind.kind, kind]));

/** Applies all objects of a version; also waits until the Deployments among them are observed. */
export async function measureFloor(
  admin: KubeClient,
  apps: readonly string[],
  version: Version,
): Promise<Floor> {
  const objects = apps.flatMap((app) => smallApp(app, version, floorNamespace));
  const ready = createGoal(apps.length);
  const watch = await watchFrom(admin, {
    kind: resourceKindOf(appKinds.deployment),
    namespace: floorNamespace,
    form: 'full',
    onEvent: ({ object }) => {
      if (isObserved(object, version)) ready.add(object.metadata.name);
    },
  });
  const startMs = performance.now();
  await concurrently(objects, floorConcurrency, (object) => applyRaw(admin, object));
  const appliedMs = performance.now() - startMs;
  await reachAll({ ready }, timeoutMs);
  watch.stop();
  return { appliedMs, readyMs: (await ready.reached) - startMs };
}

async function applyRaw(admin: KubeClient, object: AppObject): Promise<void> {
  const kind = kinds.get(object.kind);
  if (kind === undefined) throw new Error(`${object.kind} is not known here`);
  const { namespace, name } = object.metadata;
  await admin.request({
    method: 'PATCH',
    path: resourcePath(resourceKindOf(kind), namespace, name),
    query: { fieldManager: 'floor', force: 'true' },
    accept: acceptObjectMetadata,
    body: object,
    // Past the client's own bound for writes at once, which is lower.
    urgent: true,
  });
}

type DeploymentParts = {
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } };
  };
  readonly status?: { readonly observedGeneration?: number };
};

function isObserved(object: KubeObject, version: Version): boolean {
  const { spec, status } = object as DeploymentParts; // the API server's form
  const image = spec?.template?.spec?.containers?.[0]?.image ?? '';
  return (
    image.endsWith(`:${version}`) && (status?.observedGeneration ?? 0) >= (object.metadata.generation ?? 0)
  );
}

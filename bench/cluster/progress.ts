// Sees by watches what is applied and what is Ready, and when: nothing is polled that would load the server measured.
import type { ResourceKind } from '../../src/kube/discovery.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import type { KubeClient } from '../../src/kube/request.ts';
import { watchResources, type WatchHandle, type WatchOptions } from '../../src/kube/watch.ts';
import { appKinds, appsNamespace, versionLabel, type AppKind, type Version } from './apps.ts';

/** A set that grows to a size, and tells when it has it. */
export type Goal = {
  add(name: string): void;
  count(): number;
  /** Monotonic ms of when it was reached. */
  readonly reached: Promise<number>;
};

export function createGoal(size: number): Goal {
  const seen = new Set<string>();
  const { promise, resolve } = Promise.withResolvers<number>();
  return {
    add: (name) => {
      seen.add(name);
      if (seen.size === size) resolve(performance.now());
    },
    count: () => seen.size,
    reached: promise,
  };
}

export function resourceKindOf(kind: AppKind): ResourceKind {
  return { ...kind, namespaced: true, verbs: ['list', 'watch', 'patch'] };
}

/** Starts a watch, and waits until it has told what there is. */
export async function watchFrom(
  client: KubeClient,
  options: Omit<WatchOptions, 'onSynced'>,
): Promise<WatchHandle> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const handle = watchResources(client, { ...options, onSynced: resolve });
  await promise;
  return handle;
}

export type ProgressOptions = {
  readonly version: Version;
  readonly apps: number;
  readonly objectsPerApp: number;
  readonly objectKinds: readonly AppKind[];
  readonly statusKind: ResourceKind;
  /** Revision that an app is to have. */
  readonly revisionOf: (app: string) => string;
};

export type Progress = {
  /** All objects of all apps have the version. */
  readonly applied: Goal;
  /** The custom resources tell that they are applied, and that they are Ready. */
  readonly told: Goal;
  readonly ready: Goal;
  stop(): void;
};

export async function watchProgress(admin: KubeClient, options: ProgressOptions): Promise<Progress> {
  const { version, apps, objectsPerApp, objectKinds, statusKind, revisionOf } = options;
  const progress = {
    applied: createGoal(apps * objectsPerApp),
    told: createGoal(apps),
    ready: createGoal(apps),
  };
  const objects = objectKinds.map((kind) =>
    watchFrom(admin, {
      kind: resourceKindOf(kind),
      namespace: appsNamespace,
      labelSelector: `${versionLabel}=${version}`,
      form: 'metadata',
      onEvent: ({ type, object }) => {
        if (type !== 'DELETED') progress.applied.add(`${kind.plural}/${object.metadata.name}`);
      },
    }),
  );
  const statuses = watchFrom(admin, {
    kind: statusKind,
    namespace: appsNamespace,
    form: 'full',
    onEvent: ({ type, object }) => {
      const { name } = object.metadata;
      if (type === 'DELETED' || appliedRevisionOf(object) !== revisionOf(name)) return;
      progress.told.add(name);
      if (isReady(object)) progress.ready.add(name);
    },
  });
  const handles = await Promise.all([...objects, statuses]);
  return {
    ...progress,
    stop: () => {
      for (const handle of handles) handle.stop();
    },
  };
}

type Status = {
  readonly lastAppliedRevision?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly observedGeneration?: number;
  }[];
};

function statusOf(object: KubeObject): Status {
  const { status } = object as { readonly status?: Status }; // as the CRDs of both sides have it
  return status ?? {};
}

function appliedRevisionOf(object: KubeObject): string | undefined {
  return statusOf(object).lastAppliedRevision;
}

/** Whether a custom resource of either side is Ready as it is asked for now. */
export function isReady(object: KubeObject): boolean {
  const ready = statusOf(object).conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && (ready.observedGeneration ?? 0) >= (object.metadata.generation ?? 0);
}

/** Waits for goals, and says how far they came where the time runs out. */
export async function reachAll(goals: Readonly<Record<string, Goal>>, timeoutMs: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const counts = Object.entries(goals).map(([name, goal]) => `${name}: ${goal.count()}`);
    reject(new Error(`not reached in ${timeoutMs / 1000} s; ${counts.join(', ')}`));
  }, timeoutMs);
  try {
    await Promise.race([Promise.all(Object.values(goals).map(({ reached }) => reached)), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** All kinds of the small apps. */
export const smallAppKinds: readonly AppKind[] = [
  appKinds.serviceAccount,
  appKinds.service,
  appKinds.deployment,
  appKinds.ingress,
];

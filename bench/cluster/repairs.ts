// Measures repairs: from the answer to a bad write to the watch event that shows the object right again. Right is what it
// was before: values, marks, and the field set of our own Apply entry.
import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../src/kube/request.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import type { WatchHandle } from '../../src/kube/watch.ts';
import { appKinds, appsNamespace, type AppKind } from './apps.ts';
import { resourceKindOf, watchFrom } from './progress.ts';
import type { Target, Vandalism } from './vandals.ts';

export type RepairWatch = {
  readonly targets: readonly Target[];
  /** Milliseconds from the bad write's answer to the repair; undefined where there was none in time. */
  measure(target: Target, vandalism: Vandalism): Promise<number | undefined>;
  /** Targets that are not now as they were at the start. */
  wrong(): readonly Target[];
  stop(): void;
};

type State = {
  readonly target: Target;
  readonly right: object;
  isRight: boolean;
  /** Told when it turns right after it was wrong. */
  onRepaired: (() => void) | undefined;
};

const repairTimeoutMs = 30_000;

export async function watchRepairs(admin: KubeClient, kinds: readonly AppKind[]): Promise<RepairWatch> {
  const states = new Map<string, State>();
  const watches: WatchHandle[] = [];
  for (const kind of kinds) {
    const watch = await watchFrom(admin, {
      kind: resourceKindOf(kind),
      namespace: appsNamespace,
      form: 'full',
      onEvent: ({ type, object }) => note(states, kind, type === 'DELETED' ? undefined : object, object),
    });
    watches.push(watch);
  }
  return {
    targets: [...states.values()].map(({ target }) => target),
    measure: async (target, vandalism) => {
      const state = states.get(keyOf(target));
      if (state === undefined) throw new Error(`${target.name} is not watched`);
      const { promise, resolve } = Promise.withResolvers<number | undefined>();
      state.onRepaired = () => resolve(performance.now());
      await vandalism.run(admin, target);
      const answeredMs = performance.now();
      const timer = setTimeout(() => resolve(undefined), repairTimeoutMs);
      const repairedMs = await promise;
      clearTimeout(timer);
      state.onRepaired = undefined;
      return repairedMs === undefined ? undefined : Math.max(0, repairedMs - answeredMs);
    },
    wrong: () => [...states.values()].filter(({ isRight }) => !isRight).map(({ target }) => target),
    stop: () => {
      for (const watch of watches) watch.stop();
    },
  };
}

/** @param found what there is of the object now; undefined where it is deleted */
function note(
  states: Map<string, State>,
  kind: AppKind,
  found: KubeObject | undefined,
  { metadata }: KubeObject,
): void {
  const target = { kind, namespace: appsNamespace, name: metadata.name };
  const known = states.get(keyOf(target));
  if (known === undefined) {
    const right = found === undefined ? undefined : essenceOf(kind, found);
    if (right !== undefined)
      states.set(keyOf(target), { target, right, isRight: true, onRepaired: undefined });
    return;
  }
  const wasRight = known.isRight;
  known.isRight = found !== undefined && isDeepStrictEqual(essenceOf(kind, found), known.right);
  if (!wasRight && known.isRight) known.onRepaired?.();
}

function keyOf({ kind, name }: Target): string {
  return `${kind.plural}/${name}`;
}

/** What is to be right about an object; undefined where no Delivery applied it. */
function essenceOf({ kind }: AppKind, object: KubeObject): object | undefined {
  const { labels = {}, annotations = {}, managedFields = [] } = object.metadata;
  const own = managedFields.find(
    ({ manager, operation }) => operation === 'Apply' && manager?.startsWith('sealift-') === true,
  );
  if (own === undefined) return undefined;
  const spec = (object['spec'] ?? {}) as { readonly replicas?: unknown };
  return {
    labels,
    delivery: annotations['sealift.dev/delivery'],
    fields: own.fieldsV1,
    data: object['data'],
    rules: object['rules'],
    replicas: kind === appKinds.deployment.kind ? spec.replicas : undefined,
  };
}

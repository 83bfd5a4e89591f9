// Order between Deliveries: a graph in memory. What is new waits until everything it depends on is ready, and goes on in
// the moment in which that is so: nothing is asked, and nothing is polled. What runs is kept and corrected meanwhile.
import { isDeepStrictEqual } from 'node:util';
import { apiVersion } from '../../src/api/common.ts';
import type { DeliveryStatus } from '../../src/api/delivery-status.ts';
import { findCycles } from './dependency-graph.ts';
import type { Dependency } from './delivery-plan.ts';
import type { Lanes } from './lanes.ts';
import type { Runtime } from './runtime.ts';

export type Dependencies = {
  /** A Delivery came, or its spec has changed. */
  update(runtime: Runtime): void;
  remove(ownerId: string): void;
  /** A Delivery's status is another than before: who waits for it may go on. */
  onStatus(runtime: Runtime): void;
  /** Why an artifact must wait; undefined where it need not. */
  reasonToWait(runtime: Runtime, digest: string): string | undefined;
  /** Looks at those that follow the same source and have not seen this artifact: who waits has seen it first. */
  wakeBehind(runtime: Runtime, digest: string): void;
};

export type DependenciesOptions = {
  readonly runtimeOf: (ownerId: string) => Runtime | undefined;
  readonly lanes: Lanes;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Looks at a Delivery as soon as there is room. */
  readonly wake: (ownerId: string) => void;
  readonly touch: (runtime: Runtime) => void;
};

export function createDependencies(options: DependenciesOptions): Dependencies {
  const { runtimeOf, lanes, now, wake, touch } = options;
  const edges = new Map<string, readonly string[]>();
  const dependants = new Map<string, Set<string>>();
  let isTangleDue = false;

  function link(ownerId: string, targets: readonly string[] | undefined): void {
    for (const target of edges.get(ownerId) ?? []) {
      const known = dependants.get(target);
      known?.delete(ownerId);
      if (known?.size === 0) dependants.delete(target);
    }
    if (targets === undefined) edges.delete(ownerId);
    else edges.set(ownerId, targets);
    for (const target of targets ?? []) {
      const known = dependants.get(target) ?? new Set();
      dependants.set(target, known.add(ownerId));
    }
  }

  /** What changes within one turn is one search. */
  function searchCycles(): void {
    if (isTangleDue) return;
    isTangleDue = true;
    setImmediate(() => {
      isTangleDue = false;
      const cycles = findCycles(edges);
      for (const ownerId of edges.keys()) {
        const runtime = runtimeOf(ownerId);
        if (runtime !== undefined) tellCycle(runtime, cycles.get(ownerId));
      }
    });
  }

  function tellCycle(runtime: Runtime, path: readonly string[] | undefined): void {
    const { order } = runtime;
    const text = path === undefined ? undefined : describeWay(path, runtime.delivery.metadata.namespace);
    if (text === order.cycle) return;
    order.cycle = text;
    touch(runtime);
    if (text === undefined) wake(runtime.ownerId);
  }

  /** A tenant reads names of their own namespace, and those that its Deliveries name themselves. */
  function describeWay(path: readonly string[], reader: string): string {
    const steps = path.map((ownerId) => {
      const { namespace = '', name = '' } = runtimeOf(ownerId)?.delivery.metadata ?? {};
      return { namespace, label: `${namespace}/${name}` };
    });
    const labels = steps.map(({ namespace, label }, index) =>
      [namespace, steps[index - 1]?.namespace].includes(reader) ? label : 'Deliveries of other namespaces',
    );
    return labels.filter((label, index) => label !== labels[index - 1]).join(' → ');
  }

  function whyNot(runtime: Runtime, dependency: Dependency, digest: string): string | undefined {
    const found = runtimeOf(dependency.ownerId);
    if (found === undefined) return 'does not exist';
    const unready = whyUnready(found);
    // A tenant learns no more of another's Delivery than that.
    if (unready !== undefined) return dependency.isForeign ? 'is not ready' : unready;
    if (isOfSameSource(runtime, found) && found.accepted?.digest !== digest) {
      return 'follows the same source and is ready with another artifact';
    }
    return dependency.readyExpr === undefined ? undefined : whyExpressionFails(dependency, found, runtime);
  }

  function reasonToWait(runtime: Runtime, digest: string): string | undefined {
    const { plan, order } = runtime;
    if (order.cycle !== undefined) return `it depends on itself: ${order.cycle}`;
    for (const dependency of plan.dependencies) {
      const reason = whyNot(runtime, dependency, digest);
      if (reason !== undefined) return `Delivery ${dependency.label} ${reason}`;
    }
    return undefined;
  }

  /** One that waits is asked again; where it need not wait any more it goes on. */
  function ask(runtime: Runtime): void {
    const { order, ownerId } = runtime;
    if (order.waiting === undefined || runtimeOf(ownerId) !== runtime) return;
    const reason = reasonToWait(runtime, order.waiting.digest);
    if (reason === order.waiting.reason) return;
    order.waiting = reason === undefined ? undefined : { ...order.waiting, reason };
    if (reason === undefined) wake(ownerId);
    else touch(runtime);
  }

  function askDependants(ownerId: string): void {
    for (const dependant of dependants.get(ownerId) ?? []) {
      const runtime = runtimeOf(dependant);
      if (runtime?.order.waiting === undefined) continue;
      const isCostly = runtime.plan.dependencies.some(({ readyExpr }) => readyExpr !== undefined);
      if (!isCostly) {
        ask(runtime);
        continue;
      }
      lanes.take(runtime.delivery.metadata.namespace, `order/${dependant}`, () => {
        const startMs = now();
        ask(runtime);
        return Promise.resolve(now() - startMs);
      });
    }
  }

  return {
    update: (runtime) => {
      const { ownerId, plan } = runtime;
      const targets = plan.dependencies.map((dependency) => dependency.ownerId);
      const isNew = !edges.has(ownerId);
      if (!isDeepStrictEqual(edges.get(ownerId), targets)) {
        link(ownerId, targets);
        searchCycles();
      }
      if (isNew) askDependants(ownerId);
    },
    remove: (ownerId) => {
      link(ownerId, undefined);
      searchCycles();
      askDependants(ownerId);
    },
    onStatus: ({ ownerId }) => askDependants(ownerId),
    reasonToWait,
    wakeBehind: (runtime, digest) => {
      for (const { ownerId, isForeign } of runtime.plan.dependencies) {
        const found = isForeign ? undefined : runtimeOf(ownerId);
        if (found === undefined || !isOfSameSource(runtime, found)) continue;
        if (found.course.head?.digest !== digest) wake(ownerId);
      }
    },
  };
}

function whyUnready({ delivery, order }: Runtime): string | undefined {
  const { metadata } = delivery;
  if (metadata.deletionTimestamp !== undefined) return 'is being deleted';
  if (order.told === undefined) return 'has not been looked at yet';
  const ready = order.told.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') return `is not ready: ${ready?.reason ?? 'Unknown'}`;
  return order.told.observedGeneration === metadata.generation
    ? undefined
    : 'has changed and was not looked at since';
}

/** Deliveries of one source go one after the other: one that is ready with what the tag showed before is not. */
function isOfSameSource({ delivery: left }: Runtime, { delivery: right }: Runtime): boolean {
  return (
    left.spec.source.url === right.spec.source.url &&
    isDeepStrictEqual(left.spec.source.ref, right.spec.source.ref)
  );
}

function whyExpressionFails({ readyExpr }: Dependency, found: Runtime, self: Runtime): string | undefined {
  const outcome = readyExpr?.evaluate({
    dep: valueOf(found, found.order.told),
    self: valueOf(self, self.order.told),
  });
  if (outcome === undefined || ('holds' in outcome && outcome.holds)) return undefined;
  return 'failed' in outcome ? `has a readyExpr that ${outcome.failed}` : 'does not meet readyExpr';
}

function valueOf({ delivery }: Runtime, status: DeliveryStatus | undefined): object {
  const { managedFields: _, ...metadata } = delivery.metadata;
  return { apiVersion, kind: 'Delivery', metadata, spec: delivery.spec, status: status ?? {} };
}

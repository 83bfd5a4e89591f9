// Who may go side by side in one repository: pushes of manifests may, but while something is removed no manifest may
// come that needs it.
import type { LayoutStore } from '../layout/layout.ts';

export type Gate = {
  /** Runs work beside other shared work. */
  shared<T>(work: () => Promise<T>): Promise<T>;
  /** Runs work while nothing else runs: what came before ends first, what comes later waits. */
  alone<T>(work: () => Promise<T>): Promise<T>;
};

export function createGate(): Gate {
  /** Shared work under way or waiting; none of these rejects. */
  const beside = new Set<Promise<void>>();
  let lastAlone: Promise<void> = Promise.resolve();
  return {
    shared(work) {
      const done = lastAlone.then(work);
      const over = settled(done).then(() => {
        beside.delete(over);
      });
      beside.add(over);
      return done;
    },
    alone(work) {
      const done = Promise.all([lastAlone, ...beside]).then(work);
      lastAlone = settled(done);
      return done;
    },
  };
}

function settled(work: Promise<unknown>): Promise<void> {
  return work.then(
    () => undefined,
    () => undefined,
  );
}

const gates = new WeakMap<LayoutStore, Gate>();

/** The gate of one open repository. */
export function gateOf(store: LayoutStore): Gate {
  const gate = gates.get(store) ?? createGate();
  gates.set(store, gate);
  return gate;
}

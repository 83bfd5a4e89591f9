// The kept objects by key and by owner: what is asked of one Delivery must not cost a walk through those of all others.
import type { Tracked } from './tracked.ts';

export type TrackedTable = {
  get(key: string): Tracked | undefined;
  /** Takes the place of another of this key, if there is one. */
  set(object: Tracked): void;
  delete(object: Tracked): void;
  /** A copy: what is done with them may change the table. */
  ofOwner(ownerId: string): readonly Tracked[];
  all(): Iterable<Tracked>;
};

export function createTrackedTable(): TrackedTable {
  const byKey = new Map<string, Tracked>();
  const byOwner = new Map<string, Set<Tracked>>();

  function drop(object: Tracked): void {
    const ofOwner = byOwner.get(object.ownerId);
    ofOwner?.delete(object);
    if (ofOwner?.size === 0) byOwner.delete(object.ownerId);
  }

  return {
    get: (key) => byKey.get(key),
    set: (object) => {
      const { key } = object.desired;
      const former = byKey.get(key);
      if (former !== undefined && former !== object) drop(former);
      byKey.set(key, object);
      const ofOwner = byOwner.get(object.ownerId) ?? new Set();
      byOwner.set(object.ownerId, ofOwner.add(object));
    },
    delete: (object) => {
      if (byKey.get(object.desired.key) === object) byKey.delete(object.desired.key);
      drop(object);
    },
    ofOwner: (ownerId) => [...(byOwner.get(ownerId) ?? [])],
    all: () => byKey.values(),
  };
}

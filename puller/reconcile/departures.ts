// Objects that were deleted and are not gone yet: finalizers or a grace period hold them. The watches tell when they
// have gone; until then they are named.
import type { ResourceKind } from '../../src/kube/discovery.ts';
import { formatIdentity, type ResourceIdentity } from '../../src/resources/resource.ts';
import type { Live } from './live-objects.ts';

export type Departure = {
  readonly ownerId: string;
  readonly identity: ResourceIdentity;
  readonly kind: ResourceKind;
  readonly uid: string;
  /** What holds it, up to three of them. */
  readonly finalizers: readonly string[];
};

export type Departures = {
  add(key: string, departure: Departure): void;
  /** Takes a watch's news in. */
  follow(key: string, live: Live): void;
  has(key: string): boolean;
  of(ownerId: string): readonly Departure[];
  all(): Iterable<Departure>;
  /** It is to be in the cluster again. */
  drop(key: string): void;
  dropAll(ownerId: string): void;
};

/** @param onChanged called with the owner's id when one of its objects has gone, or is held by something else */
export function createDepartures(onChanged: (ownerId: string) => void): Departures {
  const leaving = new Map<string, Departure>();
  return {
    add: (key, departure) => {
      leaving.set(key, departure);
      onChanged(departure.ownerId);
    },
    follow: (key, live) => {
      const known = leaving.get(key);
      if (known === undefined) return;
      if (live.isDeleted || live.uid !== known.uid) leaving.delete(key);
      else if (live.isTerminating) leaving.set(key, { ...known, finalizers: live.finalizers });
      onChanged(known.ownerId);
    },
    has: (key) => leaving.has(key),
    of: (ownerId) => [...leaving.values()].filter((departure) => departure.ownerId === ownerId),
    all: () => leaving.values(),
    drop: (key) => leaving.delete(key),
    dropAll: (ownerId) => {
      for (const [key, departure] of leaving) if (departure.ownerId === ownerId) leaving.delete(key);
    },
  };
}

/** As messages name them: `ConfigMap shop/settings (finalizers a/b, c/d)`. */
export function describeDeparture({ identity, finalizers }: Departure): string {
  const held = finalizers.length === 0 ? '' : ` (finalizers ${finalizers.join(', ')})`;
  return `${formatIdentity(identity)}${held}`;
}

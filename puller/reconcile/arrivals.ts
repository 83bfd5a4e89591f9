// Objects that are applied for the first time now: what their watch tells of them before the answer comes, and whether
// their owner has let them go meanwhile.
import type { KubeMetadata } from '../../src/kube/object.ts';

export type Arrival = {
  readonly ownerId: string;
  readonly key: string;
  /** Metadata of the latest event. */
  latest: KubeMetadata | undefined;
  isReleased: boolean;
};

export type Arrivals = {
  begin(ownerId: string, key: string): Arrival;
  end(arrival: Arrival): void;
  /** Takes a watch's news in; undefined where it is gone. */
  follow(key: string, metadata: KubeMetadata | undefined): void;
  /** Lets one object of an owner go, or all. */
  release(ownerId: string, key?: string): void;
};

export function createArrivals(): Arrivals {
  /** By key: more than one owner may want an object. */
  const arriving = new Map<string, Set<Arrival>>();
  return {
    begin: (ownerId, key) => {
      const arrival: Arrival = { ownerId, key, latest: undefined, isReleased: false };
      const ofKey = arriving.get(key) ?? new Set();
      arriving.set(key, ofKey.add(arrival));
      return arrival;
    },
    end: (arrival) => {
      const ofKey = arriving.get(arrival.key);
      ofKey?.delete(arrival);
      if (ofKey?.size === 0) arriving.delete(arrival.key);
    },
    follow: (key, metadata) => {
      for (const arrival of arriving.get(key) ?? []) arrival.latest = metadata;
    },
    release: (ownerId, key) => {
      const found = key === undefined ? arriving.values() : [arriving.get(key) ?? []];
      for (const ofKey of found) {
        for (const arrival of ofKey) if (arrival.ownerId === ownerId) arrival.isReleased = true;
      }
    },
  };
}

// The only memory of a watch: which objects it has told of, as key and uid. After a gap it marks what is listed
// again and sweeps the rest, so that a delete which nobody saw is still reported.

import type { KubeObject } from './object.ts';

/** An object that is gone, as far as the watch knew it. */
export type Tombstone = {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly uid: string;
};

export type KnownObjects = {
  /** Begins to mark: everything known must be noted again before `sweep`. */
  begin(): void;
  /** Notes an object that exists. Returns the tombstone of its namesake, if that was another object. */
  note(object: KubeObject): Tombstone | undefined;
  forget(object: KubeObject): void;
  /** Ends the marking; what was not noted since `begin` is forgotten and returned. */
  sweep(): readonly Tombstone[];
};

/** Makes an empty memory. */
export function createKnownObjects(): KnownObjects {
  const uids = new Map<string, string>();
  let marked: Set<string> | undefined;

  return {
    begin() {
      marked = new Set();
    },
    note(object) {
      const key = keyOf(object);
      const before = uids.get(key);
      uids.set(key, object.metadata.uid);
      marked?.add(key);
      return before === undefined || before === object.metadata.uid ? undefined : tombstone(key, before);
    },
    forget(object) {
      const key = keyOf(object);
      uids.delete(key);
      marked?.delete(key);
    },
    sweep() {
      const seen = marked;
      marked = undefined;
      if (seen === undefined) return [];
      const gone: Tombstone[] = [];
      for (const [key, uid] of uids) {
        if (seen.has(key)) continue;
        uids.delete(key);
        gone.push(tombstone(key, uid));
      }
      return gone;
    },
  };
}

function keyOf(object: KubeObject): string {
  // No name and no namespace holds a slash.
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function tombstone(key: string, uid: string): Tombstone {
  const slash = key.indexOf('/');
  return { name: key.slice(slash + 1), namespace: slash === 0 ? undefined : key.slice(0, slash), uid };
}

// One watch a kind, cluster-wide, selected by the owner label and shared by all Deliveries. Kinds whose health reads a
// status are watched whole, all others as metadata alone: a Secret's values never come here.
import { ownerLabel } from '../../src/api/common.ts';
import type { ResourceKind } from '../../src/kube/discovery.ts';
import type { KubeClient } from '../../src/kube/request.ts';
import { watchResources, type WatchEvent, type WatchHandle, type WatchState } from '../../src/kube/watch.ts';
import { hasHealth } from './health.ts';
import { settledWithin } from './settled-within.ts';

export type KindWatches = {
  /** Starts the kind's watch if need be; resolves when it has told everything, or when it is known that it can't. */
  ensure(kind: ResourceKind): Promise<void>;
  /** Whether changes of the kind are seen at once. */
  isWatched(kind: ResourceKind): boolean;
  /** The same, or it is only being told anew: what was told before is the best that is known. */
  isFollowed(kind: Pick<ResourceKind, 'group' | 'kind'>): boolean;
  /** Ends the watches of all other kinds, unless somebody holds them all. */
  retain(kinds: Iterable<ResourceKind>): void;
  /** Keeps every watch until the given function is called: an apply has asked for kinds that have no object yet. */
  hold(): () => void;
  /** Tries again at once what could not be watched: a CRD or a role has changed. */
  poke(): void;
  stop(): void;
};

export type KindWatchCallbacks = {
  onEvent(kind: ResourceKind, event: WatchEvent, isFull: boolean): void;
  onSynced(kind: ResourceKind): void;
  /** The server went back in time: what comes from here on is newer than what is known, whatever its versions say. */
  onRewound(kind: ResourceKind): void;
  onStatus(kind: ResourceKind, state: WatchState): void;
  /** A callback has thrown: the watch has ended. */
  onBroken(error: unknown): void;
  /** The kind is no longer watched: what was told of it grows old. */
  onEnded(kind: ResourceKind): void;
};

type Entry = {
  readonly kind: ResourceKind;
  /** The kind as it was asked for last: by another version, perhaps. */
  wanted: ResourceKind;
  readonly handle: WatchHandle;
  readonly settled: Promise<void>;
  readonly state: () => WatchState;
  /** Whether it has ever told everything. */
  readonly hasTold: () => boolean;
};

/** Time for a kind's objects to be told. */
const settleTimeoutMs = 10_000;

/** States from which nothing comes until somebody changes something in the cluster. */
const standing: ReadonlySet<WatchState> = new Set([
  'synced',
  'forbidden',
  'missing',
  'unsupported',
  'stopped',
]);

/** States in which what was told is no longer kept up. */
export const absentStates: ReadonlySet<WatchState> = new Set([
  'forbidden',
  'missing',
  'unsupported',
  'stopped',
]);

export function createKindWatches(
  client: KubeClient,
  callbacks: KindWatchCallbacks,
  signal: AbortSignal,
): KindWatches {
  const entries = new Map<string, Entry>();
  let holds = 0;

  function start(kind: ResourceKind): Entry {
    const isFull = hasHealth(kind);
    const { promise, resolve } = Promise.withResolvers<void>();
    let state: WatchState = 'syncing';
    let hasTold = false;
    const handle = watchResources(client, {
      kind,
      labelSelector: ownerLabel,
      form: isFull ? 'full' : 'metadata',
      signal,
      onEvent: (event) => callbacks.onEvent(kind, event, isFull),
      onSynced: () => {
        hasTold = true;
        callbacks.onSynced(kind);
      },
      onRewound: () => callbacks.onRewound(kind),
      onStatus: (next) => {
        state = next;
        if (standing.has(state)) resolve();
        callbacks.onStatus(kind, state);
        if (state === 'missing') followVersion(keyOf(kind));
      },
    });
    handle.done.catch(callbacks.onBroken);
    return { kind, wanted: kind, handle, settled: promise, state: () => state, hasTold: () => hasTold };
  }

  function begin(kind: ResourceKind): Entry {
    const entry = start(kind);
    entries.set(keyOf(kind), entry);
    return entry;
  }

  /** Where its version is served no longer, a kind is watched by the one that objects are applied by now. */
  function followVersion(key: string): Entry | undefined {
    const entry = entries.get(key);
    if (entry?.state() !== 'missing' || isServedAlike(entry.wanted, entry.kind)) return entry;
    entry.handle.stop();
    callbacks.onEnded(entry.kind);
    return begin(entry.wanted);
  }

  return {
    ensure: async (kind) => {
      const known = entries.get(keyOf(kind));
      if (known !== undefined) known.wanted = kind;
      const entry = followVersion(keyOf(kind)) ?? begin(kind);
      // A kind that can't be told of now, because its webhook or its server is down, must not hold everything else up:
      // it counts as not watched until it is.
      await settledWithin(entry.settled, settleTimeoutMs);
    },
    isWatched: (kind) => {
      const entry = entries.get(keyOf(kind));
      return entry !== undefined && entry.handle.synced() && !absentStates.has(entry.state());
    },
    isFollowed: (kind) => {
      const entry = entries.get(keyOf(kind));
      return entry !== undefined && entry.hasTold() && !absentStates.has(entry.state());
    },
    hold: () => {
      holds += 1;
      let isHeld = true;
      return () => {
        if (isHeld) holds -= 1;
        isHeld = false;
      };
    },
    retain: (kinds) => {
      if (holds > 0) return;
      const kept = new Set([...kinds].map(keyOf));
      for (const [key, entry] of entries) {
        if (kept.has(key)) continue;
        entry.handle.stop();
        entries.delete(key);
        callbacks.onEnded(entry.kind);
      }
    },
    poke: () => {
      for (const { handle, state } of entries.values()) if (state() !== 'synced') handle.poke();
    },
    stop: () => {
      for (const { handle } of entries.values()) handle.stop();
      entries.clear();
    },
  };
}

function isServedAlike(one: ResourceKind, other: ResourceKind): boolean {
  return one.version === other.version && one.plural === other.plural;
}

function keyOf({ group, kind }: Pick<ResourceKind, 'group' | 'kind'>): string {
  return `${group}/${kind}`;
}

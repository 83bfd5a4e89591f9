// Keeps applied objects as they are to be: the watches' events come in, drift is found in them and corrected at once
// by one server-side apply. Nothing is polled, and nothing that has not changed is sent.
import type { ResourceKind } from '../../src/kube/discovery.ts';
import type { KubeMetadata } from '../../src/kube/object.ts';
import type { WatchEvent } from '../../src/kube/watch.ts';
import { applyFirst, applyForced, type Applied } from './apply-object.ts';
import type { Desired } from './desired.ts';
import { hasHealth, type Health } from './health.ts';
import type { KindWatches } from './kind-watches.ts';
import {
  createLiveObjects,
  isOlder,
  keyOfObject,
  liveOfEvent,
  liveOfObject,
  type Live,
} from './live-objects.ts';
import { createRepairer, exclusively, type RepairerOptions } from './repair.ts';
import { baselineOf, findDrift, type Baseline, type Tracked } from './tracked.ts';

export type KeeperOptions = RepairerOptions & {
  readonly watches: () => KindWatches;
  /** An object is as it is to be, by an answer of the API server. */
  readonly onSettled: (ownerId: string, key: string) => void;
};

export type Keeper = {
  get(key: string): Tracked | undefined;
  live(key: string): Live | undefined;
  /** Takes an object over that was applied by a former process; drift is corrected from here on. */
  adopt(ownerId: string, desired: Desired, recorded: Baseline): void;
  /** Applies and keeps. */
  apply(ownerId: string, desired: Desired, isFirst: boolean): Promise<'created' | 'configured' | 'unchanged'>;
  /** Lets an object go, if it is this owner's. */
  release(key: string, ownerId: string): void;
  /** Lets everything of an owner go. */
  releaseAll(ownerId: string): void;
  healthOf(tracked: Tracked): Health;
  isContested(key: string): boolean;
  /** Looks at all objects of an owner again: corrections were off, and are on now. */
  recheck(ownerId: string): void;
  onEvent(kind: ResourceKind, event: WatchEvent, isFull: boolean): void;
  onSynced(kind: ResourceKind): void;
  /** Forgets what was told of a kind that is no longer watched. */
  onEnded(kind: ResourceKind): void;
  kinds(): Iterable<ResourceKind>;
};

/** managedFields' times are whole seconds: within this time an entry of our name may be an impostor's. */
const confirmWindowMs = 2000;

export function createKeeper(options: KeeperOptions): Keeper {
  const { now, applierOf, mayCorrect, watches } = options;
  const tracked = new Map<string, Tracked>();
  const live = createLiveObjects();
  const repairer = createRepairer(options, {
    isKept: (object) => tracked.get(object.desired.key) === object,
    settle,
    check,
  });

  /** The answer is the new baseline; what happened meanwhile is looked at afterwards. */
  function settle(object: Tracked, { object: answer }: Applied, isConfirmation = false): void {
    object.baseline = baselineOf(answer, object.ownerId);
    object.answeredMs = isConfirmation ? 0 : now();
    live.note(object.desired.key, liveOfObject(answer), true);
    object.failures = 0;
    options.onSettled(object.ownerId, object.desired.key);
  }

  function check(object: Tracked, metadata?: KubeMetadata): void {
    const { desired, baseline } = object;
    const isOff =
      object.busy !== undefined || !mayCorrect(object.ownerId) || !watches().isWatched(desired.kind);
    if (isOff) return;
    const found = live.get(desired.key);
    const drift = findDrift(object, found);
    if (drift !== undefined) {
      repairer.correct(object, drift, metadata);
      return;
    }
    if (object.failures > 0) {
      // What could not be corrected has come right without us.
      object.failures = 0;
      options.onSettled(object.ownerId, desired.key);
    }
    if (object.answeredMs === 0 || found?.resourceVersion === baseline.resourceVersion) return;
    // Somebody wrote after us: within the second of our apply, a no-op apply shows whether what stands is ours.
    const isRecent = now() - object.answeredMs < confirmWindowMs;
    object.answeredMs = 0;
    if (isRecent) repairer.confirm(object, confirmWindowMs);
  }

  return {
    get: (key) => tracked.get(key),
    live: (key) => live.get(key),
    adopt: (ownerId, desired, recorded) => {
      const object = createTracked(ownerId, desired, recorded);
      tracked.set(desired.key, object);
      check(object);
    },
    apply: async (ownerId, desired, isFirst) => {
      const applier = applierOf(ownerId);
      if (applier === undefined) throw new Error(`no applier for ${ownerId}`);
      const send = (): Promise<Applied> =>
        isFirst ? applyFirst(applier, desired) : applyForced(applier, desired);
      const known = tracked.get(desired.key);
      const before = live.get(desired.key);
      const keep = (answer: Applied): Tracked => {
        const object = known ?? createTracked(ownerId, desired, baselineOf(answer.object, ownerId));
        object.desired = desired;
        tracked.set(desired.key, object);
        settle(object, answer);
        return object;
      };
      const sendAndKeep = async (): Promise<Applied> => {
        const answered = await send();
        keep(answered);
        return answered;
      };
      const answer = await (known === undefined ? sendAndKeep() : exclusively(known, sendAndKeep));
      const object = tracked.get(desired.key);
      if (object !== undefined) check(object);
      if (answer.isCreated) return 'created';
      return before?.resourceVersion === answer.object.metadata.resourceVersion ? 'unchanged' : 'configured';
    },
    release: (key, ownerId) => {
      if (tracked.get(key)?.ownerId !== ownerId) return;
      tracked.delete(key);
      repairer.forget(key);
    },
    releaseAll: (ownerId) => {
      for (const [key, object] of tracked) {
        if (object.ownerId !== ownerId) continue;
        tracked.delete(key);
        repairer.forget(key);
      }
    },
    healthOf: (object) =>
      healthOf(object, live.get(object.desired.key), watches().isWatched(object.desired.kind)),
    isContested: (key) => repairer.isContested(key),
    recheck: (ownerId) => {
      for (const object of tracked.values()) if (object.ownerId === ownerId) check(object);
    },
    onEvent: (kind, event, isFull) => {
      const key = keyOfObject(kind, event.object);
      const object = tracked.get(key);
      live.note(key, liveOfEvent(kind, event, isFull), object !== undefined);
      if (object === undefined) {
        if (event.type === 'DELETED') live.forget(key);
        return;
      }
      options.onChanged(object.ownerId);
      check(object, event.type === 'DELETED' ? undefined : event.object.metadata);
    },
    onSynced: ({ group, kind }) => {
      for (const object of tracked.values()) {
        if (object.desired.kind.kind === kind && object.desired.kind.group === group) check(object);
      }
    },
    onEnded: ({ group, kind }) => live.forgetKind(group, kind),
    *kinds() {
      for (const { desired } of tracked.values()) yield desired.kind;
    },
  };
}

function createTracked(ownerId: string, desired: Desired, baseline: Baseline): Tracked {
  return { ownerId, desired, baseline, busy: undefined, answeredMs: 0, failures: 0 };
}

/** Health counts for what was applied: older news says nothing about it. */
function healthOf({ desired, baseline }: Tracked, live: Live | undefined, isWatched: boolean): Health {
  if (!isWatched) return { state: 'Current', message: 'is not watched' };
  if (live === undefined || live.isDeleted) return { state: 'InProgress', message: 'is gone' };
  if (live.isTerminating) return { state: 'InProgress', message: 'is being deleted' };
  if (!hasHealth(desired.kind)) return { state: 'Current', message: '' };
  if (live.health === undefined || isOutdated(baseline, live)) {
    return { state: 'InProgress', message: 'is not seen yet' };
  }
  return live.health;
}

function isOutdated({ resourceVersion, generation }: Baseline, live: Live): boolean {
  if (resourceVersion !== undefined && isOlder(live.resourceVersion, resourceVersion)) return true;
  return generation !== undefined && live.generation !== undefined && live.generation < generation;
}

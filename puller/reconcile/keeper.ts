// Keeps applied objects as they are to be: the watches' events come in, drift is found in them and corrected at once
// by one server-side apply. Nothing is polled, and nothing that has not changed is sent.
import type { ResourceKind } from '../../src/kube/discovery.ts';
import type { KubeMetadata } from '../../src/kube/object.ts';
import type { WatchEvent } from '../../src/kube/watch.ts';
import { applyFirst, applyForced, type Applied } from './apply-object.ts';
import { applyLeaving } from './body-to-send.ts';
import type { Desired } from './desired.ts';
import { createArrivals } from './arrivals.ts';
import { createChanges, type Changes } from './changes.ts';
import { confirmWindowMs, isSurelyOurs } from './confirmation.ts';
import { createDepartures, type Departures } from './departures.ts';
import { createDriftJudge, type DriftJudgeOptions } from './drift-judge.ts';
import type { Health } from './health.ts';
import { healthOfKept } from './kept-health.ts';
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
import {
  baselineOf,
  createTracked,
  findDrift,
  forgetVersions,
  leftOf,
  type Baseline,
  type Stance,
  type Tracked,
} from './tracked.ts';
import { createTrackedTable } from './tracked-table.ts';

export type KeeperOptions = RepairerOptions &
  DriftJudgeOptions & {
    readonly watches: () => KindWatches;
    /** An object is as it is to be, by an answer of the API server. */
    readonly onSettled: (ownerId: string, key: string) => void;
    /** An object is kept no longer. */
    readonly onReleased: (object: Tracked) => void;
  };

/** What a former process recorded of an object. */
export type Recorded = Baseline & {
  /** Hash of what it applied. */
  readonly appliedHash: string;
  /** Whether an autoscaler set the object's replicas. */
  readonly yieldsReplicas: boolean;
};

export type Keeper = {
  get(key: string): Tracked | undefined;
  live(key: string): Live | undefined;
  /** Takes an object over that was applied by a former process; drift is corrected from here on. */
  adopt(ownerId: string, desired: Desired, recorded: Recorded): void;
  /** Applies and keeps. */
  apply(ownerId: string, desired: Desired, isFirst: boolean): Promise<'created' | 'configured' | 'unchanged'>;
  /** Lets an object go, if it is this owner's. */
  release(key: string, ownerId: string): void;
  /** Lets everything of an owner go. */
  releaseAll(ownerId: string): void;
  healthOf(tracked: Tracked): Health;
  isContested(key: string): boolean;
  /** What is done about drift of an object now. */
  stanceOf(ownerId: string, desired: Desired): Stance;
  /** Autoscalers have changed: asks anew for the objects whose replicas are theirs. */
  rescale(isTheirs: (object: Tracked) => boolean): void;
  /** Looks at all objects of an owner again: corrections were off, and are on now. */
  recheck(ownerId: string): void;
  onEvent(kind: ResourceKind, event: WatchEvent, isFull: boolean): void;
  onSynced(kind: ResourceKind): void;
  /** Forgets the versions of a kind's objects: the server counts from a lower one. */
  onRewound(kind: ResourceKind): void;
  /** Forgets what was told of a kind that is no longer watched. */
  onEnded(kind: ResourceKind): void;
  kinds(): Iterable<ResourceKind>;
  /** Wakes whoever waits for the watches' news. */
  readonly changes: Changes;
  /** Objects that were deleted and are not gone yet. */
  readonly departures: Departures;
};

export function createKeeper(options: KeeperOptions): Keeper {
  const { now, applierOf, mayCorrect, watches } = options;
  const tracked = createTrackedTable();
  const arrivals = createArrivals();
  const live = createLiveObjects();
  const changes = createChanges();
  const departures = createDepartures(options.onChanged);
  const repairer = createRepairer(options, {
    isKept,
    settle,
    check,
    corrects: (object) => judge.corrects(object),
    live: (key) => live.get(key),
  });
  const judge = createDriftJudge(options, {
    isKept,
    check,
    correct: (object, drift, loss) => repairer.correct(object, drift, loss),
    leave: (object) => {
      repairer.settle(object.desired.key);
      forgive(object);
    },
  });

  function isKept(object: Tracked): boolean {
    return tracked.get(object.desired.key) === object;
  }

  /** The answer is the new baseline; what happened meanwhile is looked at afterwards. */
  function settle(object: Tracked, { object: answer }: Applied, isConfirmation = false): void {
    const { time } = object.baseline;
    const baseline = baselineOf(answer, object.ownerId);
    live.note(object.desired.key, liveOfObject(answer), true);
    const uid = live.get(object.desired.key)?.uid;
    // One copy of what is equal.
    object.baseline = uid === baseline.uid ? { ...baseline, uid } : baseline;
    object.appliedHash = object.desired.hash;
    // A confirmation that changed something has a second of its own, in which the impostor may write again.
    object.answeredMs = isConfirmation && object.baseline.time === time ? 0 : now();
    object.isTainted = false;
    object.failures = 0;
    repairer.settle(object.desired.key);
    // What was seen after the answer is still to be judged.
    const { seen } = object;
    const isNewer = seen !== undefined && isOlder(answer.metadata.resourceVersion, seen.resourceVersion);
    judge.settle(object);
    if (isNewer) object.seen = seen;
    options.onSettled(object.ownerId, object.desired.key);
  }

  /** Remembers what shows drift; judged is it when corrections are on. */
  function see(object: Tracked, metadata: KubeMetadata | undefined): void {
    object.isBlind = false;
    const known = live.get(object.desired.key);
    const isLatest = known?.resourceVersion === metadata?.resourceVersion;
    object.seen = isLatest && findDrift(object, known) === 'changed' ? metadata : undefined;
  }

  /** @param metadata of the event that asks for the look, where one does */
  function check(object: Tracked, metadata?: KubeMetadata): void {
    const { desired } = object;
    const isOff =
      object.busy !== undefined || !mayCorrect(object.ownerId) || !watches().isWatched(desired.kind);
    if (isOff) return;
    const found = live.get(desired.key);
    const drift = findDrift(object, found);
    if (drift !== undefined) {
      judge.judge(object, drift);
      return;
    }
    judge.settle(object);
    // What could not be corrected has come right without us.
    forgive(object);
    confirmWhatStands(object, found, metadata);
  }

  /** That it could not be corrected is no failure any more. */
  function forgive(object: Tracked): void {
    if (object.failures === 0) return;
    object.failures = 0;
    options.onSettled(object.ownerId, object.desired.key);
  }

  /** Somebody wrote after us: within the second of our apply, a no-op apply shows whether what stands is ours. */
  function confirmWhatStands(object: Tracked, found: Live | undefined, metadata?: KubeMetadata): void {
    const { baseline, answeredMs } = object;
    const version = found?.resourceVersion;
    const latest = metadata ?? object.echo;
    object.echo = undefined;
    if (answeredMs === 0 || version === baseline.resourceVersion || version === object.sureVersion) return;
    if (
      latest?.resourceVersion === version &&
      latest !== undefined &&
      isSurelyOurs(object.desired.kind, baseline, latest)
    ) {
      object.sureVersion = version;
      return;
    }
    object.answeredMs = 0;
    if (now() - answeredMs < confirmWindowMs) repairer.confirm(object, confirmWindowMs);
  }

  function release(object: Tracked): void {
    tracked.delete(object);
    repairer.forget(object.desired.key);
    options.onReleased(object);
  }

  return {
    get: (key) => tracked.get(key),
    live: (key) => live.get(key),
    adopt: (ownerId, desired, recorded) => {
      const { appliedHash, yieldsReplicas, ...baseline } = recorded;
      const object = createTracked(ownerId, desired, baseline);
      object.appliedHash = appliedHash;
      object.yieldsReplicas = yieldsReplicas;
      tracked.set(object);
      if (yieldsReplicas) void judge.rescale(object);
      check(object);
    },
    apply: async (ownerId, desired, isFirst) => {
      const applier = applierOf(ownerId);
      if (applier === undefined) throw new Error(`no applier for ${ownerId}`);
      const known = tracked.get(desired.key);
      const before = live.get(desired.key);
      const send = async (): Promise<Applied> => {
        const left = known === undefined ? desired.left : leftOf({ ...known, desired });
        // From its deletion on it is to be made again as it is to be now, even if this apply fails.
        const onDeleting = (): void => {
          if (known !== undefined) known.desired = desired;
        };
        const standing = { desired, left, baseline: known?.baseline, live: before };
        const run = isFirst ? applyFirst : applyForced;
        return applyLeaving((by, sent) => run(by, sent, onDeleting), applier, standing);
      };
      const keep = (object: Tracked, answer: Applied): void => {
        object.desired = desired;
        tracked.set(object);
        settle(object, answer);
      };
      const sendAgain = async (object: Tracked): Promise<Applied> => {
        const answered = await send();
        // Let go meanwhile, it is nobody's.
        if (isKept(object)) keep(object, answered);
        return answered;
      };
      const arrive = async (): Promise<Applied> => {
        const arrival = arrivals.begin(ownerId, desired.key);
        try {
          const answered = await send();
          const object = createTracked(ownerId, desired, baselineOf(answered.object, ownerId));
          object.echo = arrival.latest;
          if (!arrival.isReleased) keep(object, answered);
          return answered;
        } finally {
          arrivals.end(arrival);
        }
      };
      const answer = await (known === undefined ? arrive() : exclusively(known, () => sendAgain(known)));
      const object = tracked.get(desired.key);
      if (object !== undefined) check(object);
      if (answer.isCreated) return 'created';
      return before?.resourceVersion === answer.object.metadata.resourceVersion ? 'unchanged' : 'configured';
    },
    release: (key, ownerId) => {
      arrivals.release(ownerId, key);
      const object = tracked.get(key);
      if (object?.ownerId === ownerId) release(object);
    },
    releaseAll: (ownerId) => {
      arrivals.release(ownerId);
      for (const object of tracked.ofOwner(ownerId)) release(object);
    },
    healthOf: (object) =>
      healthOfKept(object, live.get(object.desired.key), watches().isFollowed(object.desired.kind)),
    isContested: (key) => repairer.isContested(key),
    stanceOf: (ownerId, { identity }) => options.stanceOf(ownerId, identity),
    rescale: (isTheirs) => {
      for (const object of tracked.all())
        if (object.yieldsReplicas && isTheirs(object)) void judge.rescale(object);
    },
    recheck: (ownerId) => {
      for (const object of tracked.ofOwner(ownerId)) check(object);
    },
    onEvent: (kind, event, isFull) => {
      const key = keyOfObject(kind, event.object);
      const object = tracked.get(key);
      const news = liveOfEvent(kind, event, isFull);
      live.note(key, news, object !== undefined || departures.has(key));
      if (object === undefined && news.isDeleted) live.forget(key);
      departures.follow(key, news);
      changes.wake();
      const { metadata } = event.object;
      arrivals.follow(key, event.type === 'DELETED' ? undefined : metadata);
      if (object === undefined) return;
      options.onChanged(object.ownerId);
      see(object, event.type === 'DELETED' ? undefined : metadata);
      object.echo = object.busy === undefined ? undefined : metadata;
      check(object, metadata);
    },
    onSynced: ({ group, kind }) => {
      for (const object of tracked.all()) {
        if (object.desired.kind.kind === kind && object.desired.kind.group === group) check(object);
      }
    },
    onRewound: ({ group, kind }) => {
      live.forgetKind(group, kind);
      for (const object of tracked.all()) {
        if (object.desired.kind.kind === kind && object.desired.kind.group === group) forgetVersions(object);
      }
    },
    onEnded: ({ group, kind }) => live.forgetKind(group, kind),
    *kinds() {
      for (const { desired } of tracked.all()) yield desired.kind;
      for (const { kind } of departures.all()) yield kind;
    },
    changes,
    departures,
  };
}

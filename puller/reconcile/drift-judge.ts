// What becomes of drift: corrected at once, shown while the Delivery only warns or an operator holds the object, or
// taken as it is where others took nothing but what is left to them.
import { isDeepStrictEqual } from 'node:util';
import { isSealiftError } from '../../src/errors.ts';
import { acceptObjectMetadata, kubeObjectSchema, type KubeMetadata } from '../../src/kube/object.ts';
import type { ResourceIdentity } from '../../src/resources/resource.ts';
import { pathOf } from './desired.ts';
import { asAccount, type Applier } from './apply-object.ts';
import { lossOf, lostOnlyLeft, lostReplicasToScale } from './loss.ts';
import { baselineOf, type Drift, type Loss, type Stance, type Tracked } from './tracked.ts';

export type DriftJudgeOptions = {
  readonly applierOf: (ownerId: string) => Applier | undefined;
  /** What is done about drift of an object now. */
  readonly stanceOf: (ownerId: string, identity: ResourceIdentity) => Stance;
  /** Whether an autoscaler targets the object, which is followed from then on; undefined where that can't be told. */
  readonly isAutoscaled: (object: Tracked) => Promise<boolean | undefined>;
  /** Drift is shown that was not shown before, or that has changed. */
  readonly onShown: (object: Tracked) => void;
  /** Something that the status tells has changed. */
  readonly onChanged: (ownerId: string) => void;
};

/** What the judge needs of the table of objects. */
export type DriftTable = {
  isKept(object: Tracked): boolean;
  correct(object: Tracked, drift: Drift, loss: Loss): void;
  /** Drift is not to be corrected now: that it could not be is no failure. */
  leave(object: Tracked): void;
  /** Looks whether there is drift still. */
  check(object: Tracked, metadata?: KubeMetadata): void;
};

export type DriftJudge = {
  judge(object: Tracked, drift: Drift): void;
  /** There is no drift. */
  settle(object: Tracked): void;
  /** Whether objects like this one are corrected now. */
  corrects(object: Tracked): boolean;
  /** Asks anew whether its replicas are still an autoscaler's. */
  rescale(object: Tracked): Promise<void>;
};

export function createDriftJudge(options: DriftJudgeOptions, table: DriftTable): DriftJudge {
  const stanceOf = ({ ownerId, desired }: Tracked): Stance => options.stanceOf(ownerId, desired.identity);
  const inspecting = new Set<Tracked>();

  /** Where no event has told what was lost, as after a restart, the object itself does. */
  async function inspect(object: Tracked): Promise<void> {
    if (inspecting.has(object)) return;
    inspecting.add(object);
    try {
      const applier = options.applierOf(object.ownerId);
      object.seen = applier && (await readMetadata(applier, object));
    } catch (error) {
      if (!isSealiftError(error)) throw error;
    } finally {
      inspecting.delete(object);
    }
    object.isBlind = object.seen === undefined;
    if (table.isKept(object)) table.check(object);
  }

  async function askForAutoscaler(object: Tracked, version: string): Promise<void> {
    object.askedVersion = version;
    object.yieldsReplicas = (await options.isAutoscaled(object)) === true;
    if (table.isKept(object)) table.check(object);
  }

  /** What stands is the new baseline: the fields are others' from here on. */
  function yieldTo(object: Tracked, metadata: KubeMetadata): void {
    const { resourceVersion, generation, marks } = object.baseline;
    const baseline = baselineOf({ metadata }, object.ownerId);
    // Within the second of our apply it may be an impostor's all the same: then it is still to be confirmed.
    object.baseline =
      object.answeredMs === 0 ? baseline : { ...baseline, resourceVersion, generation, marks };
    settle(object);
    table.check(object, metadata);
  }

  function settle(object: Tracked): void {
    object.seen = undefined;
    object.isBlind = false;
    hide(object);
  }

  function hide(object: Tracked): void {
    if (object.shown === undefined) return;
    object.shown = undefined;
    options.onChanged(object.ownerId);
  }

  function decide(object: Tracked, drift: Drift): void {
    object.isTainted = true;
    const stance = stanceOf(object);
    if (stance.kind !== 'Correct') table.leave(object);
    if (stance.kind === 'Ignore') {
      hide(object);
      return;
    }
    const loss = lossOf(object, drift === 'changed' ? object.seen : undefined);
    if (stance.kind === 'Correct') {
      hide(object);
      table.correct(object, drift, loss);
      return;
    }
    const shown = { ...loss, drift, stance };
    if (isDeepStrictEqual(shown, object.shown)) return;
    object.shown = shown;
    options.onShown(object);
    options.onChanged(object.ownerId);
  }

  return {
    judge: (object, drift) => {
      if (drift === 'changed') {
        const { seen } = object;
        if (seen === undefined) {
          if (!object.isBlind) {
            void inspect(object);
            return;
          }
        } else if (!object.isTainted && lostOnlyLeft(object, seen)) {
          yieldTo(object, seen);
          return;
        } else if (object.askedVersion !== seen.resourceVersion && lostReplicasToScale(object, seen)) {
          void askForAutoscaler(object, seen.resourceVersion);
          return;
        }
      }
      decide(object, drift);
    },
    settle,
    corrects: (object) => stanceOf(object).kind === 'Correct',
    rescale: async (object) => {
      if (!object.yieldsReplicas) return;
      if ((await options.isAutoscaled(object)) !== false || !table.isKept(object)) return;
      object.yieldsReplicas = false;
      // What was left to it is ours again; no entry of ours tells that it is missing.
      if (stanceOf(object).kind === 'Correct')
        table.correct(object, 'changed', { fields: ['.spec.replicas'], takers: [] });
    },
  };
}

/** Undefined where the answer is no object, as an aggregated API server may have it: that must end nothing. */
async function readMetadata(applier: Applier, { desired }: Tracked): Promise<KubeMetadata | undefined> {
  const { body } = await applier.client.request({
    method: 'GET',
    path: pathOf(desired),
    accept: acceptObjectMetadata,
    ...asAccount(applier.impersonate),
  });
  return kubeObjectSchema.safeParse(body).data?.metadata;
}

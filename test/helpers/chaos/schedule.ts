// What happens in a run, and when: drawn from a seed before the run begins, so that a seed repeats it. Whether a step is
// possible shows only when its turn comes; one that is not does nothing.
import type { Random } from './random.ts';

/** Parts that each kind of step has of all. What ends an outage is likelier than what begins it. */
const weights = {
  release: 10,
  replay: 4,
  unsigned: 3,
  stranger: 2,
  restoreTag: 5,
  edit: 12,
  delete: 8,
  strip: 4,
  seize: 4,
  wipe: 3,
  replace: 3,
  relabel: 3,
  suspend: 1,
  resume: 3,
  remove: 1,
  remake: 3,
  look: 4,
  kill: 7,
  end: 2,
  freeze: 3,
  thaw: 4,
  cut: 3,
  silence: 1,
  slow: 3,
  mend: 6,
  stopRegistry: 2,
  startRegistry: 4,
  compact: 3,
  restartApiServer: 1,
  killAll: 1,
  startAll: 2,
} as const;

export type Action = keyof typeof weights;

/** An action, and what it hits where it is about one. */
export type Step = {
  readonly action: Action;
  readonly lane: number;
  readonly object: number;
  readonly slot: number;
  /** Wait before the step. */
  readonly afterMs: number;
};

export type Shape = { readonly lanes: number; readonly objects: number; readonly slots: number };

const maxPauseMs = 700;

/** Draws the steps of a run. Every run restarts the API server once, in its second half. */
export function planSteps(random: Random, count: number, shape: Shape): readonly Step[] {
  const restartAt = Math.floor(count * (0.5 + random.next() / 3));
  return Array.from({ length: count }, (_, index) => ({
    action: index === restartAt ? 'restartApiServer' : drawAction(random),
    lane: random.below(shape.lanes),
    object: random.below(shape.objects),
    slot: random.below(shape.slots),
    // Many steps hit what the one before has begun.
    afterMs: random.chance(0.4) ? 0 : random.below(maxPauseMs),
  }));
}

function drawAction(random: Random): Action {
  // The keys of the table are the actions.
  const entries = Object.entries(weights) as [Action, number][];
  let left = random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [action, weight] of entries) {
    left -= weight;
    if (left < 0) return action;
  }
  return 'look';
}

export function formatStep({ action, lane, object, slot }: Step): string {
  return `${action} (lane ${lane}, object ${object}, puller ${slot})`;
}

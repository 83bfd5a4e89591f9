// Turns for work whose cost a tenant decides, such as evaluating their expressions: one thing at a time a namespace, and
// after each a rest that is a multiple of what it took. Nobody's expressions thus take more than a share of the time.
import { setTimeout as delay } from 'node:timers/promises';
import { pullerLimits } from '../../src/limits.ts';

/** Does the work; gives the milliseconds that its costly part took. */
export type Turn = () => Promise<number>;

export type Lanes = {
  /** Queues a turn; one that waits under the same key is replaced by it. */
  take(namespace: string, key: string, turn: Turn): void;
  has(namespace: string, key: string): boolean;
  forget(namespace: string, key: string): void;
};

/** @param fail told of what a turn throws: to go on without it would be to go on blind */
export function createLanes({
  signal,
  fail,
}: {
  readonly signal: AbortSignal;
  readonly fail: (error: unknown) => void;
}): Lanes {
  const lanes = new Map<string, Map<string, Turn>>();

  async function run(namespace: string, lane: Map<string, Turn>): Promise<void> {
    for (let next = firstOf(lane); next !== undefined && !signal.aborted; next = firstOf(lane)) {
      const [key, turn] = next;
      lane.delete(key);
      const tookMs = await turn();
      await delay(tookMs * pullerLimits.expressionRests, undefined, { signal, ref: false }).catch(
        () => undefined,
      );
    }
    lanes.delete(namespace);
  }

  return {
    take: (namespace, key, turn) => {
      const known = lanes.get(namespace);
      if (known !== undefined) {
        known.set(key, turn);
        return;
      }
      const lane = new Map([[key, turn]]);
      lanes.set(namespace, lane);
      run(namespace, lane).catch((error: unknown) => {
        lanes.delete(namespace);
        if (!signal.aborted) fail(error);
      });
    },
    has: (namespace, key) => lanes.get(namespace)?.has(key) === true,
    forget: (namespace, key) => lanes.get(namespace)?.delete(key),
  };
}

function firstOf(lane: ReadonlyMap<string, Turn>): readonly [string, Turn] | undefined {
  for (const entry of lane) return entry;
  return undefined;
}

// Two tasks that take turns: each stops before every call of its store until it is let go. The same turns give the same
// run, however long anything takes in between.
type Gate = () => Promise<void>;

/** @param turns true lets the second go on; without a turn left the first goes on, as does whoever is left alone */
export async function interleave<T>(
  tasks: readonly [(gate: Gate) => Promise<T>, (gate: Gate) => Promise<T>],
  turns: readonly boolean[],
): Promise<readonly T[]> {
  const parked: (undefined | (() => void))[] = [undefined, undefined];
  const isDone = [false, false];
  let news = Promise.withResolvers<void>();
  const runs = tasks.map(async (task, index) => {
    try {
      return await task(
        () =>
          new Promise((resolve) => {
            parked[index] = resolve;
            news.resolve();
          }),
      );
    } finally {
      isDone[index] = true;
      news.resolve();
    }
  });
  // A failure is thrown at the end.
  for (const run of runs) run.catch(() => undefined);
  const order = [...turns];
  while (isDone.includes(false)) {
    const isSettled = isDone.every((done, index) => done || parked[index] !== undefined);
    if (!isSettled) {
      await news.promise;
      news = Promise.withResolvers();
      continue;
    }
    const wanted = Number(order.shift() ?? false);
    const next = parked[wanted] === undefined ? 1 - wanted : wanted;
    const go = parked[next];
    parked[next] = undefined;
    go?.();
  }
  return Promise.all(runs);
}

// Chance that can be repeated: the same seed gives the same run.

/** Numbers from 0 (included) to 1 (excluded), by mulberry32. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(random: () => number, from: readonly T[]): T {
  const found = from[Math.floor(random() * from.length)];
  if (found === undefined) throw new Error('there is nothing to pick from');
  return found;
}

/** All of them in another order (Fisher–Yates). */
export function shuffle<T>(random: () => number, items: readonly T[]): readonly T[] {
  const left = [...items];
  return Array.from({ length: items.length }, () => {
    const index = Math.floor(random() * left.length);
    const [taken] = left.splice(index, 1);
    if (taken === undefined) throw new Error('taken more than there is');
    return taken;
  });
}

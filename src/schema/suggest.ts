// The name that a misspelt one was meant to be: the nearest, if it is near.
import { schemaLimits } from '../limits.ts';

const maxLength = 64;

/** The nearest of the names that is at most a third of it away, or differs in case alone. */
export function suggestName(name: string, names: readonly string[]): string | undefined {
  if (name.length > maxLength) return undefined;
  const limit = Math.min(3, Math.floor(name.length / 3));
  const [nearest] = names
    .slice(0, schemaLimits.suggestions)
    .filter((one) => Math.abs(one.length - name.length) <= limit)
    .map((one) => ({ one, distance: distanceOf(name.toLowerCase(), one.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance);
  return nearest?.one;
}

/** How many letters must be put in, taken away or exchanged (Levenshtein). */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, letter] of from.split('').entries()) {
    const next = [line + 1];
    for (const [index, other] of to.split('').entries()) {
      const exchanged = (row[index] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(exchanged, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

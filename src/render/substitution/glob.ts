// Patterns of `${var#pattern}` and its kin: `*`, `?`, `[a-z]` and `\` for a character as it is. All matches of a text's
// beginning are found in one walk, so that no pattern takes more than its length times the text's.
import { substitutionLimits } from '../../limits.ts';

type Part =
  | { readonly kind: 'any' }
  | {
      readonly kind: 'one';
      readonly accepts: (character: string) => boolean;
      /** Comparisons that one character may take. */
      readonly weight: number;
    };

/** Lengths, in characters, of the shortest match that is not empty and of the longest; undefined where there is none. */
export type Matched = { readonly shortest: number; readonly longest: number };

/**
 * How much of a text's beginning, or of its end, a pattern matches.
 * @returns undefined where it matches nothing; 'broken' where it is no pattern or too much work
 */
export function matchEdge(
  pattern: string,
  text: readonly string[],
  { edge, spend }: { readonly edge: 'begin' | 'end'; readonly spend?: ((steps: number) => void) | undefined },
): Matched | 'broken' | undefined {
  const parts = parseGlob(pattern);
  if (parts === undefined) return 'broken';
  const weight = parts.reduce((sum, part) => sum + (part.kind === 'any' ? 1 : part.weight), 0);
  const steps = weight * text.length;
  if (steps > substitutionLimits.patternSteps) return 'broken';
  spend?.(steps);
  return edge === 'begin' ? walk(parts, text) : walk(parts.toReversed(), text.toReversed());
}

function walk(parts: readonly Part[], text: readonly string[]): Matched | undefined {
  let states = closure(new Set([0]), parts);
  let found: Matched | undefined;
  for (const [index, character] of text.entries()) {
    const next = new Set<number>();
    for (const state of states) {
      const part = parts[state];
      if (part === undefined) continue;
      if (part.kind === 'any') next.add(state);
      else if (part.accepts(character)) next.add(state + 1);
    }
    if (next.size === 0) break;
    states = closure(next, parts);
    const length = index + 1;
    if (states.has(parts.length)) found = { shortest: found?.shortest ?? length, longest: length };
  }
  return found;
}

/** A star may match nothing. */
function closure(states: Set<number>, parts: readonly Part[]): Set<number> {
  // A set is walked with what is added on the way.
  for (const state of states) if (parts[state]?.kind === 'any') states.add(state + 1);
  return states;
}

function parseGlob(pattern: string): readonly Part[] | undefined {
  const parts: Part[] = [];
  const characters = Array.from(pattern);
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '*') parts.push({ kind: 'any' });
    else if (character === '?') parts.push({ kind: 'one', accepts: () => true, weight: 1 });
    else if (character === '[') {
      const end = characters.indexOf(']', at + 2);
      if (end < 0) return undefined;
      parts.push({ kind: 'one', ...classOf(characters.slice(at + 1, end)) });
      at = end;
    } else {
      const literal = character === '\\' ? characters[(at += 1)] : character;
      if (literal === undefined) return undefined;
      parts.push({ kind: 'one', accepts: (one) => one === literal, weight: 1 });
    }
  }
  return parts;
}

function classOf(members: readonly string[]): Pick<Extract<Part, { kind: 'one' }>, 'accepts' | 'weight'> {
  const isNegated = members[0] === '^' || members[0] === '!';
  const rest = isNegated ? members.slice(1) : members;
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < rest.length; at += 1) {
    const low = rest[at] ?? '';
    const high = rest[at + 1] === '-' ? rest[at + 2] : undefined;
    ranges.push([low, high ?? low]);
    if (high !== undefined) at += 2;
  }
  return {
    accepts: (character) => ranges.some(([low, high]) => low <= character && character <= high) !== isNegated,
    weight: Math.max(1, ranges.length),
  };
}

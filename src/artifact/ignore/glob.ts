// A glob as git's ignore files have it. It is followed on all its ways at once, so that time grows with the length of
// the pattern times that of the path, whatever stars it has ("catastrophic backtracking").
import { anyButSlash, anyByte, parseByteSet, type ByteSet } from './byte-set.ts';

type Step =
  | { readonly kind: 'byte'; readonly byte: number }
  | { readonly kind: 'one'; readonly of: ByteSet }
  /** Any number of bytes of a set. */
  | { readonly kind: 'many'; readonly of: ByteSet }
  /** Before the `**` and the slash of a folder that need not be there: goes on, or leaves out both. */
  | { readonly kind: 'perhaps' };

export type Glob = readonly Step[];

/** What comparisons may still cost; it counts down, below zero they are to be given up. */
export type Meter = { steps: number };

/**
 * Compiles a pattern without its leading and trailing slash; nothing for one that git lets match nothing.
 * @param pattern one character a byte, as git compares
 */
export function compileGlob(pattern: string): Glob | undefined {
  const literalLength = pattern.search(/[*?[\\]|$/u);
  const glob: Step[] = [];
  let at = 0;
  while (at < pattern.length) {
    const part = pattern[at] === '*' ? readStars(pattern, at, literalLength) : readOne(pattern, at);
    if (part === undefined) return undefined;
    glob.push(...part.steps);
    at = part.end;
  }
  return glob;
}

type Part = { readonly steps: readonly Step[]; readonly end: number };

function readOne(pattern: string, at: number): Part | undefined {
  if (pattern[at] === '?') return { steps: [{ kind: 'one', of: anyButSlash }], end: at + 1 };
  if (pattern[at] === '[') {
    const parsed = parseByteSet(pattern, at + 1);
    return parsed && { steps: [{ kind: 'one', of: parsed.set }], end: parsed.end };
  }
  const place = pattern[at] === '\\' ? at + 1 : at;
  if (place === pattern.length) return undefined;
  return { steps: [{ kind: 'byte', byte: pattern.charCodeAt(place) }], end: place + 1 };
}

function readStars(pattern: string, at: number, literalLength: number): Part {
  let end = at;
  while (pattern[end] === '*') end++;
  const after = pattern.slice(end, end + 2);
  // Two stars reach over folders only where they are a whole segment. Git compares what comes before the first wildcard
  // apart, so that stars behind it count as a segment's start: `a**/b` is not what its manual says.
  const isStart = at === literalLength || pattern[at - 1] === '/';
  const isWhole = isStart && end - at > 1 && (after === '' || after.startsWith('/') || after === '\\/');
  if (!isWhole) return { steps: [{ kind: 'many', of: anyButSlash }], end };
  const folders: Step = { kind: 'many', of: anyByte };
  return { steps: after.startsWith('/') ? [{ kind: 'perhaps' }, folders] : [folders], end };
}

/**
 * Whether all of a text matches.
 * @param text one character a byte
 */
export function matchesGlob(glob: Glob, text: string, meter: Meter): boolean {
  const entered = new Int32Array(glob.length + 1).fill(-1);
  let places: number[] = [];
  // Enters a place, and those that are reached from it without a byte.
  const enter = (place: number, at: number): void => {
    if (entered[place] === at) return;
    entered[place] = at;
    places.push(place);
    const step = glob[place];
    if (step?.kind === 'perhaps') enter(place + 3, at);
    if (step?.kind === 'perhaps' || step?.kind === 'many') enter(place + 1, at);
  };
  enter(0, 0);
  for (let at = 0; at < text.length && places.length > 0; at++) {
    const byte = text.charCodeAt(at);
    const here = places;
    meter.steps -= here.length;
    if (meter.steps < 0) return false;
    places = [];
    for (const place of here) {
      const step = glob[place];
      if (step !== undefined && takes(step, byte)) enter(step.kind === 'many' ? place : place + 1, at + 1);
    }
  }
  return places.includes(glob.length);
}

function takes(step: Step, byte: number): boolean {
  if (step.kind === 'byte') return step.byte === byte;
  return step.kind !== 'perhaps' && step.of[byte] === 1;
}

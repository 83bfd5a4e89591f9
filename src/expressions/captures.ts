// What the groups of a regular expression caught. The library that keeps patterns linear (RE2) answers yes or no only; this
// walks its compiled program with all threads at once (Pike's machine), so that a pattern stays linear here, too, and
// groups catch what Go's `regexp` says they do: leftmost, and the first alternative before the second.
import type { RE2JS } from '@bufbuild/re2';

type Program = ReturnType<RE2JS['re2']>['prog'];

/** Where a thread is, and between which places its groups are; place 0 is where its match began. */
type Thread = { readonly pc: number; readonly places: readonly number[] };

/** Instructions of the library's program; it does not export their names. */
const op = { alt: 1, altMatch: 2, capture: 3, emptyWidth: 4, match: 6, nop: 7, firstRune: 8, lastRune: 11 };
/** Assertions that an instruction of empty width asks for, as bits. */
const at = { beginLine: 1, endLine: 2, beginText: 4, endText: 8, wordBoundary: 16, noWordBoundary: 32 };

/** Steps that one character may take. */
export function stepsOf(pattern: RE2JS): number {
  return pattern.re2().prog.numInst();
}

/** The match and its groups; undefined where nothing matches. A group that took no part is empty, as Go expands it. */
export function matchGroups(pattern: RE2JS, text: string): readonly string[] | undefined {
  const runes = runesOf(text);
  const found = matchFrom(pattern.re2().prog, runes, 0);
  return found === undefined ? undefined : textsOf(runes, found, pattern.groupCount());
}

/** All matches, none within another, as Go finds them. */
export function* findTexts(pattern: RE2JS, text: string): Generator<string, void> {
  const { prog } = pattern.re2();
  const runes = runesOf(text);
  let end = -1;
  for (let from = 0; from <= runes.length;) {
    const places = matchFrom(prog, runes, from);
    if (places === undefined) return;
    const [begin = 0, matchEnd = 0] = places;
    // An empty match right behind another one is none.
    if (begin !== matchEnd || begin !== end) yield String.fromCodePoint(...runes.slice(begin, matchEnd));
    end = matchEnd;
    from = matchEnd > begin ? matchEnd : matchEnd + 1;
  }
}

function runesOf(text: string): readonly number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

/** Places of the leftmost match that begins there or later, and of its groups. */
function matchFrom(prog: Program, runes: readonly number[], from: number): readonly number[] | undefined {
  let threads: readonly Thread[] = [];
  let found: readonly number[] | undefined;
  for (let position = from; position <= runes.length; position += 1) {
    // A later begin is worse than any thread there is, and than any match.
    const begun = found === undefined ? [...threads, { pc: prog.start, places: [position] }] : threads;
    const context = contextAt(runes, position);
    const ready = follow(prog, begun, { position, context });
    const matching = ready.findIndex(({ pc }) => prog.getInst(pc).op === op.match);
    const alive = matching < 0 ? ready : ready.slice(0, matching);
    const best = ready[matching];
    if (best !== undefined) found = withPlace(best.places, 1, position);
    const rune = runes[position];
    threads = rune === undefined ? [] : alive.flatMap((thread) => step(prog, thread, rune));
    if (threads.length === 0 && found !== undefined) break;
  }
  return found;
}

/** Threads that wait for a character or have matched, in the order of their worth; each instruction once. */
function follow(
  prog: Program,
  threads: readonly Thread[],
  { position, context }: { readonly position: number; readonly context: number },
): readonly Thread[] {
  const seen = new Set<number>();
  const ready: Thread[] = [];
  const open = threads.toReversed();
  for (let thread = open.pop(); thread !== undefined; thread = open.pop()) {
    const { pc, places } = thread;
    if (seen.has(pc)) continue;
    seen.add(pc);
    const { op: code, out, arg } = prog.getInst(pc);
    if (code === op.alt || code === op.altMatch) open.push({ pc: arg, places }, { pc: out, places });
    else if (code === op.nop) open.push({ pc: out, places });
    else if (code === op.capture) open.push({ pc: out, places: withPlace(places, arg, position) });
    else if (code === op.emptyWidth) {
      if ((arg & ~context) === 0) open.push({ pc: out, places });
    } else ready.push(thread);
  }
  return ready;
}

function step(prog: Program, { pc, places }: Thread, rune: number): readonly Thread[] {
  const instruction = prog.getInst(pc);
  const takes = instruction.op >= op.firstRune && instruction.op <= op.lastRune;
  return takes && instruction.matchRune(rune) ? [{ pc: instruction.out, places }] : [];
}

function withPlace(places: readonly number[], index: number, position: number): readonly number[] {
  const copy = [...places];
  while (copy.length < index) copy.push(-1);
  copy[index] = position;
  return copy;
}

function contextAt(runes: readonly number[], position: number): number {
  const [before, after] = [runes[position - 1], runes[position]];
  const newline = 10;
  const begin = before === undefined ? at.beginText | at.beginLine : 0;
  const end = after === undefined ? at.endText | at.endLine : 0;
  const lines = (before === newline ? at.beginLine : 0) | (after === newline ? at.endLine : 0);
  const word = isWord(before) === isWord(after) ? at.noWordBoundary : at.wordBoundary;
  return begin | end | lines | word;
}

function isWord(rune: number | undefined): boolean {
  return rune !== undefined && /\w/u.test(String.fromCodePoint(rune));
}

function textsOf(runes: readonly number[], places: readonly number[], groups: number): readonly string[] {
  return Array.from({ length: groups + 1 }, (_, group) => {
    const [begin = -1, end = -1] = [places[2 * group], places[2 * group + 1]];
    return begin < 0 || end < begin ? '' : String.fromCodePoint(...runes.slice(begin, end));
  });
}

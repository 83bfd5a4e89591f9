// The unified diff of two texts, as `patch` and `git apply` take it. Lines are matched by Myers' algorithm within a
// budget of steps; texts beyond it are shown as replaced, so that no input makes it hang.
import { diffLimits } from '../limits.ts';

export type TextDiffOptions = {
  /** What stands behind `---` and `+++`. */
  readonly names: { readonly before: string; readonly after: string };
  /** Equal lines around each change; 3 by default. */
  readonly contextLines?: number;
  /** Steps that are left; what this diff takes is taken off, so that several share one. */
  readonly budget?: { steps: number };
};

/** Lines of the old text that are replaced by lines of the new one; either may be none. */
type Edit = {
  readonly oldBegin: number;
  readonly oldEnd: number;
  readonly newBegin: number;
  readonly newEnd: number;
};

type Sides = { readonly old: readonly string[]; readonly new: readonly string[] };

/** The diff that makes the new text of the old one; empty where they are equal. */
export function diffText(before: string, after: string, options: TextDiffOptions): string {
  if (before === after) return '';
  const { names, contextLines = 3, budget = { steps: diffLimits.steps } } = options;
  const sides = { old: splitLines(before), new: splitLines(after) };
  const hunks = groupEdits(findEdits(sides, budget), contextLines);
  const body = hunks.map((edits) => formatHunk(edits, sides, contextLines)).join('');
  return `--- ${oneLine(names.before)}\n+++ ${oneLine(names.after)}\n${body}`;
}

/** Lines with the break that ends them, which the last one may lack. */
function splitLines(text: string): readonly string[] {
  return text === '' ? [] : (text.match(/[^\n]*\n|[^\n]+$/gu) ?? []);
}

function oneLine(name: string): string {
  return name.replaceAll(/\p{Cc}/gu, '\u{FFFD}');
}

function findEdits(sides: Sides, budget: { steps: number }): readonly Edit[] {
  const shortest = Math.min(sides.old.length, sides.new.length);
  let begin = 0;
  while (begin < shortest && sides.old[begin] === sides.new[begin]) begin += 1;
  let end = 0;
  while (end < shortest - begin && sides.old.at(-1 - end) === sides.new.at(-1 - end)) end += 1;
  const middle = {
    old: sides.old.slice(begin, sides.old.length - end),
    new: sides.new.slice(begin, sides.new.length - end),
  };
  const pairs = matchLines(middle, budget) ?? [];
  const edits: Edit[] = [];
  let [oldAt, newAt] = [0, 0];
  for (const [oldLine, newLine] of [...pairs, [middle.old.length, middle.new.length] as const]) {
    if (oldLine > oldAt || newLine > newAt) {
      edits.push({
        oldBegin: begin + oldAt,
        oldEnd: begin + oldLine,
        newBegin: begin + newAt,
        newEnd: begin + newLine,
      });
    }
    [oldAt, newAt] = [oldLine + 1, newLine + 1];
  }
  return edits;
}

type Pair = readonly [oldLine: number, newLine: number];

/** Pairs of equal lines, as many as possible, or undefined where that takes too long (Myers 1986, greedy). */
function matchLines({ old, new: fresh }: Sides, budget: { steps: number }): readonly Pair[] | undefined {
  const [height, width] = [old.length, fresh.length];
  if (height === 0 || width === 0) return [];
  const lineNumbers = numberLines(old, fresh);
  const most = Math.min(height + width, diffLimits.edits);
  const reach = new Int32Array(2 * most + 3);
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits += 1) {
    trace.push(reach.slice(most + 1 - edits - 1, most + 1 + edits + 2));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const at = most + 1 + diagonal;
      const isDown =
        diagonal === -edits || (diagonal !== edits && entry(reach, at - 1) < entry(reach, at + 1));
      let x = isDown ? entry(reach, at + 1) : entry(reach, at - 1) + 1;
      const begin = x;
      while (x < height && x - diagonal < width && lineNumbers.old[x] === lineNumbers.new[x - diagonal])
        x += 1;
      budget.steps -= x - begin + 1;
      reach[at] = x;
      if (x >= height && x - diagonal >= width) return walkBack(trace, { height, width });
    }
    if (budget.steps <= 0) return undefined;
  }
  return undefined;
}

function entry(numbers: Int32Array, index: number): number {
  return numbers[index] ?? 0;
}

/** Equal numbers for equal lines, which are compared faster. */
function numberLines(
  old: readonly string[],
  fresh: readonly string[],
): { readonly old: Int32Array; readonly new: Int32Array } {
  const numbers = new Map<string, number>();
  const numberOf = (line: string): number => {
    const known = numbers.get(line) ?? numbers.size;
    numbers.set(line, known);
    return known;
  };
  return { old: Int32Array.from(old, numberOf), new: Int32Array.from(fresh, numberOf) };
}

/** The pairs along the shortest way, from what was reached with each number of edits. */
function walkBack(trace: readonly Int32Array[], size: { height: number; width: number }): readonly Pair[] {
  const pairs: Pair[] = [];
  let [x, y] = [size.height, size.width];
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const reach = trace[edits] ?? new Int32Array();
    const diagonal = x - y;
    const at = edits + 1 + diagonal;
    const isDown = diagonal === -edits || (diagonal !== edits && entry(reach, at - 1) < entry(reach, at + 1));
    const fromX = edits === 0 ? 0 : isDown ? entry(reach, at + 1) : entry(reach, at - 1);
    const fromY = edits === 0 ? 0 : fromX - (isDown ? diagonal + 1 : diagonal - 1);
    const [beginX, beginY] = edits === 0 ? [0, 0] : isDown ? [fromX, fromY + 1] : [fromX + 1, fromY];
    while (x > beginX && y > beginY) {
      x -= 1;
      y -= 1;
      pairs.push([x, y]);
    }
    [x, y] = [fromX, fromY];
  }
  return pairs.toReversed();
}

/** Edits whose context would touch stand in one hunk. */
function groupEdits(edits: readonly Edit[], contextLines: number): readonly (readonly Edit[])[] {
  const hunks: Edit[][] = [];
  for (const edit of edits) {
    const hunk = hunks.at(-1);
    const last = hunk?.at(-1);
    if (hunk !== undefined && last !== undefined && edit.oldBegin - last.oldEnd <= 2 * contextLines)
      hunk.push(edit);
    else hunks.push([edit]);
  }
  return hunks;
}

function formatHunk(edits: readonly Edit[], sides: Sides, contextLines: number): string {
  const [first, last] = [edits[0], edits.at(-1)];
  if (first === undefined || last === undefined) return '';
  const lead = Math.min(contextLines, first.oldBegin);
  const tail = Math.min(contextLines, sides.old.length - last.oldEnd);
  const oldRange = formatRange(first.oldBegin - lead, last.oldEnd + tail);
  const newRange = formatRange(first.newBegin - lead, last.newEnd + tail);
  const parts: string[] = [`@@ -${oldRange} +${newRange} @@\n`];
  let at = first.oldBegin - lead;
  for (const { oldBegin, oldEnd, newBegin, newEnd } of edits) {
    parts.push(formatLines(' ', sides.old.slice(at, oldBegin)));
    parts.push(formatLines('-', sides.old.slice(oldBegin, oldEnd)));
    parts.push(formatLines('+', sides.new.slice(newBegin, newEnd)));
    at = oldEnd;
  }
  parts.push(formatLines(' ', sides.old.slice(at, at + tail)));
  return parts.join('');
}

/** First line from 1 and count; of no lines it is the line before. */
function formatRange(begin: number, end: number): string {
  return begin === end ? `${begin},0` : `${begin + 1},${end - begin}`;
}

function formatLines(mark: string, lines: readonly string[]): string {
  return lines
    .map((line) =>
      line.endsWith('\n') ? `${mark}${line}` : `${mark}${line}\n\\ No newline at end of file\n`,
    )
    .join('');
}

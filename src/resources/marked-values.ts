// Edits of values in YAML and JSON, of those that a comment at the end of their line marks and of those at given places,
// that leave every other byte of the file as it was: people review what a machine has edited, and a diff of a formatter's taste hides what matters.
import { isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml';
import { ResourceError, type ResourceLocation } from '../errors.ts';
import { readDocuments, type ReadDocument } from './documents.ts';

export type MarkedValue = {
  readonly value: string;
  /** The comment's text, without `#` and the blanks around it. */
  readonly comment: string;
  readonly location: ResourceLocation;
};

/** What is to stand in place of a marked value; undefined where it is to stay. */
export type ChooseValue = (marked: MarkedValue) => string | undefined;

export type EditedFile = {
  readonly bytes: Uint8Array;
  readonly problems: readonly ResourceError[];
};

type Edit = {
  readonly line: number;
  readonly column: number;
  readonly old: string;
  readonly fresh: string;
};

/** Text that no YAML reader takes for anything else than text, or for a comment, wherever it stands. */
const plainText = /^[A-Za-z0-9][\w./@-]*(?::[\w./@-]+)*$/u;
const looksOtherwise =
  /^(?:\d[\d_]*(?:\.[\d_]*)?(?:e[+-]?\d+)?|0[xob][\da-f_]+|\d+(?::\d+)+|\d{4}-\d\d?-\d\d?|true|false|yes|no|on|off|y|n|null)$/iu;

/**
 * Asks for each marked value of a file and puts in what is chosen. Quotes stay; a value gets some where it would else be
 * read as a number or the like.
 */
export function editMarkedValues(file: string, bytes: Uint8Array, choose: ChooseValue): EditedFile {
  const { documents, problems } = readDocuments(file, bytes);
  const found: ResourceError[] = [...problems];
  const edits: Edit[] = [];
  // Offsets count in a text with other line ends; lines and columns are those of the bytes, too.
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  for (const document of documents) {
    for (const scalar of scalarsOf(document.root)) {
      const marked = readMarked(scalar, document, lines);
      const fresh = marked === undefined ? undefined : choose(marked);
      if (marked === undefined || fresh === undefined || fresh === marked.value) continue;
      const edit = editOf(scalar, marked, { fresh, lines });
      if (edit instanceof ResourceError) found.push(edit);
      else edits.push(edit);
    }
  }
  return { bytes: apply(bytes, lines, edits), problems: found };
}

/** Puts texts in place of others, each of which begins at its place. */
export function editTexts(
  bytes: Uint8Array,
  wanted: readonly { readonly location: ResourceLocation; readonly value: string; readonly fresh: string }[],
): EditedFile {
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  const edits: Edit[] = [];
  const problems: ResourceError[] = [];
  for (const { location, value, fresh } of wanted) {
    const { line = 1, column = 1 } = location;
    const at = column - 1 + (lines[line - 1]?.length ?? 0) - bareLine(lines, line - 1).length;
    const rest = lines[line - 1]?.slice(at) ?? '';
    const quote = ['"', "'", ''].find((one) => isWrittenSo(rest, `${one}${value}${one}`));
    if (quote === undefined || !plainText.test(fresh)) {
      const message = 'a text that is replaced must be plain or quoted text on one line, without escapes';
      problems.push(new ResourceError('RESOURCE_INVALID', message, location));
    } else if (!edits.some((edit) => edit.line === line - 1 && edit.column === at)) {
      edits.push({
        line: line - 1,
        column: at,
        old: `${quote}${value}${quote}`,
        fresh: `${quote}${fresh}${quote}`,
      });
    }
  }
  return { bytes: apply(bytes, lines, edits), problems };
}

function isWrittenSo(rest: string, written: string): boolean {
  return rest.startsWith(written) && /^(?:[\s,\]}]|$)/u.test(rest.slice(written.length));
}

function apply(bytes: Uint8Array, lines: readonly string[], edits: readonly Edit[]): Uint8Array {
  if (edits.length === 0) return bytes;
  const edited = [...lines];
  // From the end of each line on, so that columns before stay right.
  for (const { line, column, old, fresh } of edits.toSorted((a, b) => b.column - a.column)) {
    const text = edited[line] ?? '';
    edited[line] = `${text.slice(0, column)}${fresh}${text.slice(column + old.length)}`;
  }
  return Buffer.from(edited.join('\n'));
}

/** Values, not keys, in the text's order. Nodes behind aliases stand once. */
function scalarsOf(root: Node): readonly Scalar[] {
  const found: Scalar[] = [];
  const open: unknown[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isScalar(node)) found.push(node);
    else if (isSeq(node)) open.push(...node.items.toReversed());
    else if (isMap(node))
      open.push(
        ...node.items
          .map(({ value }) => value ?? undefined)
          .toReversed()
          .filter((value) => value !== undefined),
      );
  }
  return found;
}

function readMarked(
  scalar: Scalar,
  { locate }: ReadDocument,
  lines: readonly string[],
): MarkedValue | undefined {
  const { line = 0, column = 0 } = locate(scalar.range?.[1]);
  const rest = bareLine(lines, line - 1).slice(column - 1);
  const comment = /^[ \t]+#[ \t]*(.*?)[ \t\r]*$/u.exec(rest)?.[1];
  if (comment === undefined) return undefined;
  // Numbers are read as such: their text is what was written.
  return { value: String(scalar.source ?? scalar.value), comment, location: locate(scalar.range?.[0]) };
}

function editOf(
  scalar: Scalar,
  { value, location }: MarkedValue,
  { fresh, lines }: { readonly fresh: string; readonly lines: readonly string[] },
): Edit | ResourceError {
  const [begin, end] = scalar.range ?? [0, 0];
  const { line = 1, column = 1 } = location;
  const text = lines[line - 1] ?? '';
  const at = column - 1 + (text.length - bareLine(lines, line - 1).length);
  const old = text.slice(at, at + end - begin);
  const quote = quoteOf(old, value);
  if (quote === undefined || !plainText.test(fresh)) {
    const message = 'a marked value must be plain or quoted text on one line, without escapes';
    return new ResourceError('RESOURCE_INVALID', message, location);
  }
  const mark = quote === '' && looksOtherwise.test(fresh) ? '"' : quote;
  return { line: line - 1, column: at, old, fresh: `${mark}${fresh}${mark}` };
}

/** The quotes of a value as it is written; undefined where more than quotes differs. */
function quoteOf(written: string, value: string): string | undefined {
  return ['', '"', "'"].find((quote) => written === `${quote}${value}${quote}`);
}

/** A line without a byte order mark, in which columns count. */
function bareLine(lines: readonly string[], index: number): string {
  const line = lines[index] ?? '';
  return index === 0 ? line.replace(/^\u{feff}/u, '') : line;
}

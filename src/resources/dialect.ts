// Text that libyaml, kubectl's parser, refuses or reads otherwise than YAML 1.2, which npm's parser follows. It is
// refused with what to write instead; JSON needs none of this, since kubectl reads it as JSON.
import { isMap, isPair, isScalar, isSeq, Scalar, type Node } from 'yaml';

/** A node of a document, and what stands around it. */
export type Spot = {
  readonly node: unknown;
  readonly text: string;
  readonly isInFlow: boolean;
  readonly isKey: boolean;
  /** The collection that it stands in. */
  readonly parent: unknown;
};

/** libyaml gives up on a key without `?` that is longer, its anchor included. */
const keyLength = 1000;
type Range = readonly [begin: number, end: number, ...unknown[]];

/** How far a tab's line is looked back from. */
const lookBehind = 200;
const escape = /\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\s\S]))/gu;

/** Why kubectl would not read this node as its text says, or undefined. */
export function findDialectProblem(spot: Spot): string | undefined {
  const { node, isKey } = spot;
  if (isPair(node) || !isScalar(node) || !node.range) return undefined;
  const problem = findScalarProblem(spot, node, node.range);
  return problem ?? (isKey ? findKeyProblem(spot, node) : undefined);
}

function findScalarProblem(spot: Spot, node: Scalar, [begin, end]: Range): string | undefined {
  const { text, isInFlow } = spot;
  const source = text.slice(begin, end);
  if (node.type === Scalar.QUOTE_DOUBLE) return findEndProblem(source, '\\') ?? findEscapeProblem(source);
  if (node.type === Scalar.QUOTE_SINGLE) return findEndProblem(source, "'");
  if (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED) {
    return findBlockProblem(text, begin, end);
  }
  if (node.tag !== undefined && source === '') return 'tag stands before nothing; write "" behind it';
  return isInFlow ? findFlowProblem(source, text, end) : findIndentProblem(spot, source);
}

/** npm's parser takes some lines for more of a text though they are not indented more than what it stands in. */
function findIndentProblem({ text, parent }: Spot, source: string): string | undefined {
  if (!source.includes('\n') || (!isMap(parent) && !isSeq(parent)) || !parent.range) return undefined;
  const [begin] = parent.range;
  const column = begin - (text.lastIndexOf('\n', begin - 1) + 1);
  const isIndented = [...source.matchAll(/\n( *)[^ \n]/gu)].every(
    ([, spaces = '']) => spaces.length > column,
  );
  return isIndented ? undefined : 'text goes on in a line that is not indented; quote it';
}

/** npm's parser takes an escaped quote for the end where the next line is indented too little. */
function findEndProblem(source: string, escapedBy: string): string | undefined {
  let before = source.length - 1;
  while (before > 1 && source[before - 1] === escapedBy) before -= 1;
  const isEscaped = (source.length - 1 - before) % 2 === 1;
  return isEscaped ? 'quoted text goes on in a line that is not indented' : undefined;
}

function findBlockProblem(text: string, begin: number, end: number): string | undefined {
  const source = text.slice(begin, end);
  if (!/^[|>][-+]?[0-9]/u.test(source)) return undefined;
  let behind = end;
  while (/\s/u.test(text[behind] ?? '')) behind += 1;
  const lastBreak = text.lastIndexOf('\n', behind);
  const trailing = text.slice(begin + source.trimEnd().length, behind < text.length ? lastBreak + 1 : behind);
  // npm's parser drops these spaces.
  const isDropped = trailing.slice(trailing.indexOf('\n') + 1).includes(' ');
  return isDropped ? 'block with an indentation indicator ends in lines of spaces' : undefined;
}

function findEscapeProblem(source: string): string | undefined {
  for (const { 0: whole, 1: short, 2: long, 3: other, index } of source.matchAll(escape)) {
    if (other === '\n' && /^[ \t]*\n/u.test(source.slice(index + whole.length, index + keyLength))) {
      return 'escaped end of a line stands before an empty line, which kubectl reads as a break';
    }
    if (other === '/') return 'kubectl knows no escape \\/; write / alone';
    const code = Number.parseInt(short ?? long ?? '0', 16);
    if (code >= 0xd800 && code <= 0xdfff) {
      return 'kubectl knows no escaped surrogate pairs; write the character itself, or \\U and eight digits';
    }
  }
  return undefined;
}

function findFlowProblem(source: string, text: string, end: number): string | undefined {
  if (/^:|\?/u.test(source)) return 'text with ? or with : in front must be quoted within [] or {}';
  const colon = /[ \t]*:\S/uy;
  colon.lastIndex = end;
  return colon.test(text) ? 'key within {} needs a space behind its colon' : undefined;
}

function findKeyProblem({ text, isInFlow }: Spot, { range, anchor = '' }: Scalar): string | undefined {
  if (!range) return undefined;
  const [begin, end] = range;
  const behind = isInFlow ? /[ \t]*([:,\]}\n]|$)/uy : /[ \t]*(:(?=\s))/uy;
  behind.lastIndex = end;
  const next = behind.exec(text)?.[1];
  if (next === ':') {
    if (end - begin + anchor.length > keyLength) return `key has more than ${keyLength} characters`;
    return text.slice(begin, end).includes('\n') ? 'key has more than one line' : undefined;
  }
  if (isInFlow && (next === ',' || next === ']' || next === '}')) return undefined;
  return 'key has no colon on its line; keys with ? are not supported';
}

/** Where a tab indents something, which libyaml takes in few places. */
const tabbedLine = /^ *(?:[-?:] +)*(?:[-?:] *)?\t/gmu;

/** Offset of a tab that libyaml refuses, or undefined. `spans` are nodes that stand by themselves, in their order. */
export function findBadTab(text: string, spans: readonly Node[]): number | undefined {
  let next = 0;
  let allows = (_tab: number): boolean => false;
  for (const { 0: lead, index } of text.matchAll(tabbedLine)) {
    const tab = index + lead.length - 1;
    const known = next;
    while (endOf(spans[next]) <= tab) next += 1;
    const span = spans[next];
    if (span === undefined || !span.range || span.range[0] >= tab) return tab;
    if (next !== known || next === 0) allows = tabRuleOf(text, span);
    if (!allows(tab)) return tab;
  }
  return undefined;
}

function endOf(node: Node | undefined): number {
  return node === undefined ? Infinity : (node.range?.[1] ?? 0);
}

/** Whether a node's lines are not judged by the rules of indentation around it. */
export function isTabSpan(node: unknown): node is Node {
  if (isMap(node) || isSeq(node)) return node.flow === true;
  return isScalar(node) && node.type !== Scalar.PLAIN;
}

function isBlockScalar(node: Node): node is Scalar {
  return isScalar(node) && (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED);
}

/** Which tabs in front of a line's text a node may have. */
function tabRuleOf(text: string, span: Node): (tab: number) => boolean {
  if (isBlockScalar(span)) return blockRuleOf(text, span);
  if (isScalar(span)) return () => true;
  // Behind plain text a tab could still belong to it.
  return (tab) => {
    const lineBegin = text.lastIndexOf('\n', tab) + 1;
    return /[[\]{},:"']\s*$/u.test(text.slice(Math.max(0, lineBegin - lookBehind), lineBegin));
  };
}

/** Tabs are text behind the block's indentation, which its first line with text shows. */
function blockRuleOf(text: string, { range }: Scalar): (tab: number) => boolean {
  if (!range || /^[|>][-+]?[0-9]/u.test(text.slice(range[0], range[0] + 3))) return () => false;
  const shown = /\n( *)[^ \n]/gu;
  shown.lastIndex = range[0];
  const first = shown.exec(text);
  if (first === null) return () => false;
  const [firstBegin, indent] = [first.index + 1, first[1]?.length ?? 0];
  return (tab) => {
    const lineBegin = text.lastIndexOf('\n', tab) + 1;
    const spaces = text.slice(lineBegin, tab).search(/[^ ]|$/u);
    return lineBegin > firstBegin && spaces >= indent;
  };
}

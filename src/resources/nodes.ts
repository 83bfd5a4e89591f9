// What must hold of a document's nodes before they are read: depth, keys that all readers read alike, known tags and
// anchors. Aliases find their nodes here, in the order of the text, as kubectl's parser does it.
import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Scalar } from 'yaml';
import { resourceLimits } from '../limits.ts';
import { findBadTab, findDialectProblem, isTabSpan } from './dialect.ts';
import { isIntegerText } from './kubernetes-schema.ts';

/** Something in a document that is refused, and where it stands; keys may be named, values and what may be one not. */
export class NodeError extends Error {
  readonly code: 'YAML_INVALID' | 'RESOURCE_LIMIT';
  readonly offset: number | undefined;

  constructor(code: NodeError['code'], message: string, node: unknown) {
    super(message);
    this.code = code;
    this.offset = offsetOf(node);
  }
}

/** Where a node begins, if it is one that stands in the text. */
export function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Whether a value is a node of the text; the library's own question is true of collections without one, too. */
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'range' in value;
}

/** Which node each alias stands for. */
export type Aliases = ReadonlyMap<Alias, Node>;

const tagPrefix = 'tag:yaml.org,2002:';
const knownTags: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `${tagPrefix}${name}`),
);
/** What libyaml takes for the name of an anchor. */
const anchorName = /^[0-9A-Za-z_-]+$/u;

/** A merge key as kubectl knows it: plain, and without a tag. */
export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN' && key.tag === undefined;
}

type Visit = {
  readonly node: unknown;
  readonly depth: number;
  readonly isInFlow: boolean;
  readonly isKey: boolean;
  readonly parent: unknown;
};

/**
 * Looks at every node once, without recursion, so that a deep document can't exhaust the stack. `text` is the
 * document's; without it the document is JSON.
 * @throws NodeError
 */
export function inspectNodes(root: Node, text: string | undefined): Aliases {
  const aliases = new Map<Alias, Node>();
  const anchors = new Map<string, Node>();
  const spans: Node[] = [];
  const open: Visit[] = [{ node: root, depth: 1, isInFlow: false, isKey: false, parent: undefined }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    if (depth > resourceLimits.depth) {
      const message = `document is nested deeper than ${resourceLimits.depth} levels`;
      throw new NodeError('RESOURCE_LIMIT', message, root);
    }
    if (isAlias(node)) {
      aliases.set(node, findAnchor(node, anchors));
      continue;
    }
    inspectMarks(node, anchors);
    if (text !== undefined) {
      const problem = findDialectProblem({ ...next, text });
      if (problem !== undefined) throw new NodeError('YAML_INVALID', problem, node);
      if (!next.isInFlow && isTabSpan(node)) spans.push(node);
    }
    // Not spread into arguments, of which a call takes only so many.
    for (const visit of visitsBelow(next)) open.push(visit);
  }
  inspectTabs(text, spans);
  return aliases;
}

/** The nodes in a collection, the last one first, since the list of those to visit is taken from its end. */
function visitsBelow({ node, depth, isInFlow }: Visit): readonly Visit[] {
  if (!isSeq(node) && !isMap(node)) return [];
  const below = { parent: node, depth: depth + 1, isInFlow: isInFlow || node.flow === true };
  if (isSeq(node)) return node.items.map((item) => ({ ...below, node: item, isKey: false })).toReversed();
  inspectKeys(node.items.map(({ key }) => key));
  return node.items
    .flatMap(({ key, value }) => [
      { ...below, node: key, isKey: true },
      { ...below, node: value, isKey: false },
    ])
    .toReversed();
}

function inspectTabs(text: string | undefined, spans: readonly Node[]): void {
  const tab = text?.includes('\t') === true ? findBadTab(text, spans) : undefined;
  if (tab === undefined) return;
  throw new NodeError('YAML_INVALID', 'tab stands where lines are indented; use spaces', { range: [tab] });
}

function findAnchor(alias: Alias, anchors: ReadonlyMap<string, Node>): Node {
  const found = anchors.get(alias.source);
  if (found !== undefined) return found;
  throw new NodeError('YAML_INVALID', 'alias has no anchor before it; quote the text if it is none', alias);
}

function inspectMarks(node: unknown, anchors: Map<string, Node>): void {
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return;
  const { tag, anchor } = node;
  if (tag !== undefined && !knownTags.has(tag)) {
    throw new NodeError('YAML_INVALID', 'tag is not known; quote the text if it is none', node);
  }
  if (anchor === undefined) return;
  if (!anchorName.test(anchor)) {
    const message = 'anchor has other characters than letters, digits, _ and -';
    throw new NodeError('YAML_INVALID', message, node);
  }
  anchors.set(anchor, node);
}

function inspectKeys(keys: readonly unknown[]): void {
  const seen = new Set<string>();
  for (const key of keys) {
    const text = isMergeKey(key) ? '<< of a merge' : keyText(key);
    if (seen.has(text)) {
      const message = `key ${JSON.stringify(text.slice(0, 100))} stands in the map twice`;
      throw new NodeError('YAML_INVALID', message, key);
    }
    seen.add(text);
  }
}

/**
 * A key as JSON has it: `1` and "1" are one key.
 * @throws NodeError for what readers would write differently
 */
export function keyText(key: unknown): string {
  if (!isScalar(key)) throw new NodeError('YAML_INVALID', 'key is not plain text', key);
  const problem = keyProblem(key);
  if (problem !== undefined) throw new NodeError('YAML_INVALID', problem, key);
  return String(key.value);
}

function keyProblem({ value, source, tag }: Scalar): string | undefined {
  if (tag !== undefined) return 'key has a tag';
  if (value === null) return 'key is null; quote it';
  // kubectl rounds them to 32 bits.
  if (typeof value === 'number' && !isIntegerText(source ?? '')) return 'key is a broken number; quote it';
  return value === '__proto__' ? 'key __proto__ is not allowed' : undefined;
}

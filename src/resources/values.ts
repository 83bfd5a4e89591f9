// A document's nodes to the value that kubectl reads: merge keys taken over in the order of the text, aliases
// expanded within a bound.
import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Scalar, type YAMLMap } from 'yaml';
import { resourceLimits } from '../limits.ts';
import { inspectNodes, isMergeKey, keyText, NodeError, type Aliases } from './nodes.ts';

/** A value that JSON has. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

type Reading = {
  readonly aliases: Aliases;
  /** Anchored nodes that are being read, since one may contain itself. */
  readonly open: Set<Node>;
  depth: number;
  /** What the aliases have added so far. */
  aliasWeight: number;
};

/** A member of a map: whether its key is text or a number matters to kubectl, which merges by both. */
type Member = { readonly value: Value; readonly keyType: string };

/**
 * The value of a document; its text is needed where it is YAML.
 * @throws NodeError
 */
export function readNodes(root: Node, text: string | undefined): Value {
  return readNode(root, { aliases: inspectNodes(root, text), open: new Set(), depth: 0, aliasWeight: 0 });
}

function readNode(node: unknown, reading: Reading): Value {
  addWeight(node, reading);
  if (isAlias(node)) return expand(node, reading, (target) => readNode(target, reading));
  return deeper(node, reading, () => readKind(node, reading));
}

function deeper<T>(node: unknown, reading: Reading, read: () => T): T {
  reading.depth += 1;
  if (reading.depth > resourceLimits.depth) {
    throw new NodeError('RESOURCE_LIMIT', `aliases nest deeper than ${resourceLimits.depth} levels`, node);
  }
  const value = read();
  reading.depth -= 1;
  return value;
}

function readKind(node: unknown, reading: Reading): Value {
  if (isMap(node)) return toObject(readMembers(node, reading));
  if (isSeq(node)) return node.items.map((item) => readNode(item, reading));
  if (isScalar(node)) return readScalar(node);
  // The value of `{a}` has no node.
  return null;
}

/** Counts what stands in the text once and is read through an alias again. */
function addWeight(node: unknown, reading: Reading): void {
  if (reading.open.size === 0) return;
  reading.aliasWeight += resourceLimits.aliasNodeBytes;
  if (isScalar(node) && typeof node.value === 'string') reading.aliasWeight += node.value.length;
  if (reading.aliasWeight > resourceLimits.aliasBytes) {
    const message = `aliases of the document add more than ${resourceLimits.aliasBytes} bytes`;
    throw new NodeError('RESOURCE_LIMIT', message, node);
  }
}

function expand<T>(alias: Alias, reading: Reading, read: (target: Node) => T): T {
  const target = reading.aliases.get(alias);
  // Every alias has its node since the nodes were inspected; one within its own anchor has no end.
  if (target === undefined || reading.open.has(target)) {
    throw new NodeError('YAML_INVALID', 'alias stands within its own anchor', alias);
  }
  reading.open.add(target);
  const value = deeper(alias, reading, () => read(target));
  reading.open.delete(target);
  return value;
}

function readScalar(node: Scalar): Value {
  const { value } = node;
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw new NodeError('YAML_INVALID', 'text has half a surrogate pair', node);
  }
  if (
    value === null ||
    typeof value === 'boolean' ||
    typeof value === 'number' ||
    typeof value === 'string'
  ) {
    return value;
  }
  throw new NodeError('YAML_INVALID', 'value is none that JSON has', node);
}

function readMembers(map: YAMLMap, reading: Reading): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>();
  for (const { key, value } of map.items) {
    if (isMergeKey(key)) {
      for (const [text, member] of readMerge(value, reading)) {
        // kubectl lets the later one win, YAML the one that is not merged.
        if (members.has(text)) {
          const message = `merge brings key ${JSON.stringify(text.slice(0, 100))}, which stands before it; put << first`;
          throw new NodeError('YAML_INVALID', message, key);
        }
        members.set(text, member);
      }
      continue;
    }
    const text = keyText(key);
    addWeight(key, reading);
    const keyType = isScalar(key) ? typeof key.value : 'none';
    const merged = members.get(text);
    if (merged !== undefined && merged.keyType !== keyType) {
      throw new NodeError('YAML_INVALID', `key ${JSON.stringify(text)} is merged as another type`, key);
    }
    members.set(text, { value: readNode(value, reading), keyType });
  }
  return members;
}

/** What `<<` brings: a map, or several of which the first wins. */
function readMerge(source: unknown, reading: Reading): ReadonlyMap<string, Member> {
  if (!isSeq(source)) return readMergedMap(source, reading);
  const members = new Map<string, Member>();
  for (const item of source.items.toReversed()) {
    for (const [text, member] of readMergedMap(item, reading)) {
      const other = members.get(text);
      if (other !== undefined && other.keyType !== member.keyType) {
        throw new NodeError('YAML_INVALID', `key ${JSON.stringify(text)} is merged as another type`, item);
      }
      members.set(text, member);
    }
  }
  return members;
}

function readMergedMap(source: unknown, reading: Reading): ReadonlyMap<string, Member> {
  addWeight(source, reading);
  if (isMap(source)) return deeper(source, reading, () => readMembers(source, reading));
  if (!isAlias(source)) throw new NodeError('YAML_INVALID', 'merge takes a map or a list of maps', source);
  return expand(source, reading, (target) => {
    if (!isMap(target)) throw new NodeError('YAML_INVALID', 'merge takes a map or a list of maps', source);
    return readMembers(target, reading);
  });
}

function toObject(members: ReadonlyMap<string, Member>): Value {
  return Object.fromEntries([...members].map(([key, { value }]) => [key, value]));
}

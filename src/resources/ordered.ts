// A file's documents as trees that keep what plain values lose: the order of members, and how each scalar is written. For
// checksums over a document as its author's tool has read it.
import { isMap, isScalar, isSeq, Scalar } from 'yaml';
import type { ResourceError, ResourceLocation } from '../errors.ts';
import { readDocuments } from './documents.ts';
import { isMergeKey, keyText, NodeError, offsetOf } from './nodes.ts';

export type Tree =
  | { readonly kind: 'map'; readonly members: readonly (readonly [string, Tree])[] }
  | { readonly kind: 'list'; readonly items: readonly Tree[] }
  | {
      readonly kind: 'scalar';
      /** As kubectl reads it. */
      readonly value: null | boolean | number | string;
      /** As it is written, where it stands without quotes in YAML. */
      readonly plain: string | undefined;
    };

export type OrderedDocument = {
  /** Undefined where it has aliases or merges, or values that JSON has not. */
  readonly tree: Tree | undefined;
  readonly value: unknown;
  readonly location: ResourceLocation;
};

/** Reads the documents of a file. Never throws anything: what is wrong is in `problems`. */
export function readOrdered(
  file: string,
  bytes: Uint8Array,
): { readonly documents: readonly OrderedDocument[]; readonly problems: readonly ResourceError[] } {
  const { documents, problems } = readDocuments(file, bytes);
  return {
    problems,
    documents: documents.map(({ root, value, locate }) => ({
      tree: treeOf(root),
      value,
      location: locate(offsetOf(root)),
    })),
  };
}

function treeOf(node: unknown): Tree | undefined {
  try {
    return read(node);
  } catch (error) {
    if (error instanceof NodeError) return undefined;
    throw error;
  }
}

/** Depth was bounded where the document was read. */
function read(node: unknown): Tree {
  if (isMap(node)) {
    return {
      kind: 'map',
      members: node.items.map(({ key, value }) => {
        if (isMergeKey(key)) throw new NodeError('YAML_INVALID', 'merge has no order', key);
        return [keyText(key), read(value)] as const;
      }),
    };
  }
  if (isSeq(node)) return { kind: 'list', items: node.items.map(read) };
  if (node === null || node === undefined) return { kind: 'scalar', value: null, plain: '' };
  if (!isScalar(node)) throw new NodeError('YAML_INVALID', 'alias has no text of its own', node);
  const { value } = node;
  if (value !== null && typeof value !== 'boolean' && typeof value !== 'number' && typeof value !== 'string')
    throw new NodeError('YAML_INVALID', 'value is none that JSON has', node);
  const isPlain = node.type === Scalar.PLAIN && node.tag === undefined;
  return { kind: 'scalar', value, plain: isPlain ? (node.source ?? '') : undefined };
}

// A document's values in clear, and what the file's mac has of them: sops hashes values as its own YAML reader took them,
// which is not how kubectl reads them (`yes` is text there).
import type { Hash } from 'node:crypto';
import type { Tree } from '../../resources/ordered.ts';
import { decryptValue, formatBoolean, formatNumber, isEncryptedValue } from './cipher.ts';
import type { SopsMetadata } from './metadata.ts';

export type Reading = {
  readonly key: Buffer;
  readonly metadata: SopsMetadata;
  readonly hash: Hash;
  /** Texts that were encrypted. */
  readonly secrets: Set<string>;
};

/** A value that could not be decrypted; its path may be named. */
export class ValueError extends Error {
  readonly path: readonly string[];

  constructor(path: readonly string[]) {
    super('value can not be decrypted');
    this.path = path;
  }
}

/** Stands for a comment, which is no value. */
const comment = Symbol('comment');

/**
 * The value of a document without sops' own member, which no comment is a part of.
 * @throws ValueError
 */
export function decryptTree(tree: Tree, reading: Reading): unknown {
  if (tree.kind !== 'map') throw new ValueError([]);
  return readMap(
    tree.members.filter(([name]) => name !== 'sops'),
    [],
    reading,
  );
}

type Members = Extract<Tree, { kind: 'map' }>['members'];

function readMap(members: Members, path: readonly string[], reading: Reading): unknown {
  const entries = members.map(
    ([name, member]) => [name, readTree(member, [...path, name], reading)] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== comment));
}

function readTree(tree: Tree, path: readonly string[], reading: Reading): unknown {
  if (tree.kind === 'map') return readMap(tree.members, path, reading);
  // Items have the path of their list.
  if (tree.kind === 'list')
    return tree.items.map((item) => readTree(item, path, reading)).filter((value) => value !== comment);
  return readScalar(tree, path, reading);
}

type Leaf = Extract<Tree, { kind: 'scalar' }>;

function readScalar(leaf: Leaf, path: readonly string[], reading: Reading): unknown {
  const { metadata, hash, key, secrets } = reading;
  if (isNull(leaf)) return null;
  if (!metadata.isEncrypted(path)) {
    // Moved out of the rules, or the rules were changed: ciphertext is never applied as a value.
    if (isEncryptedValue(leaf.value)) throw new ValueError(path);
    if (!metadata.isMacOfEncrypted) hash.update(macBytesOf(leaf));
    return leaf.value;
  }
  // Empty text is not encrypted.
  if (leaf.value === '') return '';
  const found =
    typeof leaf.value === 'string' ? decryptValue(leaf.value, key, `${path.join(':')}:`) : undefined;
  if (found === undefined) throw new ValueError(path);
  hash.update(found.macBytes);
  if (found.value === undefined) return comment;
  secrets.add(String(found.value));
  return found.value;
}

function isNull({ value, plain }: Leaf): boolean {
  return value === null && (plain === undefined || plain === '' || /^(?:~|null|Null|NULL)$/u.test(plain));
}

const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/u;
const integer = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/u;
const date = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/u;

/** A value as the author's sops read it: in YAML what is written, in JSON what it is. */
function macBytesOf({ value, plain }: Leaf): string {
  if (plain === undefined) return typeof value === 'number' ? formatNumber(value) : formatOther(value);
  if (/^(?:true|True|TRUE)$/u.test(plain)) return formatBoolean(true);
  if (/^(?:false|False|FALSE)$/u.test(plain)) return formatBoolean(false);
  const bare = plain.replaceAll('_', '');
  if (typeof value === 'number' && (integer.test(bare) || float.test(bare))) return formatNumber(value);
  if (date.test(plain)) return `${plain}T00:00:00Z`;
  return typeof value === 'string' ? value : plain;
}

function formatOther(value: boolean | string | null): string {
  return typeof value === 'boolean' ? formatBoolean(value) : (value ?? '');
}

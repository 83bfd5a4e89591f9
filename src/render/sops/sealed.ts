// Whether a document is encrypted throughout, as far as that can be told without a key: for publish, where no value may
// stand in clear that was meant to be encrypted.
import type { Tree } from '../../resources/ordered.ts';
import { isEncryptedValue } from './cipher.ts';
import type { SopsDocument } from './decrypt.ts';
import { macOf, PatternLimitError, readRules } from './metadata.ts';

/** Whether something in it is encrypted, and nothing stands in clear where its rules encrypt. Keys of every kind will do. */
export function isSealed({ tree, value }: SopsDocument): boolean {
  const isEncrypted = readRules(value);
  if (tree === undefined || isEncrypted === undefined || !isEncryptedValue(macOf(value))) return false;
  const leaves = leavesOf(tree, []).filter(({ path }) => path[0] !== 'sops');
  try {
    return (
      leaves.some(({ leaf }) => isEncryptedValue(leaf)) &&
      leaves.every(({ leaf, path }) => isEmpty(leaf) || isEncryptedValue(leaf) || !isEncrypted(path))
    );
  } catch (error) {
    if (error instanceof PatternLimitError) return false;
    throw error;
  }
}

type Leaf = { readonly path: readonly string[]; readonly leaf: unknown };

function leavesOf(tree: Tree, path: readonly string[]): readonly Leaf[] {
  if (tree.kind === 'map') return tree.members.flatMap(([name, member]) => leavesOf(member, [...path, name]));
  if (tree.kind === 'list') return tree.items.flatMap((item) => leavesOf(item, path));
  return [{ path, leaf: tree.value }];
}

/** sops leaves these as they are. */
function isEmpty(value: unknown): boolean {
  return value === null || value === '';
}

// Kinds of a Delivery's objects that no watch tells of now: their drift is seen at the safety-net interval alone.
import type { ResourceKind } from '../../src/kube/discovery.ts';
import type { Keeper } from './keeper.ts';
import type { KindWatches } from './kind-watches.ts';
import type { Runtime } from './runtime.ts';

type Kind = Pick<ResourceKind, 'group' | 'kind'>;

type Parts = {
  readonly keeper: Pick<Keeper, 'get'>;
  readonly watches: Pick<KindWatches, 'isFollowed'>;
};

/** As `KIND.GROUP`, in one order. One that is told anew counts as watched: that passes by itself. */
export function unwatchedKinds(
  { keys }: Pick<Runtime, 'keys'>,
  { keeper, watches }: Parts,
): readonly string[] {
  const found = new Map<string, boolean>();
  for (const key of keys) {
    const kind = keeper.get(key)?.desired.kind;
    if (kind === undefined) continue;
    const name = nameOf(kind);
    if (!found.has(name)) found.set(name, watches.isFollowed(kind));
  }
  return [...found].flatMap(([name, isFollowed]) => (isFollowed ? [] : [name])).toSorted();
}

/** Whether a status is to be told anew: a kind that it calls unwatched is followed, or one of its objects' is no more. */
export function mustTell(
  { keys, unwatched }: Pick<Runtime, 'keys' | 'unwatched'>,
  kind: Kind,
  isFollowed: boolean,
): boolean {
  const isTold = unwatched.includes(nameOf(kind));
  return isFollowed || isTold ? isFollowed && isTold : keepsKind({ keys }, kind);
}

/** Whether objects of a kind are kept. */
export function keepsKind({ keys }: Pick<Runtime, 'keys'>, { group, kind }: Kind): boolean {
  const prefix = `${group}/${kind}/`;
  return [...keys].some((key) => key.startsWith(prefix));
}

function nameOf({ group, kind }: Kind): string {
  return `${kind}${group === '' ? '' : `.${group}`}`;
}

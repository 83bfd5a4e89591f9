// Strategic merge of a patch into an object: maps by members, lists of built-in kinds by the keys of their items, null
// and `$patch: delete` take away. Of custom kinds lists are replaced, which makes it a JSON merge patch (RFC 7396).
// https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
import { InputError } from '../errors.ts';
import type { Value } from '../resources/values.ts';
import { isList, isMap, memberOf, withMember, withoutMember, type ValueMap } from './edit.ts';
import { mergeKeysOf, replacedLists, unitedLists, type MergeKey } from './merge-keys.ts';

export type MergeOptions = {
  /** The kind, where it is one of Kubernetes' own: only their lists have keys. */
  readonly kind: string | undefined;
  /** For errors. */
  readonly where: string;
};

/**
 * The object with the patch merged in; undefined where the patch deletes it.
 * @throws InputError `INPUT_INVALID` for directives that are not known
 */
export function mergeStrategically(
  value: ValueMap,
  patch: ValueMap,
  options: MergeOptions,
): ValueMap | undefined {
  const directive = directiveOf(patch, options);
  if (directive === 'delete') return undefined;
  const merged = mergeMap(value, patch, options);
  return isMap(merged) ? merged : value;
}

function mergeMap(value: Value | undefined, patch: ValueMap, options: MergeOptions): Value {
  const isReplaced = directiveOf(patch, options) === 'replace';
  let merged: ValueMap = isReplaced || !isMap(value) ? {} : value;
  for (const [name, wanted] of Object.entries(patch)) {
    if (name === '$patch') continue;
    if (name.startsWith('$')) throw refusal(options, `${name} is not supported`);
    const isGone = wanted === null || (isMap(wanted) && directiveOf(wanted, options) === 'delete');
    merged = isGone
      ? withoutMember(merged, name)
      : withMember(merged, name, mergeMember(name, memberOf(merged, name), wanted, options));
  }
  return merged;
}

function mergeMember(name: string, value: Value | undefined, wanted: Value, options: MergeOptions): Value {
  if (isMap(wanted)) return mergeMap(value, wanted, options);
  if (!isList(wanted)) return wanted;
  return options.kind === undefined ? wanted : mergeList(name, isList(value) ? value : [], wanted, options);
}

function mergeList(
  name: string,
  items: readonly Value[],
  wanted: readonly Value[],
  options: MergeOptions,
): readonly Value[] {
  const directives = wanted.filter((item) => isMap(item) && isDirective(item));
  const isReplaced = directives.some((item) => isMap(item) && directiveOf(item, options) === 'replace');
  const rest = wanted.filter((item) => !directives.includes(item));
  if (isReplaced) return rest.map((item) => plain(item, options));
  if (unitedLists.has(name) && rest.every((item) => typeof item === 'string'))
    return [...new Set([...items, ...rest])];
  const isReplacedWhole = replacedLists.has(`${options.kind ?? ''}.${name}`);
  const keys = mergeKeysOf(isReplacedWhole ? '' : name, (choice) =>
    [...items, ...rest].every((item) => isMap(item) && choice.every((key) => keyIn(item, key) !== undefined)),
  );
  if (keys === undefined) return rest.map((item) => plain(item, options));
  return mergeKeyed(items, rest, { keys, options });
}

/** What is patched comes first, as in kustomize; with several keys only what is new does, and the rest stays at its place. */
function mergeKeyed(
  items: readonly Value[],
  wanted: readonly Value[],
  { keys, options }: { readonly keys: readonly MergeKey[]; readonly options: MergeOptions },
): readonly Value[] {
  const idOf = (item: Value): string => JSON.stringify(keys.map((key) => keyIn(item, key)));
  const left = new Map(items.map((item) => [idOf(item), item]));
  const merged = new Map<string, Value>();
  for (const item of wanted) {
    if (!isMap(item)) continue;
    const id = idOf(item);
    const isGone = directiveOf(item, options) === 'delete';
    if (!isGone) merged.set(id, mergeMap(merged.get(id) ?? left.get(id), item, options));
    if (isGone || keys.length === 1) left.delete(id);
  }
  if (keys.length === 1) return [...merged.values(), ...left.values()];
  const kept = [...left].map(([id, item]) => merged.get(id) ?? item);
  return [...[...merged].filter(([id]) => !left.has(id)).map(([, item]) => item), ...kept];
}

function keyIn(item: Value, { name, usual }: MergeKey): Value | undefined {
  return memberOf(item, name) ?? usual;
}

/** Without directives and nulls: what there is nothing to merge into. */
function plain(value: Value, options: MergeOptions): Value {
  return isMap(value) ? mergeMap(undefined, value, options) : value;
}

/** An item that is nothing but a directive is about its list. */
function isDirective(item: ValueMap): boolean {
  return Object.keys(item).length === 1 && Object.hasOwn(item, '$patch');
}

function directiveOf(patch: ValueMap, options: MergeOptions): 'merge' | 'replace' | 'delete' {
  const directive = memberOf(patch, '$patch') ?? 'merge';
  if (directive === 'merge' || directive === 'replace' || directive === 'delete') return directive;
  throw refusal(options, `$patch: ${JSON.stringify(directive)} is none of merge, replace, delete`);
}

function refusal({ where }: MergeOptions, message: string): InputError {
  return new InputError('INPUT_INVALID', `${where}: ${message}`);
}

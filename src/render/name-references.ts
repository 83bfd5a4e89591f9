// References to objects that have another name or namespace now: the object that a reference meant is found by a name
// that it had, as kustomize finds it, and its new name is written.
import { InputError } from '../errors.ts';
import type { ClusterScope } from '../resources/scope.ts';
import { kindOf, nameOf, type BuiltObject, type ObjectKind, type ObjectName } from './built-object.ts';
import { changeAt, changeItems, isList, isMap, memberOf, textOf, withMember, type ValueMap } from './edit.ts';
import { references, type KindPattern, type Reference } from './reference-table.ts';
import type { Value } from '../resources/values.ts';

/** An object that others may refer to. */
type Candidate = {
  readonly kind: ObjectKind;
  /** What it is called now. */
  readonly now: ObjectName;
  readonly former: readonly ObjectName[];
  /** Its namespace as it is written now, empty where none is. */
  readonly written: string;
  readonly isClusterScoped: boolean;
};

type Index = ReadonlyMap<string, readonly Candidate[]>;

const byReferrer: ReadonlyMap<string, readonly Reference[]> = Map.groupBy(
  references,
  ({ referrer }) => referrer.kind,
);

/**
 * The objects with their references following.
 * @throws InputError `INPUT_INVALID` where a reference could mean several objects whose names differ
 */
export function followNames(
  objects: readonly BuiltObject[],
  isClusterScoped: ClusterScope,
): readonly BuiltObject[] {
  const index = indexByFormerName(objects, isClusterScoped);
  if (index.size === 0) return objects;
  return objects.map((object) => {
    const kind = kindOf(object.value);
    const own = (byReferrer.get(kind.kind) ?? []).filter(({ referrer }) => matches(kind, referrer));
    if (own.length === 0) return object;
    const select = selectFrom(index, referrerOf(object.value, isClusterScoped));
    const value = own.reduce((value, reference) => follow(value, reference, select), object.value);
    return { ...object, value };
  });
}

function indexByFormerName(objects: readonly BuiltObject[], isClusterScoped: ClusterScope): Index {
  const index = new Map<string, Candidate[]>();
  for (const { value, former } of objects) {
    if (former.length === 0) continue;
    const kind = kindOf(value);
    const written = textOf(memberOf(value, 'metadata'), 'namespace');
    const scoped = isClusterScoped(kind);
    const candidate = {
      kind,
      former,
      written,
      now: nameOf(value, isClusterScoped),
      isClusterScoped: scoped,
    };
    for (const name of new Set(former.map((one) => one.name))) {
      const found = index.get(name);
      if (found === undefined) index.set(name, [candidate]);
      else found.push(candidate);
    }
  }
  return index;
}

function matches(kind: ObjectKind, pattern: KindPattern): boolean {
  return (
    kind.kind === pattern.kind &&
    (pattern.group === undefined || pattern.group === kind.group) &&
    (pattern.version === undefined || pattern.version === kind.version)
  );
}

type Referrer = {
  readonly isClusterScoped: boolean;
  readonly namespace: string;
  readonly label: string;
  /** Namespaces of accounts that a role binding names, which need not be its own. */
  readonly accountNamespaces: ReadonlySet<string>;
  readonly role: { readonly group: string; readonly kind: string } | undefined;
};

function referrerOf(value: ValueMap, isClusterScoped: ClusterScope): Referrer {
  const { kind, group } = kindOf(value);
  const { name, namespace } = nameOf(value, isClusterScoped);
  return {
    isClusterScoped: isClusterScoped({ kind, group }),
    namespace,
    label: `${kind} ${name}`,
    accountNamespaces: kind === 'RoleBinding' ? accountNamespacesOf(value) : new Set(),
    role: roleOf(memberOf(value, 'roleRef')),
  };
}

/** What a name means: the object; `namespace` is what a map says beside the name. */
type Select = (name: string, reference: Reference, namespace?: Value) => Candidate | undefined;

function follow(value: ValueMap, reference: Reference, select: Select): ValueMap {
  const rewriteOne = (found: Value): Value => rewrite(found, reference, select);
  const changed = changeAt(value, reference.path, (found) =>
    isList(found) ? changeItems(found, rewriteOne) : rewriteOne(found),
  );
  return isMap(changed) ? changed : value;
}

function rewrite(found: Value, reference: Reference, select: Select): Value {
  if (typeof found === 'string') return select(found, reference)?.now.name ?? found;
  const name = textOf(found, 'name');
  if (!isMap(found) || name === '') return found;
  const meant = select(name, reference, memberOf(found, 'namespace'));
  if (meant === undefined) return found;
  const renamed = withMember(found, 'name', meant.now.name);
  return meant.written === '' ? renamed : withMember(renamed, 'namespace', meant.written);
}

function selectFrom(index: Index, referrer: Referrer): Select {
  return (name, { target, path }, namespace) => {
    const isRole = path.at(-2) === 'roleRef';
    const reachable = (index.get(name) ?? []).filter(
      (candidate) =>
        matches(candidate.kind, target) &&
        (!isRole || isRoleOf(referrer, candidate)) &&
        canReach(referrer, candidate),
    );
    const candidates = namespace === undefined ? reachable : inNamespace(reachable, namespace);
    const [first, ...rest] = candidates;
    if (first === undefined) return undefined;
    const isMapped = path.at(-1) === 'subjects' || path.at(-1) === 'service';
    const isOther = (other: Candidate): boolean =>
      other.now.name !== first.now.name || (isMapped && other.written !== first.written);
    if (!rest.some(isOther)) return first;
    throw new InputError(
      'INPUT_INVALID',
      `${referrer.label} refers to ${target.kind} ${name}, which could be one of ${candidates.length} objects`,
      { hint: 'Give the reference a namespace, or the objects different names.' },
    );
  };
}

function isRoleOf({ role }: Referrer, { kind }: Candidate): boolean {
  return role === undefined || (kind.group === role.group && kind.kind === role.kind);
}

function canReach(referrer: Referrer, { isClusterScoped, now, kind, written }: Candidate): boolean {
  if (referrer.isClusterScoped || isClusterScoped || now.namespace === referrer.namespace) return true;
  return kind.kind === 'ServiceAccount' && referrer.accountNamespaces.has(written);
}

/** By the namespace that objects had first, else by the one that they have. */
function inNamespace(candidates: readonly Candidate[], namespace: Value): readonly Candidate[] {
  const first = candidates.filter(({ former }) => former[0]?.namespace === namespace);
  return first.length > 0 ? first : candidates.filter(({ now }) => now.namespace === namespace);
}

function roleOf(roleRef: Value | undefined): { readonly group: string; readonly kind: string } | undefined {
  const [group, kind] = [memberOf(roleRef, 'apiGroup'), memberOf(roleRef, 'kind')];
  return typeof group === 'string' && typeof kind === 'string' ? { group, kind } : undefined;
}

function accountNamespacesOf(value: ValueMap): ReadonlySet<string> {
  const subjects = memberOf(value, 'subjects');
  if (!isList(subjects)) return new Set();
  const accounts = subjects.filter((subject) => textOf(subject, 'kind') === 'ServiceAccount');
  return new Set(accounts.map((subject) => textOf(subject, 'namespace')).filter((name) => name !== ''));
}

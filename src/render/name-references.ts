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
    const referrer = new Referrer(object.value, index, isClusterScoped);
    const value = own.reduce((value, reference) => referrer.follow(value, reference), object.value);
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

class Referrer {
  readonly #index: Index;
  readonly #isClusterScoped: boolean;
  readonly #namespace: string;
  readonly #label: string;
  /** Namespaces of accounts that a role binding names, which need not be its own. */
  readonly #accountNamespaces: ReadonlySet<string>;
  readonly #role: { readonly group: string; readonly kind: string } | undefined;

  constructor(value: ValueMap, index: Index, isClusterScoped: ClusterScope) {
    const { kind, group } = kindOf(value);
    const { name, namespace } = nameOf(value, isClusterScoped);
    this.#index = index;
    this.#isClusterScoped = isClusterScoped({ kind, group });
    this.#namespace = namespace;
    this.#label = `${kind} ${name}`;
    this.#accountNamespaces = kind === 'RoleBinding' ? accountNamespacesOf(value) : new Set();
    this.#role = roleOf(memberOf(value, 'roleRef'));
  }

  /** @throws InputError */
  follow(value: ValueMap, reference: Reference): ValueMap {
    const changed = changeAt(value, reference.path, (found) => this.#rewrite(found, reference));
    return isMap(changed) ? changed : value;
  }

  #rewrite(found: Value, reference: Reference): Value {
    if (isList(found)) return changeItems(found, (item) => this.#rewriteOne(item, reference));
    return this.#rewriteOne(found, reference);
  }

  #rewriteOne(found: Value, reference: Reference): Value {
    if (typeof found === 'string') return this.#select(found, reference)?.now.name ?? found;
    const name = textOf(found, 'name');
    if (!isMap(found) || name === '') return found;
    const meant = this.#select(name, reference, memberOf(found, 'namespace'));
    if (meant === undefined) return found;
    const renamed = withMember(found, 'name', meant.now.name);
    return meant.written === '' ? renamed : withMember(renamed, 'namespace', meant.written);
  }

  /** The object that is meant; `namespace` is what a map says beside the name. */
  #select(name: string, { target, path }: Reference, namespace?: Value): Candidate | undefined {
    const isRole = path.at(-2) === 'roleRef';
    const reachable = (this.#index.get(name) ?? []).filter(
      (candidate) =>
        matches(candidate.kind, target) && (!isRole || this.#isRole(candidate)) && this.#canReach(candidate),
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
      `${this.#label} refers to ${target.kind} ${name}, which could be one of ${candidates.length} objects`,
      { hint: 'Give the reference a namespace, or the objects different names.' },
    );
  }

  #isRole({ kind }: Candidate): boolean {
    return this.#role === undefined || (kind.group === this.#role.group && kind.kind === this.#role.kind);
  }

  #canReach({ isClusterScoped, now, kind, written }: Candidate): boolean {
    if (this.#isClusterScoped || isClusterScoped || now.namespace === this.#namespace) return true;
    return kind.kind === 'ServiceAccount' && this.#accountNamespaces.has(written);
  }
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

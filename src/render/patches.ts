// `spec.patches`: strategic merge and JSON patches of objects, as in kustomize, before all else. What an object is
// called, and what rules it has, is not for patches.
import type { Patch } from '../api/delivery-transforms.ts';
import { InputError } from '../errors.ts';
import { patchLimits } from '../limits.ts';
import { readDocuments } from '../resources/documents.ts';
import type { ParsedResource } from '../resources/parse.ts';
import { formatIdentity, identityOf, type Resource, type ResourceIdentity } from '../resources/resource.ts';
import { isBuiltInGroup } from '../resources/scope.ts';
import type { Value } from '../resources/values.ts';
import { assertAcceptable } from './acceptable.ts';
import { toValue } from './build.ts';
import { kindOf } from './built-object.ts';
import { isList, isMap, memberOf, textOf, withMember, withoutMember, type ValueMap } from './edit.ts';
import { applyJsonPatch, parseJsonPatch } from './json-patch.ts';
import { compileTarget } from './object-target.ts';
import { assertForeign } from './own-names.ts';
import { mergeStrategically } from './strategic-merge.ts';

/** What one text of a patch does to an object; undefined takes it away. */
type Change = (value: ValueMap) => ValueMap | undefined;

type Compiled = {
  readonly where: string;
  readonly matches: (resource: Resource, identity: ResourceIdentity) => boolean;
  /** Whether it must find something, as it says itself what. */
  readonly mustMatch: boolean;
  readonly change: Change;
};

/**
 * The objects with all patches applied, one after the other.
 * @throws InputError `INPUT_INVALID` for patches that can't be read or applied, or make what no artifact may hold
 */
export function patchObjects(
  parsed: readonly ParsedResource[],
  patches: readonly Patch[] = [],
): readonly ParsedResource[] {
  return patches
    .flatMap((patch, index) => compilePatch(patch, `spec.patches[${index}]`))
    .reduce(applyPatch, parsed);
}

function applyPatch(parsed: readonly ParsedResource[], patch: Compiled): readonly ParsedResource[] {
  let isFound = false;
  const patched = parsed.flatMap((one): readonly ParsedResource[] => {
    const identity = identityOf(one.resource);
    if (!patch.matches(one.resource, identity)) return [one];
    isFound = true;
    const value = patch.change(toValue(one.resource));
    return value === undefined ? [] : [{ ...one, resource: toResource(one.resource, value, patch.where) }];
  });
  if (patch.mustMatch && !isFound)
    throw new InputError('INPUT_INVALID', `${patch.where} names an object that is not in the artifact`);
  return patched;
}

function toResource(before: Resource, value: ValueMap, where: string): Resource {
  const label = formatIdentity(identityOf(before));
  const [resource] = assertAcceptable([value]);
  if (
    resource === undefined ||
    formatIdentity(identityOf(resource)) !== label ||
    resource.apiVersion !== before.apiVersion
  )
    throw new InputError('INPUT_INVALID', `${where} changes what ${label} is called`);
  for (const member of ['labels', 'annotations'] as const) {
    const former = before.metadata[member] ?? {};
    const next = resource.metadata[member] ?? {};
    const names = new Set([...Object.keys(former), ...Object.keys(next)]);
    assertForeign(
      [...names].filter((name) => former[name] !== next[name]),
      where,
    );
  }
  return resource;
}

function compilePatch({ patch, target }: Patch, where: string): readonly Compiled[] {
  const { documents, problems } = readDocuments(where, Buffer.from(patch));
  const [problem] = problems;
  if (problem !== undefined)
    throw new InputError('INPUT_INVALID', `${where}.patch can't be read: ${problem.message}`, {
      cause: problem,
    });
  const matches = target === undefined ? undefined : compileTarget(target, `${where}.target`);
  const compiled = documents.map(({ value }) => compileDocument(value, { where, matches }));
  if (compiled.length > 0 && compiled.length <= patchLimits.documents) return compiled;
  throw new InputError(
    'INPUT_INVALID',
    `${where}.patch holds no patch, or more than ${patchLimits.documents}`,
  );
}

type Where = { readonly where: string; readonly matches: Compiled['matches'] | undefined };

function compileDocument(value: Value, { where, matches }: Where): Compiled {
  if (isList(value)) {
    if (matches === undefined)
      throw new InputError('INPUT_INVALID', `${where} is a list of operations, which needs a target`);
    const patch = parseJsonPatch(value, `${where}.patch`);
    const change: Change = (found) => {
      const patched = applyJsonPatch(withAnnotations(found), patch, where);
      return isMap(patched) ? withoutEmptyAnnotations(patched, found) : {};
    };
    return { where, matches, mustMatch: false, change };
  }
  if (!isMap(value)) throw new InputError('INPUT_INVALID', `${where}.patch is neither a map nor a list`);
  const change: Change = (found) => {
    const isBuiltIn = isBuiltInGroup(kindOf(found).group);
    const merged = mergeStrategically(found, value, {
      kind: isBuiltIn ? kindOf(found).kind : undefined,
      where,
    });
    return merged && withNames(merged, found);
  };
  return { where, matches: matches ?? namedBy(value, where), mustMatch: matches === undefined, change };
}

/** For operations an object always has a map of annotations, as in kustomize. */
function withAnnotations(value: ValueMap): ValueMap {
  const metadata = memberOf(value, 'metadata');
  if (!isMap(metadata) || isMap(memberOf(metadata, 'annotations'))) return value;
  return withMember(value, 'metadata', withMember(metadata, 'annotations', {}));
}

function withoutEmptyAnnotations(value: ValueMap, former: ValueMap): ValueMap {
  const metadata = memberOf(value, 'metadata');
  const annotations = memberOf(metadata, 'annotations');
  const hadThem = isMap(memberOf(memberOf(former, 'metadata'), 'annotations'));
  if (hadThem || !isMap(metadata) || !isMap(annotations) || Object.keys(annotations).length > 0) return value;
  return withMember(value, 'metadata', withoutMember(metadata, 'annotations'));
}

/** What a patch calls itself is at most how it finds its object. */
function withNames(value: ValueMap, former: ValueMap): ValueMap {
  const metadata = memberOf(value, 'metadata');
  const before = memberOf(former, 'metadata');
  const named = ['name', 'namespace'].reduce<ValueMap>(
    (map, name) => {
      const text = memberOf(before, name);
      if (text !== undefined) return withMember(map, name, text);
      return withoutMember(map, name);
    },
    isMap(metadata) ? metadata : {},
  );
  return ['apiVersion', 'kind'].reduce(
    (map, name) => withMember(map, name, textOf(former, name)),
    withMember(value, 'metadata', named),
  );
}

/** A strategic merge patch without a target is about the object that it names. */
function namedBy(patch: ValueMap, where: string): Compiled['matches'] {
  const { group, version, kind } = kindOf(patch);
  const metadata = memberOf(patch, 'metadata');
  const [name, namespace] = [textOf(metadata, 'name'), textOf(metadata, 'namespace')];
  if (kind === '' || name === '')
    throw new InputError('INPUT_INVALID', `${where} has no target, and its patch names no object`);
  return (_, identity) =>
    identity.group === group &&
    identity.version === version &&
    identity.kind === kind &&
    identity.name === name &&
    placeOf(identity.namespace) === placeOf(namespace);
}

/** An object that names no namespace counts as one of `default`, as in kustomize. */
function placeOf(namespace = ''): string {
  return namespace === '' ? 'default' : namespace;
}

// An object on its way through the transforms, with the names that it had: references of others still say those.
import { parseApiVersion } from '../resources/resource.ts';
import type { ClusterScope } from '../resources/scope.ts';
import { memberOf, textOf, withMember, isMap, type ValueMap } from './edit.ts';

export type ObjectName = { readonly name: string; readonly namespace: string };

export type BuiltObject = {
  readonly value: ValueMap;
  /** From the first one on. */
  readonly former: readonly ObjectName[];
};

export type ObjectKind = { readonly group: string; readonly version: string; readonly kind: string };

/** Stands for the namespace of objects that have none; no namespace can be named so. */
const noNamespace = '_non_namespaceable_';

export function kindOf(value: ValueMap): ObjectKind {
  return { ...parseApiVersion(textOf(value, 'apiVersion')), kind: textOf(value, 'kind') };
}

/** Name and namespace; an object that names no namespace counts as one of `default`, as in kustomize. */
export function nameOf(value: ValueMap, isClusterScoped: ClusterScope): ObjectName {
  const metadata = memberOf(value, 'metadata');
  const written = textOf(metadata, 'namespace');
  const namespace = isClusterScoped(kindOf(value)) ? noNamespace : written === '' ? 'default' : written;
  return { name: textOf(metadata, 'name'), namespace };
}

/** The object with its name of now noted among its former ones. */
export function noteName({ value, former }: BuiltObject, isClusterScoped: ClusterScope): BuiltObject {
  return { value, former: [...former, nameOf(value, isClusterScoped)] };
}

/** The object with a member of its metadata set. */
export function withMetadata(value: ValueMap, key: 'name' | 'namespace', text: string): ValueMap {
  const metadata = memberOf(value, 'metadata');
  return withMember(value, 'metadata', withMember(isMap(metadata) ? metadata : {}, key, text));
}

// `spec.namePrefix` and `spec.nameSuffix`: new names for all objects but those whose names others prescribe. References
// follow in name-references.ts.
import type { ClusterScope } from '../resources/scope.ts';
import { kindOf, noteName, withMetadata, type BuiltObject } from './built-object.ts';
import { memberOf, textOf, type ValueMap } from './edit.ts';

export function affixNames(
  objects: readonly BuiltObject[],
  { prefix, suffix }: { readonly prefix: string; readonly suffix: string },
  isClusterScoped: ClusterScope,
): readonly BuiltObject[] {
  return objects.map((object) => {
    if (keepsName(object.value)) return object;
    const noted = noteName(object, isClusterScoped);
    const name = textOf(memberOf(object.value, 'metadata'), 'name');
    return { ...noted, value: withMetadata(object.value, 'name', `${prefix}${name}${suffix}`) };
  });
}

/** A definition is named by what it defines, and a Namespace is what others lie in. */
function keepsName(value: ValueMap): boolean {
  const { group, kind } = kindOf(value);
  if (kind === 'CustomResourceDefinition' || kind === 'Namespace') return true;
  return kind === 'APIService' && group === 'apiregistration.k8s.io';
}

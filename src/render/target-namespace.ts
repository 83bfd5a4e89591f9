// `spec.targetNamespace`: the namespace of everything that belongs to one, as kustomize's `namespace` sets it. What names
// objects beside it, subjects of role bindings and services of webhooks, follows them in name-references.ts.
import type { ClusterScope } from '../resources/scope.ts';
import { kindOf, noteName, withMetadata, type BuiltObject } from './built-object.ts';
import { changeAt, isMap, memberOf, textOf, withMember, type ValueMap } from './edit.ts';

export function moveToNamespace(
  objects: readonly BuiltObject[],
  namespace: string,
  isClusterScoped: ClusterScope,
): readonly BuiltObject[] {
  return objects.map((object) => {
    const noted = noteName(object, isClusterScoped);
    return { ...noted, value: move(object.value, namespace, isClusterScoped) };
  });
}

function move(value: ValueMap, namespace: string, isClusterScoped: ClusterScope): ValueMap {
  const { group, kind } = kindOf(value);
  const moved = isClusterScoped({ group, kind }) ? value : withMetadata(value, 'namespace', namespace);
  switch (kind) {
    case 'Namespace':
      return textOf(value, 'apiVersion') === 'v1' ? withMetadata(moved, 'name', namespace) : moved;
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      // Each namespace has an account of this name, which stands in no file.
      return changeMap(moved, ['subjects'], (subject) =>
        textOf(subject, 'name') === 'default' ? withMember(subject, 'namespace', namespace) : subject,
      );
    case 'APIService':
      return changeMap(moved, ['spec', 'service'], (service) => withMember(service, 'namespace', namespace));
    case 'CustomResourceDefinition':
      return changeMap(moved, ['spec', 'conversion', 'webhook', 'clientConfig', 'service'], (service) =>
        memberOf(service, 'namespace') === undefined ? service : withMember(service, 'namespace', namespace),
      );
    default:
      return moved;
  }
}

/** The object with the map that a path leads to changed, or each map of the list there. */
function changeMap(value: ValueMap, path: readonly string[], change: (map: ValueMap) => ValueMap): ValueMap {
  const changed = changeAt(value, path, (found) => {
    if (isMap(found)) return change(found);
    return Array.isArray(found) ? found.map((item) => (isMap(item) ? change(item) : item)) : found;
  });
  return isMap(changed) ? changed : value;
}

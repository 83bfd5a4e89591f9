// Roles and bindings: that rules and subjects say what they must.
import { below, checkOneOf, itemsOf, requireText, sizeOf, textOf, type Field } from './fields.ts';

const group = 'rbac.authorization.k8s.io';

export function checkRole(object: Field): void {
  for (const rule of itemsOf(below(object, 'rules'))) {
    const urls = below(rule, 'nonResourceURLs');
    const required = ['verbs', ...(sizeOf(urls) > 0 ? [] : ['apiGroups', 'resources'])];
    for (const name of required) {
      const field = below(rule, name);
      if (sizeOf(field) === 0) field.refuse('one at least', 'nothing');
    }
    if (sizeOf(urls) > 0 && textOf(below(object, 'kind')) === 'Role') urls.refuse('nothing in a Role');
  }
}

export function checkBinding(object: Field): void {
  const role = below(object, 'roleRef');
  const isOfNamespace = textOf(below(object, 'kind')) === 'RoleBinding';
  checkOneOf(below(role, 'apiGroup'), [group]);
  checkOneOf(below(role, 'kind'), isOfNamespace ? ['Role', 'ClusterRole'] : ['ClusterRole']);
  requireText(below(role, 'name'), 'a name of a role');
  for (const subject of itemsOf(below(object, 'subjects'))) {
    const kind = below(subject, 'kind');
    checkOneOf(kind, ['ServiceAccount', 'User', 'Group']);
    requireText(below(subject, 'name'), 'a name');
    if (textOf(kind) === 'ServiceAccount' && !isOfNamespace)
      requireText(below(subject, 'namespace'), 'a namespace');
  }
}

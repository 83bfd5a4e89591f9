// URL paths of Kubernetes resources. Every part that comes from outside is encoded, so that a name can't change
// which resource a request is about ("path traversal").
// https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris

import { KubeError } from '../errors.ts';

/** What of a kind its path needs. */
export type PathKind = {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
};

/**
 * Path of a collection, or of one object of it, or of its subresource. A namespaced kind without a namespace
 * gives the path over all namespaces, which must not have a name; a namespace of a cluster-wide kind is left out.
 * @throws KubeError `KUBE_INVALID` for parts that no path can have
 */
export function resourcePath(
  kind: PathKind,
  namespace?: string,
  name?: string,
  subresource?: string,
): string {
  if (kind.namespaced && namespace === undefined && name !== undefined) {
    throw new KubeError('KUBE_INVALID', `${kind.plural} are namespaced, and ${name} has no namespace`);
  }
  if (name === undefined && subresource !== undefined) {
    throw new KubeError('KUBE_INVALID', `subresource ${subresource} of ${kind.plural} has no object`);
  }
  const parts = kind.group === '' ? ['api', kind.version] : ['apis', kind.group, kind.version];
  if (kind.namespaced && namespace !== undefined) parts.push('namespaces', namespace);
  parts.push(kind.plural);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) parts.push(subresource);
  return `/${parts.map(encodePart).join('/')}`;
}

function encodePart(part: string): string {
  // A URL parser on the way would resolve dot segments; no Kubernetes name is one of them.
  if (part === '' || part === '.' || part === '..') {
    throw new KubeError('KUBE_INVALID', `${JSON.stringify(part)} can't be a part of a resource's path`);
  }
  try {
    return encodeURIComponent(part);
  } catch (cause) {
    throw new KubeError('KUBE_INVALID', 'a part of a resource path is not well-formed text', { cause });
  }
}

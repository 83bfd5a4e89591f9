// An artifact can't change its judge: what decides about trust, and what the puller itself runs on, is refused.
import { aggregationLabel, apiGroup } from '../api/common.ts';
import { PolicyError } from '../errors.ts';
import { formatIdentity, identityOf, type Resource } from '../resources/resource.ts';

/**
 * @param pullerNamespace namespace that the puller keeps its records in
 * @throws PolicyError `SELF_MODIFICATION`
 */
export function assertNoSelfModification(resources: readonly Resource[], pullerNamespace: string): void {
  for (const resource of resources) {
    const reason = selfModification(resource, pullerNamespace);
    if (reason === undefined) continue;
    throw new PolicyError(
      'SELF_MODIFICATION',
      `artifact holds ${formatIdentity(identityOf(resource))}, ${reason}`,
      {
        hint: "Such objects are the cluster admin's to apply.",
      },
    );
  }
}

function selfModification(resource: Resource, pullerNamespace: string): string | undefined {
  const { group, kind, name, namespace } = identityOf(resource);
  if (group === apiGroup) return `which Sealift itself is steered by`;
  if (kind === 'CustomResourceDefinition' && name.endsWith(`.${apiGroup}`))
    return "which defines Sealift's own API";
  if (kind === 'APIService' && name.endsWith(`.${apiGroup}`)) return "which serves Sealift's own API";
  if (namespace === pullerNamespace) return `which lies in the puller's namespace`;
  if (group === '' && kind === 'Namespace' && name === pullerNamespace)
    return `which is the puller's namespace`;
  if (resource.metadata.labels?.[aggregationLabel] !== undefined)
    return `whose label would widen the puller's rights`;
  return undefined;
}

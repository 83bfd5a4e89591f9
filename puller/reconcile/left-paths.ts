// Which fields of an artifact's objects are left to others: by the Delivery's ignore rules, and the replicas of what an
// autoscaler of the same artifact targets.
import type { AcceptedArtifact } from '../source/accepted-artifact.ts';
import type { Owner } from './desired.ts';
import { replicasPointer } from './left-fields.ts';
import { autoscaledAmong } from './scale-targets.ts';

export function leftPathsOf(
  { basis, resources }: AcceptedArtifact,
  namespace: string,
): NonNullable<Owner['leftPaths']> {
  const isAutoscaled = autoscaledAmong(resources.all(), namespace);
  return (resource, identity) => {
    const ignored = basis.ignore(resource, identity);
    if (ignored.includes(replicasPointer) || !hasReplicas(resource['spec']) || !isAutoscaled(identity))
      return ignored;
    return [...ignored, replicasPointer];
  };
}

function hasReplicas(spec: unknown): boolean {
  return typeof spec === 'object' && spec !== null && Object.hasOwn(spec, 'replicas');
}

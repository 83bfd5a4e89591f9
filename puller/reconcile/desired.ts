// The objects of an artifact as they are to be in the cluster: marked with their owner, in canonical bytes, with a
// hash that tells whether they have changed since they were last applied.
import { createHmac } from 'node:crypto';
import { deliveryAnnotation, ownerLabel } from '../../src/api/common.ts';
import type { ResourceKind } from '../../src/kube/discovery.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import {
  identityKey,
  identityOf,
  type Resource,
  type ResourceIdentity,
} from '../../src/resources/resource.ts';
import { stageOf, type Stage } from '../../src/resources/stages.ts';

/** Marks that every object of a Delivery gets. */
export type Owner = {
  readonly ownerId: string;
  readonly namespace: string;
  readonly name: string;
  /** Key of the hashes, so that they say nothing about low-entropy Secret values. */
  readonly hashKey: Buffer;
};

export type Desired = {
  /** {@link identityKey} of the identity. */
  readonly key: string;
  /** With its namespace filled in. */
  readonly identity: ResourceIdentity;
  readonly kind: ResourceKind;
  readonly path: string;
  readonly stage: Stage;
  readonly body: Buffer;
  readonly hash: string;
};

/** What only the server writes; a file that holds it was dumped from a cluster. */
const serverMetadata: ReadonlySet<string> = new Set([
  'managedFields',
  'resourceVersion',
  'uid',
  'creationTimestamp',
  'generation',
  'selfLink',
  'deletionTimestamp',
]);

/** An object for a kind that the server knows. Objects without a namespace go into the Delivery's. */
export function toDesired(resource: Resource, kind: ResourceKind, owner: Owner): Desired {
  const found = identityOf(resource);
  const namespace = kind.namespaced ? (found.namespace ?? owner.namespace) : undefined;
  const identity: ResourceIdentity = {
    group: found.group,
    version: found.version,
    kind: found.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name: found.name,
  };
  const body = Buffer.from(JSON.stringify(toBody(resource, namespace, owner)));
  return {
    key: identityKey(identity),
    identity,
    kind,
    path: resourcePath(kind, namespace, found.name),
    stage: stageOf(identity),
    body,
    hash: createHmac('sha256', owner.hashKey).update(body).digest('base64url'),
  };
}

function toBody(resource: Resource, namespace: string | undefined, owner: Owner): object {
  const { status: _, metadata, ...rest } = resource;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([name]) => !serverMetadata.has(name)));
  return {
    ...moveStringData(rest),
    metadata: {
      ...kept,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...metadata.labels, [ownerLabel]: owner.ownerId },
      annotations: { ...metadata.annotations, [deliveryAnnotation]: `${owner.namespace}/${owner.name}` },
    },
  };
}

/** A Secret's `stringData` is a shorthand that the server stores as `data`: written as such, it has one owner. */
function moveStringData(body: Record<string, unknown>): Record<string, unknown> {
  const { stringData, data, ...rest } = body;
  if (
    rest['apiVersion'] !== 'v1' ||
    rest['kind'] !== 'Secret' ||
    typeof stringData !== 'object' ||
    stringData === null
  ) {
    return body;
  }
  const moved = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  return { ...rest, data: { ...(typeof data === 'object' ? data : {}), ...Object.fromEntries(moved) } };
}

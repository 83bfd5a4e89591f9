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
import { rulesOf, type ObjectRules } from './object-rules.ts';

/** Marks that every object of a Delivery gets. */
export type Owner = {
  readonly ownerId: string;
  readonly namespace: string;
  readonly name: string;
  /** Key of the hashes, so that they say nothing about low-entropy Secret values. */
  readonly hashKey: Buffer;
  /** JSON pointers of an object's fields that are left to others once it exists; none, where absent. */
  readonly leftPaths?: (resource: Resource, identity: ResourceIdentity) => readonly string[];
  /** `spec.force`: objects are made anew where a field can't be changed. */
  readonly isForced?: boolean;
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
  /** As it is made where there is none; absent where that is the body. */
  readonly whole?: Buffer;
  /** JSON pointers of fields that are left to others once the object exists. */
  readonly left: readonly string[];
  readonly hash: string;
  /** What its annotations in the artifact say. */
  readonly rules: ObjectRules;
  /** Whether its deletion would take data or other people's objects along. */
  readonly isProtected: boolean;
  /** Whether it may be deleted and made anew where a field can't be changed. */
  readonly recreates: boolean;
};

/** Kinds whose deletion takes data or other people's objects along: only the artifact itself can ask for it. */
const protectedKinds: ReadonlySet<string> = new Set([
  '/Namespace',
  '/PersistentVolumeClaim',
  '/PersistentVolume',
  'apiextensions.k8s.io/CustomResourceDefinition',
]);

export function isProtectedKind({ group, kind }: Pick<ResourceIdentity, 'group' | 'kind'>): boolean {
  return protectedKinds.has(`${group}/${kind}`);
}

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

/** What names an object of a kind in the cluster: without a namespace of its own it gets the Delivery's. */
export function placedIdentity(
  resource: Resource,
  { namespaced }: Pick<ResourceKind, 'namespaced'>,
  owner: Pick<Owner, 'namespace'>,
): ResourceIdentity {
  const { namespace: own, ...found } = identityOf(resource);
  return namespaced ? { ...found, namespace: own ?? owner.namespace } : found;
}

/**
 * An object for a kind that the server knows.
 * @throws ApplyError `APPLY_FAILED` for annotations that no rule has
 */
export function toDesired(resource: Resource, kind: ResourceKind, owner: Owner): Desired {
  const identity = placedIdentity(resource, kind, owner);
  const { namespace } = identity;
  const rules = rulesOf(resource);
  const isProtected = isProtectedKind(identity);
  const body = Buffer.from(JSON.stringify(toBody(resource, namespace, owner)));
  const left = owner.leftPaths?.(resource, identity) ?? [];
  return {
    key: identityKey(identity),
    identity,
    kind,
    path: resourcePath(kind, namespace, identity.name),
    stage: stageOf(identity),
    body,
    left,
    hash: hashOf(body, left, owner.hashKey),
    rules,
    isProtected,
    recreates: rules.force === 'Enabled' || (owner.isForced === true && !isProtected),
  };
}

/** What is left to others counts: a rule that is gone brings the artifact's value back. */
function hashOf(body: Buffer, left: readonly string[], hashKey: Buffer): string {
  const hmac = createHmac('sha256', hashKey).update(body);
  if (left.length > 0) hmac.update(JSON.stringify(left));
  return hmac.digest('base64url');
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

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
import type { StoredResources } from '../source/stored-resources.ts';
import { rulesOf, type ObjectRules } from './object-rules.ts';
import { shareText } from './shared-text.ts';

/** Marks that every object of a Delivery gets. */
export type Owner = {
  readonly ownerId: string;
  readonly namespace: string;
  readonly name: string;
  /** Key of the hashes, so that they say nothing about low-entropy Secret values. */
  readonly hashKey: Buffer;
  /** JSON pointers of an object's fields that are left to others once it exists; none, where absent. */
  readonly leftPaths?: (resource: Resource, identity: ResourceIdentity) => readonly string[];
  /** Takes secret values that were filled into the objects out of a text. */
  readonly hide?: ((text: string) => string) | undefined;
  /** `spec.force`: objects are made anew where a field can't be changed. */
  readonly isForced?: boolean;
};

/** What a Delivery's objects are made of. */
export type Origin = Pick<Owner, 'ownerId' | 'namespace' | 'name' | 'hide'> & {
  readonly resources: Pick<StoredResources, 'at'>;
};

export type Desired = {
  /** {@link identityKey} of the identity. */
  readonly key: string;
  /** With its namespace filled in. */
  readonly identity: ResourceIdentity;
  readonly kind: ResourceKind;
  readonly stage: Stage;
  /** What it is made of: its bytes are asked for rarely, and would take memory always. */
  readonly origin: Origin;
  /** Which of the origin's resources. */
  readonly index: number;
  /** What is sent of it in place of all. */
  readonly part?: Buffer;
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
  const { namespace: own = owner.namespace, group, version, kind, name } = identityOf(resource);
  const found = { group: shareText(group), version: shareText(version), kind: shareText(kind), name };
  return namespaced ? { ...found, namespace: shareText(own) } : found;
}

/**
 * An object for a kind that the server knows.
 * @param origin where the same resource stands, to be sent
 * @throws ApplyError `APPLY_FAILED` for annotations that no rule has
 */
export function toDesired(
  resource: Resource,
  kind: ResourceKind,
  owner: Owner,
  { origin, index }: Pick<Desired, 'origin' | 'index'> = originOf(resource, owner),
): Desired {
  const identity = placedIdentity(resource, kind, owner);
  const { namespace } = identity;
  const rules = rulesOf(resource);
  const isProtected = isProtectedKind(identity);
  const left = owner.leftPaths?.(resource, identity) ?? [];
  return {
    key: identityKey(identity),
    identity,
    kind,
    stage: stageOf(identity),
    origin,
    index,
    left: left.length === 0 ? nothing : left,
    hash: hashOf(toBytes(resource, namespace, origin), left, owner.hashKey),
    rules,
    isProtected,
    recreates: rules.force === 'Enabled' || (owner.isForced === true && !isProtected),
  };
}

const nothing: readonly string[] = [];

/** Of a single resource. */
function originOf(
  resource: Resource,
  { ownerId, namespace, name, hide }: Owner,
): Pick<Desired, 'origin' | 'index'> {
  return { origin: { ownerId, namespace, name, hide, resources: { at: () => resource } }, index: 0 };
}

/** Where it stands in the API. */
export function pathOf({ kind, identity }: Pick<Desired, 'kind' | 'identity'>): string {
  return resourcePath(kind, identity.namespace, identity.name);
}

/** What is sent of it: all, unless a part was chosen. */
export function bodyOf(desired: Desired): Buffer {
  return desired.part ?? wholeOf(desired);
}

/** All of it, in canonical bytes. */
export function wholeOf({ origin, index, identity }: Desired): Buffer {
  return toBytes(origin.resources.at(index), identity.namespace, origin);
}

function toBytes(resource: Resource, namespace: string | undefined, origin: Origin): Buffer {
  return Buffer.from(JSON.stringify(toBody(resource, namespace, origin)));
}

/** What is left to others counts: a rule that is gone brings the artifact's value back. */
function hashOf(body: Buffer, left: readonly string[], hashKey: Buffer): string {
  const hmac = createHmac('sha256', hashKey).update(body);
  if (left.length > 0) hmac.update(JSON.stringify(left));
  return hmac.digest('base64url');
}

function toBody(resource: Resource, namespace: string | undefined, owner: Origin): object {
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

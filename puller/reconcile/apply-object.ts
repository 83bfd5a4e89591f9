// One object, one server-side apply. The first apply of an object is unforced: it shows whose the object is, and what
// another tool reconciles is left to it. Later applies are forced: what we own, we keep.
import { ownerLabel } from '../../src/api/common.ts';
import { ApplyError, KubeError, type ApplyCode } from '../../src/errors.ts';
import {
  acceptObjectMetadata,
  kubeObjectSchema,
  type KubeMetadata,
  type KubeObject,
} from '../../src/kube/object.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/request.ts';
import { formatIdentity } from '../../src/resources/resource.ts';
import type { Desired } from './desired.ts';
import { fieldManagerOf, ownerIdOfManager } from './owner.ts';

export type Applier = {
  readonly client: KubeClient;
  readonly ownerId: string;
  /** Service account that the writes are made as; the puller's own, where absent. */
  readonly impersonate: KubeRequest['impersonate'] | undefined;
  /** Whether an owner id is that of a Delivery that exists. */
  readonly isLiveOwner: (ownerId: string) => boolean;
};

/** The object's metadata as it is stored now, and whether the apply made it. */
export type Applied = { readonly object: KubeObject; readonly isCreated: boolean };

/**
 * Applies by force.
 * @throws ApplyError
 */
export async function applyForced(applier: Applier, desired: Desired): Promise<Applied> {
  return convertErrors(desired, () => patch(applier, desired, desired.body, true));
}

/**
 * Applies an object that is not in our records: creates it, or takes it over from people and tools that do not
 * reconcile it.
 * @throws ApplyError, `OWNED_BY_ANOTHER` for objects of other Deliveries, Flux, Argo CD and Helm
 */
export async function applyFirst(applier: Applier, desired: Desired): Promise<Applied> {
  return convertErrors(desired, async () => {
    let answer: Applied;
    try {
      answer = await patch(applier, desired, desired.body, false);
    } catch (error) {
      if (!(error instanceof KubeError) || error.code !== 'KUBE_CONFLICT') throw error;
      return takeOver(applier, desired);
    }
    const owner = foreignOwner(applier, answer.object.metadata);
    if (owner === undefined) return answer;
    // Equal values made no conflict, but the object is another's: give our share of it back.
    await patch(applier, desired, bareBody(desired), true);
    throw ownedByAnother(desired, owner);
  });
}

async function takeOver(applier: Applier, desired: Desired): Promise<Applied> {
  const { client, impersonate } = applier;
  const answer = await client.request({
    method: 'GET',
    path: desired.path,
    accept: acceptObjectMetadata,
    ...asAccount(impersonate),
  });
  const { metadata } = kubeObjectSchema.parse(answer.body);
  const owner = foreignOwner(applier, metadata);
  if (owner !== undefined) throw ownedByAnother(desired, owner);
  // What was looked at is what is taken: uid and version are preconditions.
  const body = withMetadata(desired, { uid: metadata.uid, resourceVersion: metadata.resourceVersion });
  return patch(applier, desired, body, true);
}

const reconcilers: readonly { readonly name: string; readonly owns: (metadata: KubeMetadata) => boolean }[] =
  [
    {
      name: 'Flux',
      owns: ({ labels }) => hasKey(labels, /^(?:kustomize|helm)\.toolkit\.fluxcd\.io\/name$/u),
    },
    {
      name: 'Argo CD',
      owns: ({ labels, annotations }) =>
        hasKey(annotations, /^argocd\.argoproj\.io\/tracking-id$/u) ||
        hasKey(labels, /^argocd\.argoproj\.io\/instance$/u),
    },
    { name: 'Helm', owns: ({ annotations }) => hasKey(annotations, /^meta\.helm\.sh\/release-name$/u) },
  ];

/** Who else reconciles the object, or undefined. A label or manager that names no live Delivery of ours is nobody. */
function foreignOwner({ ownerId, isLiveOwner }: Applier, metadata: KubeMetadata): string | undefined {
  const claims = [
    metadata.labels?.[ownerLabel],
    ...(metadata.managedFields ?? [])
      .filter(({ operation }) => operation === 'Apply')
      .map(({ manager }) => ownerIdOfManager(manager)),
  ];
  const other = claims.find((claim) => claim !== undefined && claim !== ownerId && isLiveOwner(claim));
  if (other !== undefined) return 'another Delivery';
  return reconcilers.find(({ owns }) => owns(metadata))?.name;
}

function hasKey(map: Readonly<Record<string, string>> | undefined, key: RegExp): boolean {
  return Object.keys(map ?? {}).some((name) => key.test(name));
}

async function patch(applier: Applier, { path }: Desired, body: Buffer, isForced: boolean): Promise<Applied> {
  const { client, ownerId, impersonate } = applier;
  const answer = await client.request({
    method: 'PATCH',
    path,
    query: { fieldManager: fieldManagerOf(ownerId), force: String(isForced), fieldValidation: 'Strict' },
    body,
    accept: acceptObjectMetadata,
    ...asAccount(impersonate),
  });
  return { object: kubeObjectSchema.parse(answer.body), isCreated: answer.status === 201 };
}

export function asAccount(impersonate: Applier['impersonate']): Pick<KubeRequest, 'impersonate'> {
  return impersonate === undefined ? {} : { impersonate };
}

function bareBody({ identity, kind }: Desired): Buffer {
  const { namespace, name } = identity;
  return Buffer.from(
    JSON.stringify({
      apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
      kind: kind.kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    }),
  );
}

function withMetadata({ body }: Desired, extra: object): Buffer {
  const object: unknown = JSON.parse(body.toString('utf8'));
  const { metadata } = object as { metadata: object }; // our own bytes, made by toDesired
  return Buffer.from(JSON.stringify({ ...(object as object), metadata: { ...metadata, ...extra } }));
}

function ownedByAnother(desired: Desired, owner: string): ApplyError {
  const resource = formatIdentity(desired.identity);
  return new ApplyError('OWNED_BY_ANOTHER', `${resource} is reconciled by ${owner}`, resource, {
    hint: 'Take it out of one of the two.',
  });
}

async function convertErrors<T>(desired: Desired, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof KubeError) throw toApplyError(desired, error);
    throw error;
  }
}

function toApplyError(desired: Desired, error: KubeError): ApplyError {
  const resource = formatIdentity(desired.identity);
  return new ApplyError(codeOf(error), `${resource}: ${error.message}`, resource, {
    cause: error,
    retryable: error.retryable,
  });
}

function codeOf(error: KubeError): ApplyCode {
  if (/admission webhook|denied the request|ValidatingAdmissionPolicy/u.test(error.message))
    return 'ADMISSION_DENIED';
  if (error.code === 'KUBE_FORBIDDEN') return 'APPLY_FORBIDDEN';
  if (error.code === 'KUBE_CONFLICT') return 'APPLY_CONFLICT';
  if (error.code === 'KUBE_INVALID' && /immutable/u.test(error.message)) return 'FIELD_IMMUTABLE';
  return 'APPLY_FAILED';
}

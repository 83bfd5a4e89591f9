// The requests about one object of a Delivery, all of them as its account; answers are metadata, never the object.
import { KubeError } from '../../src/errors.ts';
import { acceptObjectMetadata, kubeObjectSchema, type KubeObject } from '../../src/kube/object.ts';
import type { KubeClient, KubeRequest } from '../../src/kube/request.ts';
import { pathOf, type Desired } from './desired.ts';
import { fieldManagerOf } from './owner.ts';

export type Applier = {
  readonly client: KubeClient;
  readonly ownerId: string;
  /** Service account that the writes are made as; the puller's own, where absent. */
  readonly impersonate: KubeRequest['impersonate'] | undefined;
  /** Whether an owner id is that of a Delivery that exists and has recorded the object of this key as its own. */
  readonly isLiveOwner: (ownerId: string, key: string) => boolean;
  /** Whether objects are taken over that Flux, Argo CD or Helm reconcile. */
  readonly mayAdopt: boolean;
  /** Waits for the end of an object that is being deleted; false where it takes too long. */
  readonly untilGone: (desired: Desired, uid: string) => Promise<boolean>;
  /** Tells people of something odd that stopped nothing. */
  readonly warn: (reason: string, note: string) => void;
};

/** The object's metadata as it is stored now, and whether the apply made it. */
export type Applied = { readonly object: KubeObject; readonly isCreated: boolean };

/** @throws KubeError of every code */
export async function sendApply(
  applier: Applier,
  desired: Pick<Desired, 'kind' | 'identity' | 'origin'>,
  body: unknown,
  isForced: boolean,
): Promise<Applied> {
  const { client, ownerId, impersonate } = applier;
  const answer = await client.request({
    method: 'PATCH',
    path: pathOf(desired),
    query: { fieldManager: fieldManagerOf(ownerId), force: String(isForced), fieldValidation: 'Strict' },
    body,
    accept: acceptObjectMetadata,
    hide: desired.origin.hide,
    ...asAccount(impersonate),
  });
  return { object: kubeObjectSchema.parse(answer.body), isCreated: answer.status === 201 };
}

/** @throws KubeError; an object that is not there is undefined */
export async function readMetadata(
  { client, impersonate }: Pick<Applier, 'client' | 'impersonate'>,
  path: string,
): Promise<KubeObject | undefined> {
  try {
    const request = { method: 'GET', path, accept: acceptObjectMetadata, ...asAccount(impersonate) } as const;
    const answer = await client.request(request);
    return kubeObjectSchema.parse(answer.body);
  } catch (error) {
    if (error instanceof KubeError && error.code === 'KUBE_NOT_FOUND') return undefined;
    throw error;
  }
}

/**
 * Deletes this very object: one that was made anew under its name stays.
 * @returns what is left of it while finalizers or a grace period hold it; undefined where it is gone
 * @throws KubeError of every code but `KUBE_NOT_FOUND`
 */
export async function sendDelete(
  { client, impersonate }: Pick<Applier, 'client' | 'impersonate'>,
  path: string,
  { uid, isForeground = false }: { readonly uid: string; readonly isForeground?: boolean },
): Promise<KubeObject | undefined> {
  try {
    const answer = await client.request({
      method: 'DELETE',
      path,
      accept: acceptObjectMetadata,
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: isForeground ? 'Foreground' : 'Background',
        preconditions: { uid },
      },
      ...asAccount(impersonate),
    });
    // An object that is gone at once is answered by a Status, or as it was.
    const parsed = kubeObjectSchema.safeParse(answer.body);
    return parsed.success && parsed.data.metadata.deletionTimestamp !== undefined ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof KubeError && error.code === 'KUBE_NOT_FOUND') return undefined;
    throw error;
  }
}

export function asAccount(impersonate: Applier['impersonate']): Pick<KubeRequest, 'impersonate'> {
  return impersonate === undefined ? {} : { impersonate };
}

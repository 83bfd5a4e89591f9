// Holds of a cluster's Deliveries: the object that an operator names leads to the Delivery that keeps it, whose spec
// gets the hold, with the operator's own rights. The puller decides how long it counts.
import * as z from 'zod';
import { apiGroup, deliveryAnnotation } from '../api/common.ts';
import { holdSchema } from '../api/delivery-drift.ts';
import { deliveryStatusSchema, inventoryIdOf } from '../api/delivery-status.ts';
import { InputError, KubeError } from '../errors.ts';
import { createDiscovery, type ResourceKind } from '../kube/discovery.ts';
import { acceptObjectMetadata, kubeObjectSchema } from '../kube/object.ts';
import type { KubeClient } from '../kube/request.ts';
import { resourcePath } from '../kube/resource-path.ts';
import { pullerLimits } from '../limits.ts';
import { formatIdentity, type ResourceIdentity } from '../resources/resource.ts';

/** A hold, and the Delivery that it stands in, as `NAMESPACE/NAME`. */
export type PlacedHold = {
  readonly delivery: string;
  readonly hold: Hold;
  /** Whether the object's own annotation alone says that the Delivery keeps it, which others may write. */
  readonly isUnproven: boolean;
};
export type Hold = z.infer<typeof holdSchema>;

/** What an operator names: `KIND/NAME` or `KIND.GROUP/NAME`, of a namespace unless the kind has none. */
export type Subject = { readonly text: string; readonly namespace: string };

type DeliveryName = { readonly namespace: string; readonly name: string };

const deliveryKind = {
  group: apiGroup,
  version: 'v1alpha1',
  plural: 'deliveries',
  namespaced: true,
} as const;
/** Holds of one Delivery, as its schema has it. */
const maxHolds = 32;
/** Writers of one Delivery that may be first. */
const tries = 5;

const deliverySchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string(), resourceVersion: z.string() }),
  spec: z.looseObject({ holds: z.array(holdSchema).optional() }),
  status: z
    .looseObject({ inventory: deliveryStatusSchema.shape.inventory.catch(undefined) })
    .optional()
    .catch(undefined),
});
type Delivery = z.infer<typeof deliverySchema>;
const listSchema = z.looseObject({ items: z.array(deliverySchema).max(10_000) });

/**
 * Puts a hold into the Delivery that keeps an object; one of the same object is replaced.
 * @throws InputError; KubeError
 */
export async function holdObject(
  client: KubeClient,
  subject: Subject,
  { until, reason, nowMs }: { readonly until: string; readonly reason: string; readonly nowMs: number },
): Promise<PlacedHold> {
  const { identity, delivery } = await findOwner(client, subject);
  const hold: Hold = { target: toTarget(identity), until, reason };
  let isUnproven = false;
  await editHolds(client, delivery, (holds, found) => {
    isUnproven = !isListed(found, identity);
    // What is over says nothing any more.
    const others = holds.filter((one) => !isSameTarget(one, hold, delivery) && Date.parse(one.until) > nowMs);
    if (others.length < maxHolds) return [...others, hold];
    throw new InputError('INPUT_INVALID', `Delivery ${formatName(delivery)} has ${maxHolds} holds already`);
  });
  return { delivery: formatName(delivery), hold, isUnproven };
}

/**
 * Takes the holds of an object out of the Delivery that keeps it.
 * @throws InputError `INPUT_INVALID` where there is none; KubeError
 */
export async function releaseObject(client: KubeClient, subject: Subject): Promise<PlacedHold> {
  const { identity, delivery } = await findOwner(client, subject);
  const target = { target: toTarget(identity) };
  let released: Hold | undefined;
  await editHolds(client, delivery, (holds) => {
    released = holds.find((one) => isSameTarget(one, target, delivery));
    if (released === undefined) {
      throw new InputError(
        'INPUT_INVALID',
        `${formatIdentity(identity)} is not held in ${formatName(delivery)}`,
      );
    }
    return holds.filter((one) => !isSameTarget(one, target, delivery));
  });
  if (released === undefined) throw new InputError('INPUT_INVALID', `${subject.text} is not held`);
  return { delivery: formatName(delivery), hold: released, isUnproven: false };
}

/** @throws KubeError */
export async function listHolds(client: KubeClient, namespace: string): Promise<readonly PlacedHold[]> {
  const { body } = await client.request({ method: 'GET', path: resourcePath(deliveryKind, namespace) });
  return listSchema
    .parse(body)
    .items.flatMap(({ metadata, spec }) =>
      (spec.holds ?? []).map((hold) => ({ delivery: formatName(metadata), hold, isUnproven: false })),
    );
}

type Owned = { readonly identity: ResourceIdentity; readonly delivery: DeliveryName };

/**
 * Whoever may edit an object may write another Delivery's name on it ("confused deputy"): an operator must not write into
 * that one, nor take the object for held. What a Delivery keeps is told by its status, as far as that lists all of it:
 * of more it lists the first ones, in order.
 * @returns whether the object is listed; if not, it may be one of those that come after the list
 * @throws InputError where the Delivery does not keep it
 */
function isListed({ metadata, status }: Delivery, identity: ResourceIdentity): boolean {
  const entries = status?.inventory?.entries ?? [];
  const id = inventoryIdOf(identity);
  if (entries.some((entry) => entry.id === id)) return true;
  const last = entries.at(pullerLimits.inventoryEntries - 1);
  if (last !== undefined && id > last.id) return false;
  throw new InputError(
    'INPUT_INVALID',
    `Delivery ${formatName(metadata)} does not keep ${formatIdentity(identity)}, whose annotation ${deliveryAnnotation} names it`,
    { hint: 'Find the Delivery that does by status.inventory, and write spec.holds there.' },
  );
}

/** The Delivery by the mark that the puller puts on what it keeps. */
async function findOwner(client: KubeClient, subject: Subject): Promise<Owned> {
  const { kind, name } = await findKind(client, subject.text);
  const namespace = kind.namespaced ? subject.namespace : undefined;
  const { group, version, kind: kindName } = kind;
  const identity = {
    group,
    version,
    kind: kindName,
    ...(namespace === undefined ? {} : { namespace }),
    name,
  };
  const path = resourcePath(kind, namespace, name);
  const { body } = await client.request({ method: 'GET', path, accept: acceptObjectMetadata });
  const mark = kubeObjectSchema.parse(body).metadata.annotations?.[deliveryAnnotation];
  const found = /^([a-z0-9][a-z0-9-]{0,62})\/([a-z0-9][a-z0-9.-]{0,252})$/u.exec(mark ?? '');
  const [, ownerNamespace, ownerName] = found ?? [];
  if (ownerNamespace === undefined || ownerName === undefined) {
    throw new InputError('INPUT_INVALID', `${formatIdentity(identity)} is kept by no Delivery`, {
      hint: `It has no annotation ${deliveryAnnotation}.`,
    });
  }
  return { identity, delivery: { namespace: ownerNamespace, name: ownerName } };
}

/** As kubectl takes kinds: in any case, singular or plural, with the group where the name alone is of several. */
async function findKind(
  client: KubeClient,
  text: string,
): Promise<{ readonly kind: ResourceKind; readonly name: string }> {
  const [, word = '', group, name = ''] =
    /^([A-Za-z0-9]+)(?:\.([a-z0-9.-]+))?\/(.{1,253})$/u.exec(text) ?? [];
  if (word === '') {
    throw new InputError('INPUT_INVALID', `${JSON.stringify(text)} is not KIND/NAME or KIND.GROUP/NAME`);
  }
  const lower = word.toLowerCase();
  const kinds = (await createDiscovery(client).list()).filter(
    (kind) =>
      (kind.kind.toLowerCase() === lower || kind.plural === lower) &&
      (group === undefined || kind.group === group),
  );
  const groups = [...new Set(kinds.map((kind) => kind.group))];
  const first = kinds.find((kind) => kind.group === (groups.includes('') ? '' : groups[0]));
  if (first === undefined)
    throw new InputError('INPUT_INVALID', `the cluster serves no ${text.split('/')[0]}`);
  if (groups.length > 1 && !groups.includes('')) {
    throw new InputError('INPUT_INVALID', `${word} is a kind of ${groups.sort().join(', ')}`, {
      hint: `Name one: ${lower}.GROUP/NAME.`,
    });
  }
  return { kind: first, name };
}

async function editHolds(
  client: KubeClient,
  delivery: DeliveryName,
  edit: (holds: readonly Hold[], delivery: Delivery) => readonly Hold[],
): Promise<void> {
  const path = resourcePath(deliveryKind, delivery.namespace, delivery.name);
  const manager = await managerOf(client);
  for (let attempt = 1; ; attempt += 1) {
    const found = await readDelivery(client, path, delivery);
    const holds = edit(found.spec.holds ?? [], found);
    try {
      await client.request({
        method: 'PATCH',
        path,
        query: { fieldManager: manager },
        contentType: 'application/merge-patch+json',
        accept: acceptObjectMetadata,
        // The version is the lock: another operator's hold must not be lost.
        body: { metadata: { resourceVersion: found.metadata.resourceVersion }, spec: { holds } },
      });
      return;
    } catch (error) {
      const isRace = error instanceof KubeError && error.code === 'KUBE_CONFLICT';
      if (!isRace || attempt >= tries) throw error;
    }
  }
}

async function readDelivery(client: KubeClient, path: string, delivery: DeliveryName): Promise<Delivery> {
  try {
    return deliverySchema.parse((await client.request({ method: 'GET', path })).body);
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== 'KUBE_NOT_FOUND') throw error;
    throw new InputError(
      'INPUT_INVALID',
      `Delivery ${formatName(delivery)} does not exist: nobody corrects the object`,
      {
        cause: error,
      },
    );
  }
}

const reviewSchema = z.looseObject({
  status: z.looseObject({ userInfo: z.looseObject({ username: z.string() }) }),
});

/** Field manager of the write: for the audit it names the user, as the API server knows them. */
async function managerOf(client: KubeClient): Promise<string> {
  const plain = 'sealift-hold';
  try {
    const { body } = await client.request({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      retry: true,
    });
    const { username } = reviewSchema.parse(body).status.userInfo;
    return `${plain} ${username.replaceAll(/[^\x21-\x7e]/gu, '?')}`.slice(0, 128);
  } catch (error) {
    if (!(error instanceof KubeError) && !(error instanceof z.ZodError)) throw error;
    return plain;
  }
}

function toTarget({ group, version, kind, namespace, name }: ResourceIdentity): Hold['target'] {
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

function isSameTarget(
  one: Pick<Hold, 'target'>,
  other: Pick<Hold, 'target'>,
  delivery: DeliveryName,
): boolean {
  const keyOf = ({ target }: Pick<Hold, 'target'>): string =>
    JSON.stringify([target.kind, target.namespace ?? delivery.namespace, target.name]);
  const groupOf = ({ target }: Pick<Hold, 'target'>): string | undefined =>
    target.apiVersion?.split('/').at(-2) ?? '';
  const isAnyGroup = one.target.apiVersion === undefined || other.target.apiVersion === undefined;
  return keyOf(one) === keyOf(other) && (isAnyGroup || groupOf(one) === groupOf(other));
}

function formatName({ namespace, name }: DeliveryName): string {
  return `${namespace}/${name}`;
}

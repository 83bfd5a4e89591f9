// Deliveries as they come from the API server: what can be read of one, and whether an event is news.
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { approvePruneAnnotation, metadataSchema, requestedAtOf } from '../src/api/common.ts';
import { deliverySchema, deliverySpecSchema, type Delivery } from '../src/api/delivery.ts';
import { deliveryStatusSchema } from '../src/api/delivery-status.ts';
import { errorMessageOf } from '../src/errors.ts';
import type { KubeObject } from '../src/kube/object.ts';
import type { Runtime } from './reconcile/runtime.ts';

const identitySchema = z.looseObject({ metadata: metadataSchema.extend({ namespace: z.string() }) });
/** A status that another version wrote says nothing, and must not stop what the spec asks for. */
const toleratedSchema = deliverySchema.extend({ status: deliveryStatusSchema.optional().catch(undefined) });

/** A Delivery's metadata; undefined where there are none that name one. */
export function readMetadata(object: KubeObject): Delivery['metadata'] | undefined {
  return identitySchema.safeParse(object).data?.metadata;
}

/** A Delivery, and why its spec can't be read where it can't. */
export function readDelivery(
  object: KubeObject,
  namespace: string,
): { readonly delivery: Delivery; readonly unreadable: string | undefined } {
  const parsed = toleratedSchema.safeParse(object);
  if (parsed.success) return { delivery: parsed.data, unreadable: undefined };
  return {
    delivery: unreadableDelivery(object, namespace),
    unreadable: errorMessageOf(parsed.error.issues[0]?.message ?? 'unknown form'),
  };
}

/** Whether an event tells nothing but a new status, most often our own: the rest need not be read again. */
export function isStatusWrite({ delivery, unreadable }: Runtime, metadata: Delivery['metadata']): boolean {
  const { uid, generation, deletionTimestamp, annotations, finalizers, labels } = delivery.metadata;
  if (unreadable !== undefined || generation === undefined) return false;
  if (uid !== metadata.uid || generation !== metadata.generation) return false;
  return (
    deletionTimestamp === metadata.deletionTimestamp &&
    isDeepStrictEqual(
      [annotations, finalizers, labels],
      [metadata.annotations, metadata.finalizers, metadata['labels']],
    )
  );
}

/** Without what nobody asks for again: the status is the runtime's, and managedFields tell whose a hold is. */
export function withoutBulk({ metadata, spec }: Delivery): Delivery {
  if (spec.holds !== undefined && spec.holds.length > 0) return { metadata, spec };
  const { managedFields: _, ...rest } = metadata;
  return { metadata: rest, spec };
}

/** Stands for a Delivery whose spec this version can't read: nothing is done for it, and it can be deleted. */
function unreadableDelivery(object: KubeObject, namespace: string): Delivery {
  const source = { url: 'oci://unreadable/unreadable', ref: { tag: 'unreadable' } };
  return {
    metadata: { ...object.metadata, namespace },
    spec: deliverySpecSchema.parse({ source, prune: false }),
  };
}

/** Whether a change asks for a look: status writes, our own above all, do not. */
export function hasChanged(before: Delivery, after: Delivery): boolean {
  const asked = ({ metadata: { annotations } }: Delivery): string =>
    JSON.stringify([requestedAtOf(annotations), annotations?.[approvePruneAnnotation]]);
  return (
    before.metadata.generation !== after.metadata.generation ||
    asked(before) !== asked(after) ||
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    !isDeepStrictEqual(before.spec, after.spec)
  );
}

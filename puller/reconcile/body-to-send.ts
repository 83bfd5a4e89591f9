// What is sent of an object some of whose fields are left to others. It is the one case in which an object is read
// before it is applied, as the account that applies it; where none of these fields is ours any more, not even then.
import { KubeError } from '../../src/errors.ts';
import { kubeObjectSchema, type KubeObject } from '../../src/kube/object.ts';
import { asAccount, type Applied, type Applier } from './object-requests.ts';
import { pathOf, wholeOf, type Desired } from './desired.ts';
import { ownsLeft, withoutLeft } from './left-fields.ts';
import type { Live } from './live-objects.ts';
import { fieldManagerOf } from './owner.ts';
import { findOwnEntry, type FieldSet } from './own-fields.ts';
import { fieldsOf, type Baseline } from './tracked.ts';

export type Standing = {
  /** JSON pointers of what is left to others. */
  readonly left: readonly string[];
  readonly baseline: Baseline | undefined;
  readonly live: Live | undefined;
};

/**
 * Sends the object by one of the two ways to apply, with the body that is due now.
 * @throws KubeError where it can't be read; what the way throws
 */
export async function applyLeaving(
  run: (applier: Applier, desired: Desired) => Promise<Applied>,
  applier: Applier,
  { desired, ...standing }: Standing & { readonly desired: Desired },
): Promise<Applied> {
  const sent = await toSend(applier, desired, standing);
  const applied = await run(applier, sent);
  if (!applied.isCreated || sent.part === undefined) return applied;
  // Deleted since it was read: what was left out belongs into a new one.
  return { ...(await run(applier, desired)), isCreated: true };
}

async function toSend(applier: Applier, desired: Desired, standing: Standing): Promise<Desired> {
  const { left } = standing;
  if (left.length === 0) return desired;
  const body = JSON.parse(wholeOf(desired).toString('utf8')) as object; // our own bytes
  const known = fieldsInForce(standing);
  if (known !== undefined && !ownsLeft(known, left, body)) {
    return withPart(desired, withoutLeft(body, left, { live: undefined, own: undefined }));
  }
  const live = await readObject(applier, desired);
  // Where it does not exist it is made whole.
  if (live === undefined) return desired;
  const own = findOwnEntry(live.metadata, fieldManagerOf(applier.ownerId))?.fieldsV1;
  return withPart(desired, withoutLeft(body, left, { live, own }));
}

/** Our fields of now, where the watch says that they are still those of our last apply. */
function fieldsInForce({ baseline, live }: Standing): FieldSet | undefined {
  if (baseline === undefined || live === undefined || live.isDeleted) return undefined;
  const isSame = live.uid === baseline.uid && live.fingerprint?.hash === baseline.hash;
  return isSame ? fieldsOf(baseline) : undefined;
}

function withPart(desired: Desired, body: object): Desired {
  return { ...desired, part: Buffer.from(JSON.stringify(body)) };
}

async function readObject(applier: Applier, desired: Desired): Promise<KubeObject | undefined> {
  try {
    const { body } = await applier.client.request({
      method: 'GET',
      path: pathOf(desired),
      ...asAccount(applier.impersonate),
    });
    return kubeObjectSchema.parse(body);
  } catch (error) {
    if (error instanceof KubeError && error.code === 'KUBE_NOT_FOUND') return undefined;
    throw error;
  }
}

// One object, one server-side apply. The first apply of an object is unforced: it shows whose the object is, and what
// another tool reconciles is left to it. Later applies are forced: what we own, we keep.
import { ApplyError, KubeError } from '../../src/errors.ts';
import type { KubeMetadata } from '../../src/kube/object.ts';
import { formatIdentity } from '../../src/resources/resource.ts';
import { convertErrors, isImmutable } from './apply-errors.ts';
import { bodyOf, pathOf, type Desired } from './desired.ts';
import { foreignOwner, strangersOf } from './foreign-owners.ts';
import { isMadeOnly } from './object-rules.ts';
import { readMetadata, sendApply, type Applied, type Applier } from './object-requests.ts';
import { ownedByAnother } from './ownership-errors.ts';
import { recreate } from './recreate.ts';
import { takeEntriesOver } from './take-over.ts';

export { asAccount, type Applied, type Applier } from './object-requests.ts';

/**
 * Applies by force; an object that is only ever made stays as it is.
 * @param onDeleting called before the object is deleted to be made anew
 * @throws ApplyError
 */
export async function applyForced(
  applier: Applier,
  desired: Desired,
  onDeleting?: () => void,
): Promise<Applied> {
  return convertErrors(desired, () =>
    isMadeOnly(desired.rules)
      ? makeAbsent(applier, desired)
      : orRecreate(applier, desired, () => sendApply(applier, desired, bodyOf(desired), true), onDeleting),
  );
}

/**
 * Applies an object that is not in our records: creates it, or takes it over from people and tools that do not
 * reconcile it.
 * @throws ApplyError, `OWNED_BY_ANOTHER` for objects of other Deliveries, and of Flux, Argo CD and Helm unless adopted
 */
export async function applyFirst(
  applier: Applier,
  desired: Desired,
  onDeleting?: () => void,
): Promise<Applied> {
  return convertErrors(desired, () =>
    isMadeOnly(desired.rules)
      ? makeAbsent(applier, desired)
      : orRecreate(applier, desired, () => applyUnforced(applier, desired), onDeleting),
  );
}

/** No object has this version any more: what is made by an apply that names it was not there. */
const noVersion = '1';

/** Makes the object where there is none; where there is one, it is left as it is. */
async function makeAbsent(applier: Applier, desired: Desired): Promise<Applied> {
  try {
    return await sendApply(applier, desired, withMetadata(desired, { resourceVersion: noVersion }), false);
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== 'KUBE_CONFLICT') throw error;
    const object = await readMetadata(applier, pathOf(desired));
    if (object === undefined) throw error;
    const owner = foreignOwner(applier, desired, object.metadata);
    // To keep what another Delivery has would be to keep it from that one.
    if (owner?.ownerId !== undefined) throw ownedByAnother(desired, owner);
    return { object, isCreated: false };
  }
}

async function orRecreate(
  applier: Applier,
  desired: Desired,
  send: () => Promise<Applied>,
  onDeleting: (() => void) | undefined,
): Promise<Applied> {
  try {
    return await send();
  } catch (error) {
    if (!desired.recreates || !(error instanceof KubeError) || !isImmutable(error)) throw error;
    return recreate(applier, desired, onDeleting);
  }
}

async function applyUnforced(applier: Applier, desired: Desired): Promise<Applied> {
  let answer: Applied;
  try {
    answer = await sendApply(applier, desired, bodyOf(desired), false);
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== 'KUBE_CONFLICT') throw error;
    return takeOver(applier, desired);
  }
  if (answer.isCreated) return answer;
  const { metadata } = answer.object;
  const owner = foreignOwner(applier, desired, metadata);
  if (owner !== undefined) {
    // Equal values made no conflict, but the object is another's: give our share of it back.
    await sendApply(applier, desired, bareBody(desired), true);
    throw ownedByAnother(desired, owner);
  }
  warnOfStrangers(applier, desired, metadata);
  const taken = await takeEntriesOver(applier, desired, metadata);
  // Equal values made no conflict, and were kubectl's as well: now they are ours alone.
  return taken === metadata ? answer : applyAfter(applier, desired, taken);
}

async function takeOver(applier: Applier, desired: Desired): Promise<Applied> {
  const found = await readMetadata(applier, pathOf(desired));
  if (found === undefined) {
    const name = formatIdentity(desired.identity);
    throw new ApplyError('APPLY_CONFLICT', `${name} was deleted while it was looked at`, name, {
      retryable: true,
    });
  }
  const { metadata } = found;
  const owner = foreignOwner(applier, desired, metadata);
  if (owner !== undefined) throw ownedByAnother(desired, owner);
  warnOfStrangers(applier, desired, metadata);
  return applyAfter(applier, desired, await takeEntriesOver(applier, desired, metadata));
}

/** What was looked at is what is taken: uid and version are preconditions. */
function applyAfter(
  applier: Applier,
  desired: Desired,
  { uid, resourceVersion }: KubeMetadata,
): Promise<Applied> {
  return sendApply(applier, desired, withMetadata(desired, { uid, resourceVersion }), true);
}

/** A label or manager of an owner that does not exist blocks nobody, but somebody should know. */
function warnOfStrangers(applier: Applier, desired: Desired, metadata: KubeMetadata): void {
  const { identity } = desired;
  const strangers = strangersOf(applier, desired, metadata);
  if (strangers.length === 0) return;
  const named = strangers.map((stranger) => JSON.stringify(stranger.slice(0, 64))).join(', ');
  const note = `${formatIdentity(identity)} was marked as owned by ${named}, which is no Delivery that has it: it is taken over`;
  applier.warn('OwnerUnknown', note);
}

function bareBody({ identity, kind }: Desired): object {
  const { namespace, name } = identity;
  return {
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    kind: kind.kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  };
}

function withMetadata(desired: Desired, extra: object): object {
  const object: unknown = JSON.parse(bodyOf(desired).toString('utf8'));
  const { metadata } = object as { metadata: object }; // our own bytes
  return { ...(object as object), metadata: { ...metadata, ...extra } };
}

// An object with a field that can't be changed is deleted and made anew, where the artifact or the Delivery asks for it.
import { ApplyError } from '../../src/errors.ts';
import { formatIdentity } from '../../src/resources/resource.ts';
import { pathOf, wholeOf, type Desired } from './desired.ts';
import { foreignOwner } from './foreign-owners.ts';
import { readMetadata, sendApply, sendDelete, type Applied, type Applier } from './object-requests.ts';
import { ownedByAnother } from './ownership-errors.ts';

/**
 * Kinds whose pods must be gone before the new object is there: two generations of them would mount one volume, or do
 * one job twice. Everything else is deleted in the background, which waits for nothing.
 */
const ownersOfPods: ReadonlySet<string> = new Set([
  'apps/Deployment',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'apps/ReplicaSet',
  'batch/Job',
  'batch/CronJob',
]);

/**
 * Deletes and makes anew.
 * @param onDeleting called before the deletion: from then on the object is made again whatever happens here
 * @throws KubeError, ApplyError `WAIT_TIMEOUT` where finalizers hold it
 */
export async function recreate(
  applier: Applier,
  desired: Desired,
  onDeleting?: () => void,
): Promise<Applied> {
  const found = await readMetadata(applier, pathOf(desired));
  if (found !== undefined) {
    const owner = foreignOwner(applier, desired, found.metadata);
    if (owner !== undefined) throw ownedByAnother(desired, owner);
    onDeleting?.();
    const { uid } = found.metadata;
    const { group, kind } = desired.identity;
    const isForeground = ownersOfPods.has(`${group}/${kind}`);
    const left =
      found.metadata.deletionTimestamp === undefined
        ? await sendDelete(applier, pathOf(desired), { uid, isForeground })
        : found;
    if (left !== undefined && !(await applier.untilGone(desired, uid))) {
      throw stillThere(desired, left.metadata.finalizers ?? []);
    }
  }
  // Unforced: what somebody else has made meanwhile is looked at by the next try.
  return sendApply(applier, desired, wholeOf(desired), false);
}

function stillThere({ identity }: Desired, finalizers: readonly string[]): ApplyError {
  const resource = formatIdentity(identity);
  const held = finalizers.length === 0 ? '' : `, held by finalizers ${finalizers.slice(0, 3).join(', ')}`;
  return new ApplyError('WAIT_TIMEOUT', `${resource} is being deleted to be made anew${held}`, resource, {
    retryable: true,
  });
}

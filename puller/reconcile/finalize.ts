// The end of a Delivery: what it applied is deleted where it says so, and waited for where it says that, too; then it
// is let go.
import { finalizer } from '../../src/api/common.ts';
import { errorMessageOf, KubeError, type ErrorCode, type SealiftError } from '../../src/errors.ts';
import { acceptObjectMetadata } from '../../src/kube/object.ts';
import { formatIdentity } from '../../src/resources/resource.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { Services } from '../services.ts';
import { deliveryKind } from '../own-kinds.ts';
import { followBaselines } from './apply-accepted.ts';
import { joinFailures } from './apply-delivery.ts';
import { isDenied } from './apply-errors.ts';
import { boundsOf } from './bounds.ts';
import { followLeaving, pruneEntries, type PruneContext, type PruneResult } from './prune.ts';
import { emptyRecord } from './record.ts';
import { names, type Runtime } from './runtime.ts';
import { entriesAfter, nothingPruned, pruneContextOf } from './settle-left.ts';

/** Makes sure that a deletion waits for us. */
export async function addFinalizer({ client }: Services, { delivery }: Runtime): Promise<void> {
  const { finalizers = [] } = delivery.metadata;
  if (finalizers.includes(finalizer)) return;
  await patchFinalizers(client, delivery.metadata, [...finalizers, finalizer]);
}

/**
 * Deletes what is to be deleted and lets the Delivery go; where its objects are to be gone first, it is called again.
 * @throws FailuresError where an object could not be deleted; it is tried again
 */
export async function finalizeDelivery(services: Services, runtime: Runtime): Promise<void> {
  const { delivery, ownerId } = runtime;
  const { finalizers = [] } = delivery.metadata;
  if (!finalizers.includes(finalizer)) return;
  if (deletesObjects(runtime)) {
    // What a repair made anew is what is deleted, and waited for.
    const entries = followBaselines(services, ownerId, runtime.record.entries);
    runtime.record = { ...runtime.record, entries };
    const pruned = await deleteObjects(services, runtime);
    // Whatever failed before, an apply or a deletion, hinders nothing any more.
    runtime.failure = undefined;
    if (delivery.spec.deletionPolicy === 'WaitForTermination' && (await mustWait(services, runtime, pruned)))
      return;
  }
  await services.recordStore.remove(ownerId);
  runtime.record = emptyRecord(runtime.record.delivery);
  await patchFinalizers(
    services.client,
    delivery.metadata,
    finalizers.filter((name) => name !== finalizer),
  );
}

function deletesObjects({ delivery: { spec } }: Runtime): boolean {
  if (spec.suspend || spec.deletionPolicy === 'Orphan') return false;
  return spec.deletionPolicy === 'MirrorPrune' ? spec.prune : true;
}

async function deleteObjects(services: Services, runtime: Runtime): Promise<PruneResult> {
  const context = pruneContextOf(services, runtime);
  if (context === undefined) return nothingPruned;
  const pruned = await pruneAll(context, runtime);
  const { failures, deleted, kept } = pruned;
  const failed = joinFailures(failures);
  if (failed !== undefined && !arePowerless(failures)) throw failed;
  if (failed !== undefined) {
    services.log('warn', 'objects are left behind: the service account may not delete them', {
      ...names(runtime),
      error: errorMessageOf(failed),
    });
  }
  for (const { identity, reason } of kept) {
    services.log('info', 'kept', { ...names(runtime), object: formatIdentity(identity), reason });
  }
  if (deleted.length > 0)
    services.log('info', 'pruned with the Delivery', { ...names(runtime), deleted: deleted.length });
  return pruned;
}

/**
 * Without the account, or its rights, nothing can be deleted any more: waiting would hang the namespace. What admission
 * denies may be allowed later, and hangs the namespace by itself.
 */
function arePowerless(failures: readonly SealiftError<ErrorCode>[]): boolean {
  return failures.every(
    ({ cause }) => cause instanceof KubeError && cause.code === 'KUBE_FORBIDDEN' && !isDenied(cause),
  );
}

async function pruneAll(context: PruneContext, { record }: Runtime): Promise<PruneResult> {
  const entries = Object.entries(record.entries);
  const leaving = new Map(entries.filter(([, entry]) => entry.isLeaving === true));
  const gone = await followLeaving(context, leaving);
  const pruned = await pruneEntries(context, new Map(entries.filter(([key]) => !leaving.has(key))));
  return {
    ...pruned,
    settled: new Set([...pruned.settled, ...gone]),
    leaving: new Set([...pruned.leaving, ...[...leaving.keys()].filter((key) => !gone.has(key))]),
  };
}

/** Whether objects are still on their way out, and there is time for it: the watches tell when they have gone. */
async function mustWait(services: Services, runtime: Runtime, pruned: PruneResult): Promise<boolean> {
  const { leaving } = pruned;
  if (leaving.size === 0) return false;
  const { keeper, monotonic, recordStore } = services;
  runtime.terminationDeadlineMs ??= monotonic() + boundsOf(runtime.delivery.spec).timeoutMs;
  const named = keeper.departures
    .of(runtime.ownerId)
    .slice(0, 3)
    .map(({ identity }) => formatIdentity(identity));
  if (monotonic() >= runtime.terminationDeadlineMs) {
    const note = `let go after spec.timeout, although ${leaving.size} objects are not gone: ${named.join(', ')}`;
    services.log('warn', 'objects are not gone', { ...names(runtime), objects: leaving.size, error: note });
    services.tell(runtime, 'Warning', 'TerminationTimeout', note);
    return false;
  }
  const entries = entriesAfter(runtime.record.entries, pruned);
  if (
    Object.keys(entries).length !== Object.keys(runtime.record.entries).length ||
    pruned.deleted.length > 0
  ) {
    const record = { ...runtime.record, entries };
    await recordStore.write(runtime.ownerId, record);
    runtime.record = record;
  }
  return true;
}

async function patchFinalizers(
  client: Services['client'],
  { namespace, name, uid, resourceVersion }: Runtime['delivery']['metadata'],
  finalizers: readonly string[],
): Promise<void> {
  try {
    await client.request({
      method: 'PATCH',
      path: resourcePath(deliveryKind, namespace, name),
      contentType: 'application/merge-patch+json',
      accept: acceptObjectMetadata,
      // The version is the lock: another controller's finalizer must not be lost.
      body: { metadata: { uid, resourceVersion, finalizers } },
    });
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== 'KUBE_NOT_FOUND') throw error;
  }
}

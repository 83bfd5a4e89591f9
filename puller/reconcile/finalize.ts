// The end of a Delivery: what it applied is pruned where it says so, then it is let go.
import { finalizer } from '../../src/api/common.ts';
import { errorMessageOf, KubeError } from '../../src/errors.ts';
import { acceptObjectMetadata } from '../../src/kube/object.ts';
import { formatIdentity } from '../../src/resources/resource.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { Services } from '../services.ts';
import { deliveryKind } from '../own-kinds.ts';
import { joinFailures } from './apply-delivery.ts';
import { applierFor } from './applier.ts';
import { pruneEntries } from './prune.ts';
import { nothingPruned } from './apply-accepted.ts';
import { names, type Runtime } from './runtime.ts';

/** Makes sure that a deletion waits for us. */
export async function addFinalizer({ client }: Services, { delivery }: Runtime): Promise<void> {
  const { finalizers = [] } = delivery.metadata;
  if (finalizers.includes(finalizer)) return;
  await patchFinalizers(client, delivery.metadata, [...finalizers, finalizer]);
}

/**
 * Prunes and lets go.
 * @throws FailuresError where an object could not be deleted; it is tried again
 */
export async function finalizeDelivery(services: Services, runtime: Runtime): Promise<void> {
  const { delivery, ownerId, record } = runtime;
  const { finalizers = [] } = delivery.metadata;
  if (!finalizers.includes(finalizer)) return;
  if (delivery.spec.prune && !delivery.spec.suspend) {
    const { keeper, discovery } = services;
    const entries = new Map(Object.entries(record.entries));
    const applier = applierFor(services, runtime);
    const { failures, deleted, kept } =
      applier === undefined ? nothingPruned : await pruneEntries({ keeper, discovery, applier }, entries);
    // Without the account, or its rights, nothing can be deleted any more: waiting would hang the namespace.
    const isPowerless =
      failures.length > 0 &&
      failures.every(({ cause }) => cause instanceof KubeError && cause.code === 'KUBE_FORBIDDEN');
    const failed = joinFailures(failures);
    if (failed !== undefined && !isPowerless) throw failed;
    if (failed !== undefined) {
      services.log('warn', 'objects are left behind: the service account may not delete them', {
        ...names(runtime),
        error: errorMessageOf(failed),
      });
    }
    for (const { identity, reason } of kept) {
      services.log('info', 'kept', { ...names(runtime), object: formatIdentity(identity), reason });
    }
    services.log('info', 'pruned with the Delivery', { ...names(runtime), deleted: deleted.length });
  }
  await services.recordStore.remove(ownerId);
  await patchFinalizers(
    services.client,
    delivery.metadata,
    finalizers.filter((name) => name !== finalizer),
  );
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

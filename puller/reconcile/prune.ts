// Deletes what left the artifact: only what is in our record and still carries our label, our Apply entry and the same
// uid. Whoever merely copies a label gets nothing deleted.
import {
  ApplyError,
  errorMessageOf,
  isSealiftError,
  KubeError,
  type ErrorCode,
  type SealiftError,
} from '../../src/errors.ts';
import type { Discovery, ResourceKind } from '../../src/kube/discovery.ts';
import { acceptObjectMetadata, kubeObjectSchema } from '../../src/kube/object.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { formatIdentity, type ResourceIdentity } from '../../src/resources/resource.ts';
import { stageOf, stages } from '../../src/resources/stages.ts';
import { forEachConcurrently } from './apply-delivery.ts';
import { asAccount, type Applier } from './apply-object.ts';
import type { Keeper } from './keeper.ts';
import { liveOfObject, type Live } from './live-objects.ts';
import type { RecordEntry } from './record.ts';

export type PruneResult = {
  /** Objects that were deleted. */
  readonly deleted: readonly ResourceIdentity[];
  /** Objects that were left in the cluster on purpose, and why. */
  readonly kept: readonly { readonly identity: ResourceIdentity; readonly reason: string }[];
  /** Keys that are no longer ours: deleted, gone, or another's. */
  readonly settled: ReadonlySet<string>;
  readonly failures: readonly SealiftError<ErrorCode>[];
};

/** Their deletion takes data or other people's objects along: they stay until somebody deletes them by hand. */
const protectedKinds: ReadonlySet<string> = new Set([
  '/Namespace',
  '/PersistentVolumeClaim',
  'apiextensions.k8s.io/CustomResourceDefinition',
]);

const concurrency = 8;

/** Goes backwards through the stages. */
export async function pruneEntries(
  { keeper, discovery, applier }: { keeper: Keeper; discovery: Discovery; applier: Applier },
  entries: ReadonlyMap<string, RecordEntry>,
): Promise<PruneResult> {
  const deleted: ResourceIdentity[] = [];
  const kept: { identity: ResourceIdentity; reason: string }[] = [];
  const settled = new Set<string>();
  const failures: SealiftError<ErrorCode>[] = [];
  for (const stage of stages.toReversed()) {
    const ofStage = [...entries].filter(([, entry]) => stageOf(entry) === stage);
    await forEachConcurrently(ofStage, concurrency, async ([key, entry]) => {
      const identity = toIdentity(entry);
      const tracked = keeper.get(key);
      const isKept = tracked?.ownerId === applier.ownerId;
      keeper.release(key, applier.ownerId);
      try {
        // A repair under way would make the object again.
        if (isKept) await tracked.busy;
        // An object that was made again by a repair has another uid than the record says.
        const uid = isKept ? tracked.baseline.uid : entry.applied?.uid;
        const outcome = await pruneOne({ keeper, discovery, applier }, key, { ...entry, uid });
        settled.add(key);
        if (outcome === 'deleted') deleted.push(identity);
        else if (outcome !== 'gone') kept.push({ identity, reason: outcome });
      } catch (error) {
        if (!isSealiftError(error)) throw error;
        const name = formatIdentity(identity);
        failures.push(
          new ApplyError('PRUNE_FAILED', `${name}: ${errorMessageOf(error, 300)}`, name, {
            cause: error,
            retryable: true,
          }),
        );
      }
    });
  }
  return { deleted, kept, settled, failures };
}

/** `deleted`, `gone`, or why the object is kept. */
async function pruneOne(
  { keeper, discovery, applier }: { keeper: Keeper; discovery: Discovery; applier: Applier },
  key: string,
  entry: RecordEntry & { readonly uid: string | undefined },
): Promise<string> {
  const kind = await discovery.find(entry.group, entry.version, entry.kind);
  if (kind === undefined) return 'gone';
  const live = keeper.live(key) ?? (await readLive(applier, kind, entry));
  if (live === undefined || live.isDeleted || live.isTerminating) return 'gone';
  if (protectedKinds.has(`${entry.group}/${entry.kind}`)) return 'its kind is never pruned';
  if (live.ownerId !== applier.ownerId || live.fingerprint === undefined) return 'it is no longer ours';
  if (entry.uid !== undefined && live.uid !== entry.uid) return 'it was made anew by somebody else';
  await deleteObject(applier, kind, entry, live.uid);
  return 'deleted';
}

async function deleteObject(
  applier: Applier,
  kind: ResourceKind,
  entry: RecordEntry,
  uid: string,
): Promise<void> {
  try {
    await applier.client.request({
      method: 'DELETE',
      path: resourcePath(kind, entry.namespace, entry.name),
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: 'Background',
        preconditions: { uid },
      },
      ...asAccount(applier.impersonate),
    });
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== 'KUBE_NOT_FOUND') throw error;
  }
}

/** Of kinds that are not watched, and after a restart with a changed artifact. */
async function readLive(applier: Applier, kind: ResourceKind, entry: RecordEntry): Promise<Live | undefined> {
  try {
    const answer = await applier.client.request({
      method: 'GET',
      path: resourcePath(kind, entry.namespace, entry.name),
      accept: acceptObjectMetadata,
      ...asAccount(applier.impersonate),
    });
    return liveOfObject(kubeObjectSchema.parse(answer.body));
  } catch (error) {
    if (error instanceof KubeError && error.code === 'KUBE_NOT_FOUND') return undefined;
    throw error;
  }
}

function toIdentity({ group, version, kind, namespace, name }: RecordEntry): ResourceIdentity {
  return { group, version, kind, ...(namespace === undefined ? {} : { namespace }), name };
}

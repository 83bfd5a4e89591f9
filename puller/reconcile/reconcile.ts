// One look at a Delivery: read its source, decide, apply, prune. What is refused changes nothing that runs.
import { parseDurationMs } from '../../src/api/common.ts';
import {
  ContentError,
  errorCodeOf,
  errorMessageOf,
  FailuresError,
  InputError,
  isSealiftError,
  PolicyError,
  RegistryError,
} from '../../src/errors.ts';
import { formatIdentity } from '../../src/resources/resource.ts';
import { parseSourceUrl } from '../../src/trust/source-url.ts';
import { acceptApplied, acceptTag, type AcceptedArtifact, type AcceptRequest } from '../source/accept.ts';
import type { Services, Source } from '../services.ts';
import { reasonOf } from '../status/conditions.ts';
import { applyResources, joinFailures, type ApplyCounts } from './apply-delivery.ts';
import { applierFor } from './applier.ts';
import { pruneEntries } from './prune.ts';
import type { DeliveryRecord, RecordEntry } from './record.ts';
import type { Failure, Runtime } from './runtime.ts';

/** Why it is looked at: `isFull` verifies and applies also what looks unchanged. */
export type Reason = { readonly isFull: boolean };

export async function reconcileDelivery(services: Services, runtime: Runtime, reason: Reason): Promise<void> {
  if (runtime.delivery.spec.suspend) {
    services.touch(runtime);
    return;
  }
  try {
    assertServiceAccount(services, runtime);
    const request = prepare(services, runtime);
    await restore(services, runtime, request);
    await follow(services, runtime, request, reason);
  } catch (error) {
    if (services.signal.aborted) return;
    judge(services, runtime, error, undefined);
  }
  services.touch(runtime);
}

/** Writes as the puller itself would give a tenant the puller's rights. */
function assertServiceAccount({ pullerNamespace }: Services, { delivery }: Runtime): void {
  const { namespace } = delivery.metadata;
  if (namespace === pullerNamespace || delivery.spec.serviceAccountName !== undefined) return;
  throw new InputError(
    'INPUT_MISSING',
    `spec.serviceAccountName is missing: it is required outside namespace ${pullerNamespace}`,
  );
}

type Prepared = {
  readonly source: Source;
  readonly request: AcceptRequest;
  readonly digest: () => string | undefined;
};

function prepare(services: Services, { delivery }: Runtime): Prepared {
  const { url: text, ref, insecure, timeout } = delivery.spec.source;
  const url = parseSourceUrl(text);
  const source = services.openSource(url, insecure);
  let resolved: string | undefined;
  return {
    source,
    digest: () => resolved,
    request: {
      source,
      url,
      tag: ref.tag,
      namespace: delivery.metadata.namespace,
      policies: services.policies(),
      records: services.promotions,
      pullerNamespace: services.pullerNamespace,
      now: services.now,
      signal: AbortSignal.any([services.signal, AbortSignal.timeout(parseDurationMs(timeout))]),
      onResolved: (digest) => {
        resolved = digest;
      },
    },
  };
}

/** After a restart: what was applied is read again by its digest, judged anew, and kept from here on. */
async function restore(services: Services, runtime: Runtime, { request }: Prepared): Promise<void> {
  const { digest, promotion, revision } = runtime.record;
  if (runtime.accepted !== undefined || digest === undefined) return;
  try {
    const former = await acceptApplied(
      request,
      digest,
      promotion === undefined ? undefined : (promotion as AcceptedArtifact['promotion']),
    ); // digestTextSchema checked the digest's form
    trust(services, runtime, { ...former, revision: revision ?? former.revision });
    await apply(services, runtime, { isFull: false });
  } catch (error) {
    if (services.signal.aborted) throw error;
    // The tag's own verdict follows, and says what is wrong.
    services.log('warn', 'what was applied can not be read again', {
      ...names(runtime),
      error: errorMessageOf(error),
    });
  }
}

async function follow(
  services: Services,
  runtime: Runtime,
  prepared: Prepared,
  { isFull }: Reason,
): Promise<void> {
  const { source, request } = prepared;
  const { accepted } = runtime;
  try {
    const isUnchanged =
      accepted !== undefined && runtime.isTrusted && runtime.refusal === undefined && !isFull;
    if (isUnchanged && (await source.peek(request.tag, request.signal)) === accepted.digest) {
      runtime.outage = undefined;
    } else trust(services, runtime, await acceptTag(request));
  } catch (error) {
    if (services.signal.aborted) throw error;
    judge(services, runtime, error, prepared.digest());
    return;
  }
  const isDone =
    runtime.record.isComplete &&
    runtime.record.digest === runtime.accepted?.digest &&
    runtime.failure === undefined;
  if (isFull || !isDone) await apply(services, runtime, { isFull });
}

function trust(services: Services, runtime: Runtime, accepted: AcceptedArtifact): void {
  runtime.accepted = accepted;
  runtime.isTrusted = true;
  runtime.refusal = undefined;
  runtime.outage = undefined;
  runtime.verifiedMs = services.now();
}

/** An error as a refusal or an outage; the two must not be confused, and neither touches what runs. */
function judge(services: Services, runtime: Runtime, error: unknown, digest: string | undefined): void {
  const failure = toFailure(error);
  if (isOutage(error)) {
    if (runtime.outage?.message !== failure.message)
      services.log('warn', 'source can not be read', {
        ...names(runtime),
        code: failure.code,
        error: failure.message,
      });
    runtime.outage = failure;
    return;
  }
  const isNews = runtime.refusal?.code !== failure.code || runtime.refusal.digest !== digest;
  runtime.refusal = { ...failure, digest };
  runtime.outage = undefined;
  // What runs is what was refused: a key was revoked, or a policy changed. Nothing is corrected, nothing torn down.
  const isPolicyGone = digest === undefined && error instanceof PolicyError;
  if (isPolicyGone || digest === runtime.accepted?.digest) runtime.isTrusted = false;
  if (!isNews) return;
  services.log('warn', 'refused', { ...names(runtime), code: failure.code, error: failure.message, digest });
  services.tell(
    runtime,
    'Warning',
    reasonOf(failure.code),
    `refused ${digest ?? 'the source'}: ${failure.code}: ${failure.message}`,
  );
}

function isOutage(error: unknown): boolean {
  if (error instanceof RegistryError) return true;
  if (error instanceof ContentError) return false;
  if (isSealiftError(error)) return error.retryable;
  return error instanceof DOMException && error.name === 'TimeoutError';
}

function toFailure(error: unknown): Failure {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return { code: 'REGISTRY_TIMEOUT', message: 'source could not be read within spec.source.timeout' };
  }
  if (error instanceof FailuresError) {
    const named = error.errors
      .slice(0, 3)
      .map(({ message }) => message)
      .join('; ');
    return { code: error.code, message: errorMessageOf(named) };
  }
  return { code: errorCodeOf(error) ?? 'INTERNAL', message: errorMessageOf(error) };
}

/** Applies what was accepted, then prunes; failures stand in the runtime. */
async function apply(services: Services, runtime: Runtime, { isFull }: Reason): Promise<void> {
  const { accepted, ownerId, delivery } = runtime;
  if (accepted === undefined) return;
  const { namespace, name } = delivery.metadata;
  const before = runtime.record;
  runtime.isApplying = !before.isComplete || before.digest !== accepted.digest;
  if (runtime.isApplying) services.touch(runtime);
  const release = services.watches.hold();
  try {
    const write = async (record: DeliveryRecord): Promise<void> => {
      runtime.record = record;
      await services.recordStore.write(ownerId, record);
    };
    const result = await applyResources(
      {
        keeper: services.keeper,
        watches: services.watches,
        discovery: services.discovery,
        owner: { ownerId, namespace, name, hashKey: Buffer.from(before.hashKey, 'base64') },
        record: before,
        writeRecord: write,
        isSafetyNet: isFull,
        signal: services.signal,
      },
      accepted.resources,
    );
    runtime.keys = result.keys;
    runtime.appliedDigest = accepted.digest;
    runtime.unwatched = result.unwatched;
    const left = new Map(Object.entries(result.record.entries).filter(([key]) => !result.keys.has(key)));
    const pruned = await settleLeft(services, runtime, left, result.failures.length > 0);
    const failed = joinFailures([...result.failures, ...pruned.failures]);
    const record: DeliveryRecord = {
      ...result.record,
      digest: accepted.digest,
      revision: accepted.revision,
      isComplete: failed === undefined,
      promotion: accepted.promotion,
      entries: Object.fromEntries(
        Object.entries(result.record.entries).filter(([key]) => !pruned.settled.has(key)),
      ),
    };
    if (JSON.stringify(record) === JSON.stringify(before)) runtime.record = before;
    else await write(record);
    release();
    services.watches.retain(services.keeper.kinds());
    // What changed while corrections were off, by suspension or by policy, is seen now.
    services.keeper.recheck(ownerId);
    report(services, runtime, { failed, counts: result.counts, deleted: pruned.deleted });
  } finally {
    release();
    runtime.isApplying = false;
  }
}

type Settled = Pick<Awaited<ReturnType<typeof pruneEntries>>, 'deleted' | 'failures' | 'settled'>;

/** What left the artifact: pruned, or let go where the Delivery does not prune; after a failure it is kept. */
async function settleLeft(
  services: Services,
  runtime: Runtime,
  left: ReadonlyMap<string, RecordEntry>,
  hasFailed: boolean,
): Promise<Settled> {
  if (hasFailed || left.size === 0) return { deleted: [], failures: [], settled: new Set() };
  if (!runtime.delivery.spec.prune) {
    for (const key of left.keys()) services.keeper.release(key);
    return { deleted: [], failures: [], settled: new Set(left.keys()) };
  }
  const { keeper, discovery } = services;
  const result = await pruneEntries({ keeper, discovery, applier: applierFor(services, runtime) }, left);
  for (const { identity, reason } of result.kept) {
    services.tell(
      runtime,
      'Warning',
      'PruneSkipped',
      `${formatIdentity(identity)} left the artifact and is kept: ${reason}`,
    );
  }
  return result;
}

type Outcome = {
  readonly failed: ReturnType<typeof joinFailures>;
  readonly counts: ApplyCounts;
  readonly deleted: readonly unknown[];
};

function report(services: Services, runtime: Runtime, { failed, counts, deleted }: Outcome): void {
  const { accepted } = runtime;
  const { created, configured, unchanged } = counts;
  const hasChanged = created + configured + deleted.length > 0;
  const summary = `${created} created, ${configured} configured, ${unchanged} unchanged, ${deleted.length} deleted`;
  const former = runtime.failure;
  runtime.failure = failed === undefined ? undefined : { code: failed.code, message: failed.message };
  if (failed !== undefined) {
    services.log('error', 'apply failed', { ...names(runtime), error: failed.message });
    if (former?.message !== failed.message)
      services.tell(runtime, 'Warning', reasonOf(failed.code), failed.message);
  } else if (hasChanged) {
    services.log('info', 'applied', {
      ...names(runtime),
      revision: accepted?.revision,
      created,
      configured,
      unchanged,
      deleted: deleted.length,
    });
    services.tell(runtime, 'Normal', 'Applied', `applied ${accepted?.revision ?? ''}: ${summary}`);
  }
}

/** A Delivery's name for the log. */
export function names({ delivery }: Runtime): { readonly delivery: string } {
  return { delivery: `${delivery.metadata.namespace}/${delivery.metadata.name}` };
}

// One look at a Delivery: judge what runs, read its source, decide, apply, prune. What is refused changes nothing that
// runs; what the source says never decides whether what runs is trusted.
import { errorMessageOf, InputError } from '../../src/errors.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { transformsOfSpec } from '../../src/render/transforms.ts';
import { parseSourceUrl } from '../../src/trust/source-url.ts';
import { acceptApplied, acceptTag, type AcceptedArtifact, type AcceptRequest } from '../source/accept.ts';
import type { Services, Source } from '../services.ts';
import { applyAccepted, isOfRecord } from './apply-accepted.ts';
import { applierFor } from './applier.ts';
import { boundsOf } from './bounds.ts';
import { judgeKept, judgeSource, toFailure } from './judge.ts';
import { names, type Runtime } from './runtime.ts';

/** Why it is looked at: `isFull` verifies and applies also what looks unchanged. */
export type Reason = { readonly isFull: boolean };

export async function reconcileDelivery(services: Services, runtime: Runtime, reason: Reason): Promise<void> {
  if (runtime.delivery.spec.suspend || runtime.unreadable !== undefined) return;
  try {
    assertAccount(services, runtime);
  } catch (error) {
    // Nobody to write as: what runs is not corrected, either.
    runtime.distrust = toFailure(error);
    judgeSource(services, runtime, error, undefined);
    return;
  }
  try {
    await restore(services, runtime);
    judgeKept(services, runtime);
    await follow(services, runtime, reason);
  } catch (error) {
    if (!services.signal.aborted) judgeSource(services, runtime, error, undefined);
  }
}

/** Writes as the puller itself would give a tenant the puller's rights. */
function assertAccount(services: Services, runtime: Runtime): void {
  if (applierFor(services, runtime) !== undefined) return;
  throw new InputError(
    'INPUT_MISSING',
    `spec.serviceAccountName is missing: it is required outside namespace ${services.pullerNamespace}`,
  );
}

type Prepared = {
  readonly source: Source;
  readonly request: AcceptRequest;
  readonly digest: () => Digest | undefined;
};

/** The time for the source starts to run here. */
function prepare(services: Services, { delivery, record, outage }: Runtime, isFull: boolean): Prepared {
  const { url: text, ref } = delivery.spec.source;
  const url = parseSourceUrl(text);
  // After a failure the way may have changed: a rotated password, another CA.
  const source = services.openSource(delivery, url, isFull || outage !== undefined);
  let resolved: Digest | undefined;
  return {
    source,
    digest: () => resolved,
    request: {
      source,
      url,
      tag: ref.digest ?? ref.tag ?? '',
      namespace: delivery.metadata.namespace,
      policies: services.policies,
      mayBeUnverified: services.mayBeUnverified,
      transforms: transformsOfSpec(delivery.spec),
      records: services.promotions,
      healthy: record.healthy ?? [],
      pullerNamespace: services.pullerNamespace,
      now: services.now,
      signal: AbortSignal.any([
        services.signal,
        AbortSignal.timeout(boundsOf(delivery.spec).sourceTimeoutMs),
      ]),
      onResolved: (digest) => {
        resolved = digest;
      },
    },
  };
}

/** After a restart: what was applied, or begun, is read again by its digest, judged anew, and kept from here on. */
async function restore(services: Services, runtime: Runtime): Promise<void> {
  const { digest, promotion, revision } = runtime.record;
  if (runtime.accepted !== undefined || digest === undefined) return;
  try {
    const former = await acceptApplied(prepare(services, runtime, false).request, digest, promotion);
    trust(services, runtime, { ...former, revision: revision ?? former.revision });
    await applyAccepted(services, runtime, { isFull: false, mayPrune: false });
  } catch (error) {
    if (services.signal.aborted) throw error;
    // The tag's own verdict follows, and says what is wrong.
    const text = errorMessageOf(error);
    services.log('warn', 'what was applied can not be read again', { ...names(runtime), error: text });
  }
}

async function follow(services: Services, runtime: Runtime, { isFull }: Reason): Promise<void> {
  const prepared = prepare(services, runtime, isFull);
  if (isFull) {
    runtime.mustVerify = true;
    runtime.mustApply = true;
  }
  try {
    await lookAtTag(services, runtime, prepared);
  } catch (error) {
    if (services.signal.aborted) throw error;
    judgeSource(services, runtime, error, prepared.digest());
    await keepOn(services, runtime, { isFull });
    return;
  }
  const { record, failure, mustApply } = runtime;
  const isApplied = runtime.accepted !== undefined && isOfRecord(record, runtime.accepted);
  const isDone = record.isComplete && isApplied && failure === undefined;
  // A changed spec must not be forgotten for an outage: it is due until the source could be read.
  runtime.mustApply = false;
  if (mustApply || !isDone) await applyAccepted(services, runtime, { isFull: mustApply, mayPrune: true });
}

/** Verifies what the tag shows, unless one request says that it is what was verified before. */
async function lookAtTag(services: Services, runtime: Runtime, { source, request }: Prepared): Promise<void> {
  const { accepted } = runtime;
  const isDue = accepted !== undefined && areReferrersDue(services, runtime, accepted);
  const mayBeUnchanged = accepted !== undefined && !isDue && !mustVerify(runtime, accepted, request);
  const known = mayBeUnchanged ? accepted.digest : undefined;
  if (known !== undefined && (await source.peek(request.tag, request.signal, known)) === known) {
    runtime.outage = undefined;
    return;
  }
  trust(services, runtime, await acceptTag(request));
  runtime.mustVerify = false;
}

/** Whether the tag's verdict is due, or what is kept was accepted from elsewhere. */
function mustVerify(runtime: Runtime, { basis }: AcceptedArtifact, request: AcceptRequest): boolean {
  const { url, tag } = basis.followed;
  const isElsewhere = url.canonical !== request.url.canonical || tag !== request.tag;
  if (basis.transformsKey !== JSON.stringify(request.transforms)) return true;
  const { distrust, refusal, overdue } = runtime;
  return (
    runtime.mustVerify || isElsewhere || [distrust, refusal, overdue].some((found) => found !== undefined)
  );
}

/** A heartbeat moves no tag: referrers are read again in time to see one. */
function areReferrersDue(
  services: Services,
  { referrersReadMs, verifiedMs, delivery }: Runtime,
  { promotion }: AcceptedArtifact,
): boolean {
  if (promotion?.deadlineMs === undefined) return false;
  const dueMs = Math.max(boundsOf(delivery.spec).sourceIntervalMs, (promotion.deadlineMs - verifiedMs) / 4);
  return services.monotonic() - referrersReadMs >= dueMs;
}

/** A refused update or an outage stops no work on what runs; pruning waits until the channel's artifact is known. */
async function keepOn(services: Services, runtime: Runtime, { isFull }: Reason): Promise<void> {
  const { accepted, record, failure } = runtime;
  const isDue = isFull || failure !== undefined || !record.isComplete;
  if (accepted !== undefined && isDue) await applyAccepted(services, runtime, { isFull, mayPrune: false });
}

function trust(services: Services, runtime: Runtime, accepted: AcceptedArtifact): void {
  const before = runtime.accepted;
  runtime.accepted = accepted;
  runtime.distrust = undefined;
  runtime.refusal = undefined;
  runtime.outage = undefined;
  runtime.overdue = undefined;
  runtime.verifiedMs = services.now();
  runtime.referrersReadMs = services.monotonic();
  const { rolledBackFrom } = accepted;
  if (rolledBackFrom !== undefined && rolledBackFrom !== before?.rolledBackFrom) {
    const note = `returned from sequence ${rolledBackFrom} to ${accepted.revision}, as its PromotionRecord asks`;
    services.log('warn', 'rolled back locally', {
      ...names(runtime),
      digest: accepted.digest,
      rolledBackFrom,
    });
    services.tell(runtime, 'Warning', 'RolledBackLocally', note);
  }
  const warning = accepted.warnings.join('; ');
  if (warning !== '' && warning !== before?.warnings.join('; ')) {
    services.log('warn', 'a policy that audits would refuse', { ...names(runtime), warning });
    services.tell(runtime, 'Warning', 'AuditRefused', `accepted ${accepted.revision}, but ${warning}`);
  }
}

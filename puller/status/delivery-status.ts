// A Delivery's status: computed whole, written only where it differs from what was written last.
import { isDeepStrictEqual } from 'node:util';
import type { Delivery } from '../../src/api/delivery.ts';
import type { DeliveryStatus } from '../../src/api/delivery-status.ts';
import type { KubeClient } from '../../src/kube/request.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { acceptObjectMetadata } from '../../src/kube/object.ts';
import { errorMessageOf } from '../../src/errors.ts';
import { deliveryKind } from '../own-kinds.ts';
import type { AcceptedArtifact } from '../source/accepted-artifact.ts';
import type { Runtime } from '../reconcile/runtime.ts';
import { computeConditions, formatTime } from './conditions.ts';
import { historyParts } from './history-status.ts';

/** What a status goes by besides what is known of the Delivery. */
export type StatusFacts = {
  readonly nowMs: number;
  readonly monotonicMs: number;
  /** Whether an artifact lies on the puller's volume. */
  readonly isStored?: (digest: string) => boolean;
};

/** What the status of a runtime is now. */
export function computeStatus(
  runtime: Runtime,
  previous: DeliveryStatus | undefined,
  { isStored = () => false, ...times }: StatusFacts,
): DeliveryStatus {
  const { accepted, keys, handledRequest, looks } = runtime;
  // What was not looked at yet is not observed, whatever is told of the objects meanwhile.
  const observedGeneration = looks.generation ?? previous?.observedGeneration;
  return {
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    conditions: [...computeConditions(runtime, previous?.conditions, { ...times, observedGeneration })],
    ...(accepted === undefined ? keptParts(previous) : acceptedParts(runtime, accepted, previous)),
    ...candidatePart(runtime),
    ...historyParts(runtime, isStored),
    ...(keys.size === 0 ? {} : { resources: keys.size }),
    ...revisionParts(runtime, previous),
    ...(handledRequest === undefined ? {} : { lastHandledReconcileAt: handledRequest.slice(0, 256) }),
  };
}

function revisionParts(
  { accepted, record }: Runtime,
  previous: DeliveryStatus | undefined,
): Pick<DeliveryStatus, 'lastAppliedRevision' | 'lastAppliedOriginRevision' | 'lastAttemptedRevision'> {
  const { appliedRevision, appliedOriginRevision } = record;
  const attempted = accepted?.revision ?? previous?.lastAttemptedRevision;
  return {
    ...(appliedRevision === undefined ? {} : { lastAppliedRevision: appliedRevision }),
    ...(appliedOriginRevision === undefined ? {} : { lastAppliedOriginRevision: appliedOriginRevision }),
    ...(attempted === undefined ? {} : { lastAttemptedRevision: attempted }),
  };
}

/** What the source shows and does not run: refused, or gone back from. */
function candidatePart({ refusal, course }: Runtime): Pick<DeliveryStatus, 'candidate'> {
  if (refusal !== undefined) {
    const { code, digest } = refusal;
    return { candidate: { reason: code, ...(digest === undefined ? {} : { digest }) } };
  }
  if (course.detour === undefined) return {};
  return { candidate: { digest: course.detour.head.digest, reason: course.detour.reason } };
}

/** Before the source was read again, after a restart, the former facts stand. */
function keptParts(previous: DeliveryStatus | undefined): Partial<DeliveryStatus> {
  const { artifact, verification, promotion } = previous ?? {};
  return {
    ...(artifact === undefined ? {} : { artifact }),
    ...(verification === undefined ? {} : { verification }),
    ...(promotion === undefined ? {} : { promotion }),
  };
}

function acceptedParts(
  { verifiedMs }: Runtime,
  accepted: NonNullable<Runtime['accepted']>,
  previous: DeliveryStatus | undefined,
): Partial<DeliveryStatus> {
  const { digest, revision, size, annotations, policies, matched, formats, warnings, promotion } = accepted;
  // As much as the schema takes: what does not fit must not make the whole status unwritable.
  const verdict = {
    policies: policies.slice(0, 32),
    matched: matched.slice(0, 64),
    ...(formats.length === 0 ? {} : { formats: formats.slice(0, 2) }),
    ...(warnings.length === 0
      ? {}
      : { warnings: warnings.slice(0, 32).map((warning) => errorMessageOf(warning, 1024)) }),
  };
  const metadata = Object.entries(annotations)
    .filter(([name, value]) => name.length <= 256 && value.length <= 1024)
    .slice(0, 32);
  // Since when the verdict stands: looking again and finding the same is no news.
  const { verifiedAt, ...former } = previous?.verification ?? { verifiedAt: '' };
  const stands = previous?.artifact?.digest === digest && isDeepStrictEqual(former, verdict);
  return {
    artifact: {
      digest,
      revision,
      size,
      ...(metadata.length === 0 ? {} : { metadata: Object.fromEntries(metadata) }),
    },
    verification: { ...verdict, verifiedAt: stands ? verifiedAt : formatTime(verifiedMs) },
    ...(promotion === undefined ? {} : { promotion: promotionPart(promotion) }),
  };
}

function promotionPart({
  channel,
  sequence,
  statementDigest,
  deadlineMs,
}: NonNullable<AcceptedArtifact['promotion']>): NonNullable<DeliveryStatus['promotion']> {
  const promotion = { channel, sequence, statementDigest };
  return { ...promotion, ...(deadlineMs === undefined ? {} : { expiresAt: formatTime(deadlineMs) }) };
}

/** Writes the status as a whole; members that are gone are set to null, as a merge patch removes them. */
export async function writeStatus(
  client: KubeClient,
  { metadata }: Delivery,
  previous: DeliveryStatus | undefined,
  status: DeliveryStatus,
): Promise<void> {
  const removed = Object.keys(previous ?? {}).filter((name) => !(name in status));
  const body = {
    // The uid is a precondition: a Delivery that was made anew has a status of its own.
    metadata: { uid: metadata.uid },
    status: { ...Object.fromEntries(removed.map((name) => [name, null])), ...status },
  };
  await client.request({
    method: 'PATCH',
    path: resourcePath(deliveryKind, metadata.namespace, metadata.name, 'status'),
    contentType: 'application/merge-patch+json',
    accept: acceptObjectMetadata,
    body,
  });
}

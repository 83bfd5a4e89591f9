// A TrustPolicy's status: whether it can be judged by, and how old its trusted roots are. Only the status is ever
// written: the judged must not change the judge.
import { isDeepStrictEqual } from 'node:util';
import type { TrustPolicy, TrustPolicyStatus } from '../../src/api/trust-policy.ts';
import { errorMessageOf } from '../../src/errors.ts';
import { acceptObjectMetadata } from '../../src/kube/object.ts';
import type { KubeClient } from '../../src/kube/request.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { parseTrustRoot } from '../../src/signing/trust-root.ts';
import { trustPolicyKind } from '../own-kinds.ts';
import type { References } from '../references.ts';
import { formatTime } from './conditions.ts';

/** What the status of a policy is now. */
export function computePolicyStatus(
  { metadata, spec, status: previous }: TrustPolicy,
  problem: string | undefined,
  references: References,
  nowMs: number,
): TrustPolicyStatus {
  const status = problem === undefined ? 'True' : 'False';
  const before = previous?.conditions?.find(({ type }) => type === 'Ready');
  const observed = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
  const roots = spec.authorities.flatMap(({ name, keyless }) =>
    keyless === undefined ? [] : [rootStatus(name, keyless.trustedRootRef, references, nowMs)],
  );
  return {
    ...observed,
    conditions: [
      {
        type: 'Ready',
        status,
        reason: problem === undefined ? 'Succeeded' : 'PolicyInvalid',
        message:
          problem === undefined ? 'sources are judged by it' : `POLICY_INVALID: ${errorMessageOf(problem)}`,
        lastTransitionTime: before?.status === status ? before.lastTransitionTime : formatTime(nowMs),
        ...observed,
      },
    ],
    ...(roots.length === 0 ? {} : { trustedRoots: roots }),
  };
}

type RootStatus = NonNullable<TrustPolicyStatus['trustedRoots']>[number];

/** Age and end are told, so that a site sees in time that new roots must be carried over; they refuse nothing. */
function rootStatus(
  authority: string,
  reference: Parameters<References['read']>[0],
  references: References,
  nowMs: number,
): RootStatus {
  const updatedAt = references.updatedAt(reference);
  let expiresAtMs: number | undefined;
  try {
    expiresAtMs = parseTrustRoot(references.read(reference) ?? '').expiresAtMs(nowMs);
  } catch {
    // Why it can't be read stands in the condition.
  }
  return {
    authority,
    ...(updatedAt === undefined ? {} : { updatedAt }),
    ...(expiresAtMs === undefined ? {} : { expiresAt: formatTime(expiresAtMs) }),
  };
}

/** Writes the status where it differs from the one that stands. */
export async function writePolicyStatus(
  client: KubeClient,
  { metadata, status: previous }: TrustPolicy,
  status: TrustPolicyStatus,
): Promise<void> {
  if (isDeepStrictEqual(previous, status)) return;
  const removed = Object.keys(previous ?? {}).filter((name) => !(name in status));
  await client.request({
    method: 'PATCH',
    path: resourcePath(trustPolicyKind, undefined, metadata.name, 'status'),
    contentType: 'application/merge-patch+json',
    accept: acceptObjectMetadata,
    body: {
      metadata: { uid: metadata.uid },
      status: { ...Object.fromEntries(removed.map((name) => [name, null])), ...status },
    },
  });
}

// One look at a Delivery: judge what runs, read its source, decide, apply, prune. What is refused changes nothing that
// runs; what the source says never decides whether what runs is trusted.
import { InputError } from '../../src/errors.ts';
import { acceptApplied } from '../source/accept.ts';
import type { Services } from '../services.ts';
import { applyAccepted, isOfRecord } from './apply-accepted.ts';
import { applierFor } from './applier.ts';
import { takeRetry } from './course.ts';
import { decide, decideBlind, trust } from './decide.ts';
import { judgeKept, judgeSource, toFailure } from './judge.ts';
import { keepStored, logUnread, prepare } from './read-source.ts';
import type { Runtime } from './runtime.ts';

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
  } finally {
    await runtime.accepted?.resources.pack();
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

/** After a restart: what was applied, or begun, is read again by its digest, judged anew, and kept from here on. */
async function restore(services: Services, runtime: Runtime): Promise<void> {
  const { digest, promotion, revision } = runtime.record;
  if (runtime.accepted !== undefined || digest === undefined) return;
  const { source, request } = prepare(services, runtime, false);
  try {
    const former = await acceptApplied(request, digest, promotion);
    trust(services, runtime, { ...former, revision: revision ?? former.revision });
    await applyAccepted(services, runtime, { isFull: false, mayPrune: false });
  } catch (error) {
    if (services.signal.aborted) throw error;
    // The source's own verdict follows, and says what is wrong.
    logUnread(services, runtime, error);
  } finally {
    await source.close?.();
  }
}

async function follow(services: Services, runtime: Runtime, { isFull }: Reason): Promise<void> {
  const prepared = prepare(services, runtime, isFull);
  if (isFull) {
    runtime.mustVerify = true;
    runtime.mustApply = true;
  }
  try {
    await decide(services, runtime, prepared);
  } catch (error) {
    if (services.signal.aborted) throw error;
    judgeSource(services, runtime, error, prepared.digest());
    await decideBlind(services, runtime, prepared);
    await keepOn(services, runtime, { isFull });
    return;
  } finally {
    await prepared.source.close?.();
  }
  const { record, failure, mustApply } = runtime;
  const isApplied = runtime.accepted !== undefined && isOfRecord(record, runtime.accepted);
  const isDone = record.isComplete && isApplied && failure === undefined;
  // A changed spec must not be forgotten for an outage: it is due until the source could be read.
  runtime.mustApply = false;
  const isResent = takeRetry(runtime, services.monotonic());
  if (mustApply || isResent || !isDone)
    await applyAccepted(services, runtime, { isFull: mustApply, isResent, mayPrune: true });
  keepStored(services, runtime);
}

/** A refused update or an outage stops no work on what runs; pruning waits until the channel's artifact is known. */
async function keepOn(services: Services, runtime: Runtime, { isFull }: Reason): Promise<void> {
  const { accepted, record, failure, course } = runtime;
  const isResent = takeRetry(runtime, services.monotonic());
  const isDue = isFull || isResent || failure !== undefined || !record.isComplete;
  const isTurned = accepted !== undefined && !isOfRecord(record, accepted);
  if (accepted === undefined || !(isDue || isTurned)) return;
  // A way back leads to the same artifact whatever the channel shows.
  const mayPrune = course.detour !== undefined;
  await applyAccepted(services, runtime, { isFull, isResent, mayPrune });
}

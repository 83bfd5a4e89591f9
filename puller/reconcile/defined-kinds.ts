// Kinds that the artifact itself defines: their CustomResourceDefinitions are waited for by the watch, then they are
// looked up in discovery until they are served.
import { setTimeout as delay } from 'node:timers/promises';
import { ApplyError, type ErrorCode, type SealiftError } from '../../src/errors.ts';
import type { ResourceKind } from '../../src/kube/discovery.ts';
import { formatIdentity, identityOf, type ResourceIdentity } from '../../src/resources/resource.ts';
import type { ApplyContext } from './apply-delivery.ts';
import { toDesired, type Desired } from './desired.ts';
import { kindUnknown, type Planned } from './plan.ts';

/** Time for a CustomResourceDefinition to be established and served. */
const definitionTimeoutMs = 30_000;
const servedStepMs = 100;

/** Kinds that a CRD of this artifact defines are served a moment after it is established. */
export async function resolveKinds(
  context: Pick<ApplyContext, 'discovery' | 'signal' | 'owner'>,
  planned: readonly Planned[],
  failures: SealiftError<ErrorCode>[],
): Promise<readonly Desired[]> {
  const desired: Desired[] = [];
  for (const { resource, place, desired: known } of planned) {
    const kind = known === undefined ? await findServed(context, identityOf(resource)) : known.kind;
    if (kind === undefined) failures.push(kindUnknown(resource));
    else desired.push(known ?? toDesired(resource, kind, context.owner, place));
  }
  return desired;
}

/** An established definition is in discovery a moment later; nothing tells when. */
async function findServed(
  { discovery, signal }: Pick<ApplyContext, 'discovery' | 'signal'>,
  { group, version, kind: name }: ResourceIdentity,
): Promise<ResourceKind | undefined> {
  for (let waitedMs = 0; waitedMs < definitionTimeoutMs && !signal.aborted; waitedMs += servedStepMs) {
    const kind = await discovery.find(group, version, name);
    if (kind !== undefined) return kind;
    await delay(servedStepMs, undefined, { signal }).catch(() => undefined);
    discovery.invalidate();
  }
  return undefined;
}

/** Waits for the stage's CustomResourceDefinitions: established by the watch, then served by discovery. */
export async function awaitDefinitions(
  { keeper, watches, discovery, signal }: ApplyContext,
  desired: readonly Desired[],
  failures: SealiftError<ErrorCode>[],
): Promise<void> {
  const definitions = desired.filter(({ identity }) => identity.kind === 'CustomResourceDefinition');
  const isPending = ({ key }: Desired): boolean => {
    const tracked = keeper.get(key);
    return tracked !== undefined && keeper.healthOf(tracked).state !== 'Current';
  };
  const pending = definitions.filter(isPending);
  if (pending.length === 0) return;
  const isEstablished = await keeper.changes.until(
    () => !pending.some(isPending),
    definitionTimeoutMs,
    signal,
  );
  discovery.invalidate();
  watches.poke();
  if (isEstablished) return;
  for (const { identity } of pending.filter(isPending)) {
    const name = formatIdentity(identity);
    failures.push(new ApplyError('WAIT_TIMEOUT', `${name} is not established`, name, { retryable: true }));
  }
}

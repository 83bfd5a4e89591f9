// What people are told of drift: by the log, by Events of the Delivery, and by its conditions where it stays.
import { errorMessageOf, isSealiftError } from '../src/errors.ts';
import { formatIdentity, type ResourceIdentity } from '../src/resources/resource.ts';
import type { Controller } from './controller.ts';
import { accountOf } from './reconcile/applier.ts';
import type { Autoscalers } from './reconcile/autoscalers.ts';
import type { Desired } from './reconcile/desired.ts';
import { describeDrift } from './reconcile/drift-view.ts';
import { toFailure } from './reconcile/judge.ts';
import type { Repair } from './reconcile/repair.ts';
import { names, type Runtime } from './reconcile/runtime.ts';
import type { Tracked } from './reconcile/tracked.ts';
import type { Services } from './services.ts';

/** Failed corrections in a row after which an Event tells of them. */
const notedFailures = 3;

export function reportRepair(services: Services, controller: Controller, repair: Repair): void {
  const { ownerId, desired, drift, fields, takers, elapsedMs } = repair;
  services.log('info', 'drift corrected', {
    object: formatIdentity(desired.identity),
    drift,
    fields: fields.join(' '),
    by: takers.join(' '),
    elapsedMs: Math.round(elapsedMs),
  });
  const runtime = controller.runtimeOf(ownerId);
  const isDefinition = desired.identity.kind === 'CustomResourceDefinition';
  if (drift !== 'changed') controller.onRecreated(ownerId, isDefinition);
  if (runtime === undefined) return;
  const what = errorMessageOf(describeDrift(desired.identity, drift, repair), 700);
  const note = `${what} and is as it was again; to keep such a change for a time: ${holdCommand(desired.identity)}`;
  services.tell(runtime, 'Normal', 'DriftCorrected', note);
}

/** Drift that is left as it is. */
export function reportShown(services: Services, runtime: Runtime, { desired, shown }: Tracked): void {
  if (shown === undefined) return;
  const what = errorMessageOf(describeDrift(desired.identity, shown.drift, shown), 800);
  const why = shown.stance.kind === 'Hold' ? 'it is held' : 'spec.driftMode is Warn';
  services.log('warn', 'drift is not corrected', { ...names(runtime), drift: what, why });
  services.tell(runtime, 'Warning', 'DriftFound', `${what} and is not corrected: ${why}`);
}

/** Drift that stays is shown: an object that could not be corrected is no success. */
export function reportUncorrected(
  services: Services,
  runtime: Runtime,
  {
    desired,
    error,
    failures,
  }: { readonly desired: Desired; readonly error: unknown; readonly failures: number },
): void {
  const failure = toFailure(error);
  services.log('warn', 'drift can not be corrected', {
    object: formatIdentity(desired.identity),
    code: failure.code,
    error: failure.message,
    failures,
  });
  runtime.uncorrected.set(desired.key, failure);
  services.touch(runtime);
  if (failures === notedFailures) services.tell(runtime, 'Warning', 'DriftCorrectionFailed', failure.message);
}

/** Whether an autoscaler sets an object's replicas; that it can't be told is told once. */
export async function isAutoscaled(
  services: Services,
  autoscalers: Autoscalers,
  { runtime, desired }: { readonly runtime: Runtime; readonly desired: Desired },
): Promise<boolean | undefined> {
  const { key, identity } = desired;
  const account = accountOf(runtime.delivery);
  if (account === undefined && runtime.delivery.metadata.namespace !== services.pullerNamespace)
    return undefined;
  let found: boolean | undefined;
  try {
    found = await autoscalers.targets({ key, identity, account });
    // Let go meanwhile: nobody would end the watch.
    if (services.keeper.get(key) === undefined) autoscalers.drop(key);
  } catch (error) {
    if (!isSealiftError(error)) throw error;
    services.log('warn', 'autoscalers can not be read', { ...names(runtime), error: error.message });
  }
  if (found === undefined && !runtime.toldOfAutoscalers) {
    runtime.toldOfAutoscalers = true;
    const note = `autoscalers of namespace ${identity.namespace ?? ''} can not be read: replicas that one sets are corrected; give the service account the right to list and watch them`;
    services.tell(runtime, 'Warning', 'AutoscalersUnreadable', note);
  }
  return found;
}

/** The command that stops the correction of an object for a time. */
function holdCommand({ group, kind, namespace, name }: ResourceIdentity): string {
  const object = shellWord(`${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${name}`);
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  return `sealift hold ${object}${where} --for 1h --reason TEXT`;
}

/** Names of some kinds may hold what a shell would act on. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9._:/-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

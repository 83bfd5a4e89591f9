// Drift that is not corrected, as a Delivery's conditions tell it: what is only shown, what is held, what is fought for.
import { pullerLimits } from '../../src/limits.ts';
import { formatIdentity, type ResourceIdentity } from '../../src/resources/resource.ts';
import type { Services } from '../services.ts';
import { formatTime } from '../status/draft.ts';
import { formatTarget, isFor } from './hold-times.ts';
import { activeHolds } from './holds.ts';
import type { Runtime } from './runtime.ts';
import type { Drift, Loss, Tracked } from './tracked.ts';

/** Lines that name objects, the first few, and how many there are. */
export type Named = { readonly lines: readonly string[]; readonly count: number };

export type DriftView = {
  readonly shown: Named;
  readonly contested: Named;
  readonly held: Named;
  /** Holds that are for no object of this Delivery. */
  readonly unmatched: Named;
};

const none: Named = { lines: [], count: 0 };
export const noDrift: DriftView = { shown: none, contested: none, held: none, unmatched: none };

export function viewDrift(services: Services, runtime: Runtime): DriftView {
  const { keeper } = services;
  const shown: Tracked[] = [];
  const contested: Tracked[] = [];
  for (const key of runtime.keys) {
    const object = keeper.get(key);
    if (object?.ownerId !== runtime.ownerId) continue;
    if (object.shown !== undefined) shown.push(object);
    if (keeper.isContested(key)) contested.push(object);
  }
  const hasHolds = (runtime.delivery.spec.holds ?? []).length > 0;
  return {
    shown: nameAll(shown, describeShown),
    contested: nameAll(contested, describeContested),
    ...(hasHolds ? viewHolds(services, runtime) : { held: none, unmatched: none }),
  };
}

function viewHolds(services: Services, runtime: Runtime): Pick<DriftView, 'held' | 'unmatched'> {
  const { keeper } = services;
  const identities = [...runtime.keys].flatMap((key) => keeper.get(key)?.desired.identity ?? []);
  const isOfOurs = ({ hold }: ReturnType<typeof activeHolds>[number]): boolean =>
    identities.some((identity) => isFor(hold, identity, runtime.delivery));
  const active = activeHolds(services, runtime);
  return {
    held: nameAll(active.filter(isOfOurs), ({ hold, endsMs }) => {
      const waits = runtime.delayed.some((identity) => isFor(hold, identity, runtime.delivery));
      const update = waits ? ' (an update of it waits)' : '';
      return `${formatTarget(hold)} until ${formatTime(endsMs)}${update}: ${hold.reason}`;
    }),
    unmatched: nameAll(
      active.filter((one) => !isOfOurs(one)),
      ({ hold }) => formatTarget(hold),
    ),
  };
}

function nameAll<T>(items: readonly T[], describe: (item: T) => string): Named {
  return { lines: items.slice(0, pullerLimits.namedObjects).map(describe), count: items.length };
}

function describeShown({ desired, shown }: Tracked): string {
  if (shown === undefined) return formatIdentity(desired.identity);
  const { stance } = shown;
  const held = stance.kind === 'Hold' ? `, held until ${formatTime(stance.untilMs)}: ${stance.reason}` : '';
  return `${describeDrift(desired.identity, shown.drift, shown)}${held}`;
}

function describeContested({ desired, lastLoss }: Tracked): string {
  const object = formatIdentity(desired.identity);
  if (lastLoss === undefined) return object;
  return `${object}${fieldsOf(lastLoss)}${takersOf(lastLoss)}`;
}

/** `ConfigMap shop/settings was changed (.data.mode) by kubectl-edit`. */
export function describeDrift(identity: ResourceIdentity, drift: Drift, loss: Loss): string {
  return `${formatIdentity(identity)} was ${drift}${fieldsOf(loss)}${takersOf(loss)}`;
}

function fieldsOf({ fields }: Loss): string {
  return fields.length === 0 ? '' : ` (${fields.join(', ')})`;
}

function takersOf({ takers }: Loss): string {
  return takers.length === 0 ? '' : ` by ${takers.join(', ')}`;
}

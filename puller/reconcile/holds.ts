// Holds: an operator's emergency change is not corrected, nor overwritten by a new artifact, for a time that policy
// bounds. When a hold was first seen is in the record: neither a restart nor writing it again gives it more time.
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { Delivery } from '../../src/api/delivery.ts';
import { isSealiftError } from '../../src/errors.ts';
import { pullerLimits } from '../../src/limits.ts';
import type { ResourceIdentity } from '../../src/resources/resource.ts';
import { requirementsFor } from '../../src/trust/policy.ts';
import type { Services } from '../services.ts';
import { formatTime } from '../status/draft.ts';
import { endOf, formatTarget, idOf, isFor, nextHolds, type Hold } from './hold-times.ts';
import type { RecordedHold } from './record.ts';
import { names, type Runtime } from './runtime.ts';
import type { Stance } from './tracked.ts';

type Bound = Pick<Services, 'policies' | 'mayBeUnverified' | 'now'>;

/** A hold of the spec that has begun, and when it ends by itself. */
export type ActiveHold = { readonly hold: Hold; readonly endsMs: number };

/** What is done about drift of an object now. */
export function stanceOf(bound: Bound, runtime: Runtime, identity: ResourceIdentity): Stance {
  const ours = activeHolds(bound, runtime).filter(({ hold }) => isFor(hold, identity, runtime.delivery));
  const last = ours.toSorted((one, other) => other.endsMs - one.endsMs)[0];
  if (last !== undefined) return { kind: 'Hold', untilMs: last.endsMs, reason: last.hold.reason };
  // To leave less to others than was allowed needs nobody's leave.
  const isStrict = runtime.delivery.spec.driftMode === 'Correct';
  return { kind: isStrict ? 'Correct' : (runtime.accepted?.basis.driftMode ?? 'Correct') };
}

/** Holds in force now. */
export function activeHolds(bound: Bound, runtime: Runtime): readonly ActiveHold[] {
  const { holds = [] } = runtime.delivery.spec;
  const { holds: recorded = [] } = runtime.record;
  if (holds.length === 0 || recorded.length === 0) return [];
  const nowMs = bound.now();
  const maxMs = maxHoldMs(bound, runtime);
  return holds.flatMap((hold) => {
    const begun = recorded.find(({ id }) => id === idOf(hold, runtime.delivery));
    const endsMs = begun === undefined ? 0 : endOf(begun, maxMs);
    return endsMs > nowMs ? [{ hold, endsMs }] : [];
  });
}

/** Time until the next hold ends; infinite where there is none. */
export function untilHoldEndsMs(bound: Bound, runtime: Runtime): number {
  const ends = activeHolds(bound, runtime).map(({ endsMs }) => endsMs - bound.now());
  return Math.max(Math.min(...ends), 0);
}

/**
 * Takes notice of holds that have begun or ended, in the record and by Events.
 * @returns whether one has ended: then drift is to be looked for
 */
export async function followHolds(services: Services, runtime: Runtime): Promise<boolean> {
  const { delivery, record, accepted } = runtime;
  const recorded = record.holds ?? [];
  const isIdle = (delivery.spec.holds ?? []).length === 0 && recorded.length === 0;
  if (isIdle || accepted === undefined) return false;
  const maxMs = maxHoldMs(services, runtime);
  const news = nextHolds(delivery, recorded, { nowMs: services.now(), maxMs });
  if (!isDeepStrictEqual(news.holds, recorded)) {
    const updated = { ...record, holds: news.holds };
    await services.recordStore.write(runtime.ownerId, updated);
    runtime.record = updated;
  }
  for (const { hold, recorded: one } of news.begun) tellBegun(services, runtime, { hold, one, maxMs });
  for (const { hold } of news.refused) {
    const why = maxMs === 0 ? 'policy allows no holds (maxHold: 0s)' : 'its time is over';
    services.tell(runtime, 'Warning', 'HoldRefused', `${formatTarget(hold)} is not held: ${why}`);
  }
  for (const { hold } of news.over) {
    const note = `hold of ${formatTarget(hold)} is over, and drift is corrected again: ${hold.reason}`;
    tell(services, runtime, 'HoldEnded', note);
  }
  for (const { target } of news.released) tell(services, runtime, 'HoldEnded', `${target} is held no longer`);
  return news.over.length + news.released.length > 0;
}

/** The shortest that the policies allow; none, where they can't be told. */
function maxHoldMs({ policies, mayBeUnverified }: Bound, { accepted }: Runtime): number {
  if (accepted === undefined) return 0;
  try {
    const requirements = requirementsFor(policies(), accepted.basis.followed, { mayBeUnverified });
    const enforced = requirements.filter(({ mode }) => mode === 'Enforce');
    if (enforced.length === 0) return pullerLimits.defaultHoldMs;
    return Math.min(...enforced.map((requirement) => requirement.maxHoldMs));
  } catch (error) {
    if (!isSealiftError(error)) throw error;
    return 0;
  }
}

function tellBegun(
  services: Services,
  runtime: Runtime,
  { hold, one, maxMs }: { readonly hold: Hold; readonly one: RecordedHold; readonly maxMs: number },
): void {
  const { delivery, keys } = runtime;
  const endsMs = endOf(one, maxMs);
  const bound = endsMs < one.untilMs ? ' (sooner than asked for: policy has maxHold)' : '';
  const by = holderOf(delivery);
  const who = by === undefined ? '' : `, by ${by}`;
  const note = `${formatTarget(hold)} is not corrected until ${formatTime(endsMs)}${bound}${who}: ${hold.reason}`;
  tell(services, runtime, 'HoldBegun', note);
  const isKept = [...keys].some((key) => {
    const object = services.keeper.get(key);
    return object !== undefined && isFor(hold, object.desired.identity, delivery);
  });
  if (isKept || keys.size === 0) return;
  services.tell(
    runtime,
    'Warning',
    'HoldUnmatched',
    `hold is for ${formatTarget(hold)}, which this Delivery does not keep`,
  );
}

/** For the audit it is in the log as well: Events are dropped where there are too many. */
function tell(services: Services, runtime: Runtime, reason: string, note: string): void {
  services.log('info', 'hold', { ...names(runtime), reason, note });
  services.tell(runtime, 'Normal', reason, note);
}

const holderSchema = z.array(
  z.looseObject({
    manager: z.string().optional(),
    fieldsV1: z
      .looseObject({ 'f:spec': z.looseObject({ 'f:holds': z.unknown().optional() }).optional() })
      .optional(),
  }),
);

/** The field manager of spec.holds, as far as it is told; whoever writes it chooses this name. */
function holderOf({ metadata }: Delivery): string | undefined {
  const parsed = holderSchema.safeParse(metadata['managedFields']);
  if (!parsed.success) return undefined;
  return parsed.data.find(({ fieldsV1 }) => fieldsV1?.['f:spec']?.['f:holds'] !== undefined)?.manager;
}

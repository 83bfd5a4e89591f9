// The times of holds, without a clock or a cluster: which of the spec are in force, which have begun and ended since the
// record was written.
import type { Delivery } from '../../src/api/delivery.ts';
import { pullerLimits } from '../../src/limits.ts';
import { parseApiVersion, type ResourceIdentity } from '../../src/resources/resource.ts';
import { shortHash } from './owner.ts';
import type { RecordedHold } from './record.ts';

export type Hold = NonNullable<Delivery['spec']['holds']>[number];

type Followed = { readonly hold: Hold; readonly recorded: RecordedHold };

export type HoldNews = {
  /** As they are to be recorded. */
  readonly holds: RecordedHold[];
  readonly begun: readonly Followed[];
  /** In force before, and ended by themselves or by policy. */
  readonly over: readonly Followed[];
  /** Never in force, since their time was over when they were first seen. */
  readonly refused: readonly Followed[];
  /** In force before, and taken out of the spec. */
  readonly released: readonly RecordedHold[];
};

/** What has become of the holds of a Delivery since they were recorded. */
export function nextHolds(
  delivery: Delivery,
  recorded: readonly RecordedHold[],
  { nowMs, maxMs }: { readonly nowMs: number; readonly maxMs: number },
): HoldNews {
  const followed = (delivery.spec.holds ?? []).map((hold): Followed => {
    const begun = begin(hold, { delivery, recorded, nowMs });
    return { hold, recorded: { ...begun, isOver: endOf(begun, maxMs) <= nowMs } };
  });
  const ids = new Set(followed.map((one) => one.recorded.id));
  const gone = recorded.filter(({ id }) => !ids.has(id));
  // Written again, it is the same hold: it is remembered as long as it could matter.
  const former = gone.filter(({ untilMs }) => untilMs > nowMs).map((one) => ({ ...one, isOver: true }));
  const before = new Map(recorded.map((one) => [one.id, one]));
  const wasActive = ({ recorded: { id } }: Followed): boolean => before.get(id)?.isOver === false;
  return {
    holds: [...followed.map((one) => one.recorded), ...former].slice(0, pullerLimits.rememberedHolds),
    begun: followed.filter((one) => !one.recorded.isOver && !wasActive(one)),
    over: followed.filter((one) => one.recorded.isOver && wasActive(one)),
    refused: followed.filter((one) => one.recorded.isOver && !before.has(one.recorded.id)),
    released: gone.filter(({ isOver }) => !isOver),
  };
}

/** A hold that takes the place of one in force goes on with that one's time. */
function begin(
  hold: Hold,
  {
    delivery,
    recorded,
    nowMs,
  }: { readonly delivery: Delivery; readonly recorded: readonly RecordedHold[]; readonly nowMs: number },
): RecordedHold {
  const id = idOf(hold, delivery);
  const known = recorded.find((one) => one.id === id);
  if (known !== undefined) return known;
  const { kind, name, namespace = delivery.metadata.namespace } = hold.target;
  // Without the group: the same object must not get more time by being written in another way.
  const target = `${kind} ${namespace}/${name}`;
  const before = recorded.filter((one) => one.target === target && !one.isOver);
  const sinceMs = Math.min(nowMs, ...before.map((one) => one.sinceMs));
  const untilMs = Date.parse(hold.until);
  return { id, target, sinceMs, untilMs: Number.isNaN(untilMs) ? 0 : untilMs, isOver: false };
}

/** Equal for equal holds. */
export function idOf({ target, until, reason }: Hold, { metadata }: Delivery): string {
  const { apiVersion = '', kind, name, namespace = metadata.namespace } = target;
  return shortHash(JSON.stringify([apiVersion, kind, namespace, name, until, reason]));
}

export function endOf({ sinceMs, untilMs }: RecordedHold, maxMs: number): number {
  return Math.min(untilMs, sinceMs + maxMs);
}

export function isFor({ target }: Hold, identity: ResourceIdentity, { metadata }: Delivery): boolean {
  if (target.kind !== identity.kind || target.name !== identity.name) return false;
  const group = target.apiVersion === undefined ? identity.group : parseApiVersion(target.apiVersion).group;
  if (group !== identity.group) return false;
  const own = metadata.namespace;
  return (identity.namespace ?? own) === (target.namespace ?? own);
}

/** As people write it. */
export function formatTarget({ target }: Hold): string {
  const group = target.apiVersion === undefined ? '' : parseApiVersion(target.apiVersion).group;
  const namespace = target.namespace === undefined ? '' : `${target.namespace}/`;
  return `${target.kind}${group === '' ? '' : `.${group}`} ${namespace}${target.name}`;
}

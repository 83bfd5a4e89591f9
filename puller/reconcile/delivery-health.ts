// The health of all that a Delivery waits for as one: its own objects where it waits for them, and those that it names.
import { formatIdentity } from '../../src/resources/resource.ts';
import { pathOf } from './desired.ts';
import type { CustomHealth } from './custom-health.ts';
import type { NamedObject } from './delivery-plan.ts';
import type { Health } from './health.ts';
import type { Keeper } from './keeper.ts';
import type { KindWatches } from './kind-watches.ts';
import { namedKeys, type NamedObjects } from './named-objects.ts';
import type { Runtime } from './runtime.ts';
import type { Tracked } from './tracked.ts';

export type HealthParts = {
  readonly keeper: Pick<Keeper, 'get' | 'live' | 'healthOf'>;
  readonly custom: CustomHealth;
  readonly named: NamedObjects;
  readonly watches: Pick<KindWatches, 'isFollowed'>;
};

type Found = { readonly name: string; readonly health: Health };

/** Failed if one has failed, else in progress if one is; the message names up to three. */
export function aggregateHealth(runtime: Runtime, parts: HealthParts): Runtime['health'] {
  const { accepted, appliedDigest } = runtime;
  if (accepted === undefined) return { state: 'InProgress', message: 'nothing is applied yet' };
  if (appliedDigest !== accepted.digest)
    return { state: 'InProgress', message: `${accepted.revision} is being applied` };
  return summarize([...ownHealth(runtime, parts), ...namedHealth(runtime, parts)]);
}

/** Without `wait` and with named objects, those alone count; without both, it is told and not waited for. */
function ownHealth(runtime: Runtime, parts: HealthParts): readonly Found[] {
  const { keys, plan, delivery } = runtime;
  if (!delivery.spec.wait && plan.checks.length > 0) return [];
  return [...keys].map((key) => {
    const tracked = parts.keeper.get(key);
    if (tracked === undefined)
      return { name: key, health: { state: 'InProgress', message: 'is not applied' } };
    return { name: formatIdentity(tracked.desired.identity), health: healthOfOwn(runtime, tracked, parts) };
  });
}

function healthOfOwn(runtime: Runtime, tracked: Tracked, { keeper, custom, watches }: HealthParts): Health {
  const basic = keeper.healthOf(tracked);
  const { desired, baseline } = tracked;
  const { key, kind } = desired;
  const live = keeper.live(key);
  const isWatched = watches.isFollowed(kind);
  // Of what is not there, expressions know nothing; nor is another's our concern that was there before.
  const isAbsent = live === undefined || live.isDeleted || live.isTerminating;
  if (isWatched ? isAbsent : baseline.hash === '') return basic;
  // What no watch tells of is read, at whatever version.
  const resourceVersion = live?.resourceVersion ?? '';
  const appliedVersion = baseline.resourceVersion;
  return (
    custom.healthOf(runtime, {
      key,
      kind,
      isWatched,
      path: () => pathOf(desired),
      resourceVersion,
      appliedVersion,
    }) ?? basic
  );
}

function namedHealth(runtime: Runtime, parts: HealthParts): readonly Found[] {
  const { plan, ownerId, delivery } = runtime;
  if (delivery.spec.suspend || delivery.metadata.deletionTimestamp !== undefined) return [];
  parts.named.retain(runtime, plan.checks);
  const foreign: NamedObject[] = [];
  const found: Found[] = [];
  for (const check of plan.checks) {
    const name = formatIdentity(check);
    const own = namedKeys(check)
      .map((key) => parts.keeper.get(key))
      .find((tracked) => tracked?.ownerId === ownerId);
    if (own === undefined) {
      foreign.push(check);
      found.push({ name, health: parts.named.healthOf(runtime, check) });
    } else if (!delivery.spec.wait) {
      // With `wait` it is counted already.
      found.push({ name, health: healthOfOwn(runtime, own, parts) });
    }
  }
  parts.named.retain(runtime, foreign);
  return found;
}

function summarize(found: readonly Found[]): Runtime['health'] {
  const unhealthy = found.filter(({ health }) => health.state !== 'Current');
  if (unhealthy.length === 0) return { state: 'Current', message: '' };
  const failed = unhealthy.filter(({ health }) => health.state === 'Failed');
  const named = failed.length > 0 ? failed : unhealthy;
  const more = named.length > 3 ? ` and ${named.length - 3} more` : '';
  const texts = named.slice(0, 3).map(({ name, health }) => `${name} ${health.message}`);
  return { state: failed.length > 0 ? 'Failed' : 'InProgress', message: `${texts.join('; ')}${more}` };
}

// The health of all objects of a Delivery as one.
import { formatIdentity } from '../../src/resources/resource.ts';
import type { Keeper } from './keeper.ts';
import type { Runtime } from './runtime.ts';

/** Failed if one has failed, else in progress if one is; the message names up to three. */
export function aggregateHealth(
  { keys, accepted, appliedDigest }: Runtime,
  keeper: Keeper,
): Runtime['health'] {
  if (accepted === undefined) return { state: 'InProgress', message: 'nothing is applied yet' };
  if (appliedDigest !== accepted.digest)
    return { state: 'InProgress', message: `${accepted.revision} is being applied` };
  const unhealthy = [...keys].flatMap((key) => describeUnhealthy(key, keeper));
  if (unhealthy.length === 0) return { state: 'Current', message: '' };
  const failed = unhealthy.filter(({ isFailed }) => isFailed);
  const named = failed.length > 0 ? failed : unhealthy;
  const more = named.length > 3 ? ` and ${named.length - 3} more` : '';
  return {
    state: failed.length > 0 ? 'Failed' : 'InProgress',
    message: `${named
      .slice(0, 3)
      .map(({ text }) => text)
      .join('; ')}${more}`,
  };
}

function describeUnhealthy(
  key: string,
  keeper: Keeper,
): readonly { readonly isFailed: boolean; readonly text: string }[] {
  const tracked = keeper.get(key);
  if (tracked === undefined) return [{ isFailed: false, text: `${key} is not applied` }];
  const { state, message } = keeper.healthOf(tracked);
  if (state === 'Current') return [];
  return [{ isFailed: state === 'Failed', text: `${formatIdentity(tracked.desired.identity)} ${message}` }];
}

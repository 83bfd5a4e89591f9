// Two Deliveries that want one object: the first keeps it and learns, once, that the other wants it.
import { pullerLimits } from '../../src/limits.ts';
import type { Services } from '../services.ts';
import type { Runtime } from './runtime.ts';

/** Tells the Delivery that keeps an object. Names of other namespaces are not its business. */
export function tellClaim(
  services: Pick<Services, 'runtimeOf' | 'tell' | 'log'>,
  claimant: Runtime,
  ownerId: string,
  { key, object }: { readonly key: string; readonly object: string },
): void {
  const owner = services.runtimeOf(ownerId);
  const claim = `${claimant.ownerId} ${key}`;
  if (owner === undefined || owner.toldClaims.has(claim)) return;
  if (owner.toldClaims.size >= pullerLimits.toldClaims) return;
  owner.toldClaims.add(claim);
  const { namespace, name } = claimant.delivery.metadata;
  const isNear = namespace === owner.delivery.metadata.namespace;
  const who = isNear ? `Delivery ${name}` : 'a Delivery of another namespace';
  const note = `${object} is claimed by ${who} as well: it is refused there, and kept here`;
  services.tell(owner, 'Warning', 'ClaimedByAnother', note);
}

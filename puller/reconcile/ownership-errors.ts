// The refusal of an object that somebody else reconciles.
import { ApplyError } from '../../src/errors.ts';
import { formatIdentity } from '../../src/resources/resource.ts';
import type { Desired } from './desired.ts';
import type { ForeignOwner } from './foreign-owners.ts';

/** `details.ownerId` names the other Delivery, which is to be told as well. */
export function ownedByAnother({ identity }: Desired, { name, ownerId }: ForeignOwner): ApplyError {
  const resource = formatIdentity(identity);
  const next =
    ownerId === undefined
      ? `suspend it there, and set spec.adopt to take it over`
      : 'take it out of one of the two';
  const message = `${resource} is reconciled by ${name}: ${next}`;
  const details = ownerId === undefined ? {} : { ownerId };
  return new ApplyError('OWNED_BY_ANOTHER', message, resource, { details });
}

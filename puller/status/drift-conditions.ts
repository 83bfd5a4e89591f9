// Conditions about drift that stays, or comes again and again.
import type { Named } from '../reconcile/drift-view.ts';
import type { Runtime } from '../reconcile/runtime.ts';
import type { Draft } from './draft.ts';

export function driftConditions({ drift, delivery }: Runtime): readonly Draft[] {
  if (delivery.spec.suspend) return [];
  return [...drifted(drift), ...held(drift), ...contested(drift)];
}

function drifted({ shown, held }: Runtime['drift']): readonly Draft[] {
  if (shown.count === 0) return [];
  const reason = held.count > 0 ? 'Held' : 'NotCorrected';
  return [{ type: 'Drifted', status: 'True', reason, message: join(shown) }];
}

function held({ held: found, unmatched }: Runtime['drift']): readonly Draft[] {
  const type = 'Held';
  const note = unmatched.count === 0 ? '' : `this Delivery does not keep ${join(unmatched)}`;
  if (found.count > 0) {
    const more = note === '' ? '' : `; ${note}`;
    return [{ type, status: 'True', reason: 'AskedByOperator', message: `${join(found)}${more}` }];
  }
  return note === '' ? [] : [{ type, status: 'False', reason: 'NoSuchObject', message: note }];
}

function contested({ contested: found }: Runtime['drift']): readonly Draft[] {
  if (found.count === 0) return [];
  const message = `changed again and again by somebody else: ${join(found)}`;
  return [{ type: 'Contested', status: 'True', reason: 'FightingAnotherController', message }];
}

function join({ lines, count }: Named): string {
  const more = count > lines.length ? `; and ${count - lines.length} more` : '';
  return `${lines.join('; ')}${more}`;
}

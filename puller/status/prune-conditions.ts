// What is not deleted, and what is deleted and not gone: told as long as it lasts.
import type { Runtime } from '../reconcile/runtime.ts';
import { formatFailure, reasonOf, type Draft } from './draft.ts';

/** The guard holds pruning; what is applied is as it should be. */
export function pruneHeld({ pruneHeld: held }: Runtime): readonly Draft[] {
  if (held === undefined) return [];
  return [{ type: 'PruneHeld', status: 'True', reason: 'GuardExceeded', message: formatFailure(held) }];
}

/** Objects that finalizers hold, for the end of a message. */
export function departureNote({ departing }: Runtime): string {
  if (departing.length === 0) return '';
  const more = departing.length > 3 ? ` and ${departing.length - 3} more` : '';
  return `; being deleted: ${departing.slice(0, 3).join(', ')}${more}`;
}

/** While a Delivery that is being deleted waits for the end of its objects; what can't be deleted comes first. */
export function terminating(runtime: Runtime): Draft | undefined {
  const { terminationDeadlineMs, departing, failure } = runtime;
  if (terminationDeadlineMs === undefined) return undefined;
  if (failure !== undefined)
    return {
      type: 'Ready',
      status: 'False',
      reason: reasonOf(failure.code),
      message: formatFailure(failure),
    };
  const message = `waiting for the end of ${departing.length} objects${departureNote(runtime)}`;
  return { type: 'Ready', status: 'Unknown', reason: 'Progressing', message };
}

// The end of a run that takes too long, or that is cancelled: both end whatever is under way, and leave what was done.
import type { Host } from './host.ts';
import type { ActionWorld } from './world.ts';

/** The same world, whose signal also aborts after a time. */
export function withDeadline(world: ActionWorld, timeoutMs: number): ActionWorld {
  return { ...world, signal: AbortSignal.any([world.signal, AbortSignal.timeout(timeoutMs)]) };
}

/** Tells why a run was ended. */
export function reportEnd(host: Host, { reason }: AbortSignal): void {
  if (reason instanceof DOMException && reason.name === 'TimeoutError') {
    host.error('the action took longer than the input timeout allows', { title: 'Timed out' });
  } else host.error('the run was cancelled', { title: 'Cancelled' });
}

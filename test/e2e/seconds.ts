// managedFields' times are whole seconds: what must happen within one begins at its start.
import { waitUntil } from '../control-plane/wait.ts';

/** Waits until a second of the clock has just begun. */
export async function untilSecondBegins(): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  await waitUntil(async () => Math.floor(Date.now() / 1000) > now, {
    what: 'the next second',
    timeoutMs: 5000,
  });
}

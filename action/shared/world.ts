// What an action sees of its process, and how its entry starts it.
import type { Host } from './host.ts';

export type ActionWorld = {
  readonly host: Host;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
};

// The memory of a command that moves much and keeps little.
import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's room for new objects as small as it is now. It would grow to 48 MiB for whatever is around at a collection,
 * and what a copy has under way is soon gone; smaller rounds cost it some hundredths of its time.
 */
export function keepHeapSmall(): void {
  // Another V8 may not know the flag, and would say so on stderr.
  if (process.versions.v8.startsWith('13.')) setFlagsFromString('--semi-space-growth-factor=1');
}

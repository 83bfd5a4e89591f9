// What a running registry tells of requests that failed: one line each, and not more than one in a while.
import { errorMessageOf, SealiftError } from '../errors.ts';
import { serverLimits } from '../limits.ts';
import type { RegistryLogEntry } from '../server/registry.ts';
import type { World } from './world.ts';

/** Characters of a request's path that are shown. */
const PATH_LENGTH = 200;

export type FailureLog = {
  /** Tells of an entry with an error; others are passed over. */
  log(entry: RegistryLogEntry): void;
  /** Tells how many more there were. */
  end(): void;
};

/** Without queries and headers, where secrets may be. */
export function createFailureLog({ stderr, now }: Pick<World, 'stderr' | 'now'>): FailureLog {
  let lastMs = -Infinity;
  let others = 0;
  return {
    log({ method, url, status, error }) {
      if (error === undefined) return;
      const nowMs = now();
      if (nowMs - lastMs < serverLimits.logRestMs) {
        others += 1;
        return;
      }
      const [path = ''] = url.split('?', 1);
      const request = errorMessageOf(`${method} ${path}`, PATH_LENGTH);
      const code = error instanceof SealiftError ? `${error.code}: ` : '';
      const outcome = status === 0 ? 'broke off' : String(status);
      stderr(`failed: ${request}: ${outcome}: ${code}${errorMessageOf(error)}${tell(others)}\n`);
      lastMs = nowMs;
      others = 0;
    },
    end() {
      if (others > 0) stderr(`failed: ${others} more requests\n`);
      others = 0;
    },
  };
}

function tell(others: number): string {
  return others === 0 ? '' : ` (and ${others} others before)`;
}

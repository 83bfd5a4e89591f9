// Garbage collection: of the repositories of a running registry from time to time, and of a directory that nobody else
// writes to.
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentError, InputError } from '../errors.ts';
import { garbageLimits } from '../limits.ts';
import { lookAt } from '../layout/files.ts';
import type { Garbage, GarbageOptions } from '../layout/garbage.ts';
import { openLayout } from '../layout/layout.ts';
import { findWriter, lockWriter } from '../layout/writer-lock.ts';
import { gateOf } from './gate.ts';
import { createRepositories, type Repositories } from './repositories.ts';
import type { SessionOptions } from './sessions.ts';

/** The garbage of one repository; the name is empty for a layout that is the directory itself. */
export type RepositoryGarbage = { readonly repository: string; readonly garbage: Garbage };

/**
 * Removes garbage from an image layout and from all layouts below it.
 * @throws InputError `INPUT_CONFLICT` where another process writes there, `INPUT_INVALID` where there is no layout;
 *   ContentError `LAYOUT_INVALID`
 */
export async function collectDirectory(
  directory: string,
  options: GarbageOptions,
): Promise<readonly RepositoryGarbage[]> {
  const root = await realpath(directory);
  // To look is harmless beside a writer.
  if (options.dryRun === true) return collectBelow(root, options);
  const lock = (await findWriter(root)) === undefined ? await lockWriter(root) : undefined;
  if (lock === undefined) throw inUse(directory);
  try {
    return await collectBelow(root, options);
  } finally {
    await lock.release();
  }
}

export function inUse(directory: string): InputError {
  return new InputError('INPUT_CONFLICT', `${directory} is in use: another process writes there`, {
    hint: 'End that one first; a registry that runs collects its garbage itself with --gc-interval.',
  });
}

async function collectBelow(root: string, options: GarbageOptions): Promise<readonly RepositoryGarbage[]> {
  const below = await createRepositories(root, false).list();
  const names = (await lookAt(join(root, 'oci-layout'))) === undefined ? below : ['', ...below];
  if (names.length === 0) throw new InputError('INPUT_INVALID', `${root} holds no image layout`);
  const found: RepositoryGarbage[] = [];
  for (const repository of names) {
    try {
      // A writer also removes what killed ones left half written.
      const store = await openLayout(join(root, repository), { create: options.dryRun !== true });
      found.push({ repository, garbage: await store.collectGarbage(options) });
    } catch (cause) {
      if (!(cause instanceof ContentError) || repository === '') throw cause;
      throw new ContentError(cause.code, `${repository}: ${cause.message}`, {
        cause,
        ...(cause.hint === undefined ? {} : { hint: cause.hint }),
      });
    }
  }
  return found;
}

export type HousekeepingOptions = {
  /** Time from the end of one collection to the next. */
  readonly intervalMs: number;
  /** What is younger stays. */
  readonly minAgeMs?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

export type Housekeeping = {
  /** Starts no further collection, and waits for the one under way. */
  stop(): Promise<void>;
};

/** Collects the garbage of open repositories again and again; pushes of manifests wait while theirs is. */
export function startHousekeeping(
  repositories: Repositories,
  { intervalMs, minAgeMs = garbageLimits.minAgeMs, now }: HousekeepingOptions,
  {
    startTimer,
    onProblem,
  }: { readonly startTimer: SessionOptions['startTimer']; readonly onProblem: (error: unknown) => void },
): Housekeeping {
  let isStopped = false;
  let underWay: Promise<void> = Promise.resolve();
  let stopTimer = (): void => undefined;

  async function collectAll(): Promise<void> {
    for (const name of await repositories.list()) {
      if (isStopped) return;
      // One that is damaged must not keep the others from being tidied.
      await collectOne(name).catch(onProblem);
    }
  }

  async function collectOne(name: string): Promise<void> {
    const store = await repositories.open(name);
    if (store === undefined) return;
    await gateOf(store).alone(() => store.collectGarbage({ nowMs: now(), minAgeMs }));
  }

  function wait(): void {
    if (isStopped) return;
    const run = (): void => {
      underWay = collectAll().catch(onProblem).then(wait);
    };
    stopTimer = startTimer(run, Math.max(intervalMs, garbageLimits.minIntervalMs));
  }

  wait();
  return {
    stop() {
      isStopped = true;
      stopTimer();
      return underWay;
    },
  };
}

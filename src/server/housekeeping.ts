// Garbage collection: of the repositories of a running registry from time to time, and of a directory that nobody else
// writes to.
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentError, InputError } from '../errors.ts';
import { garbageLimits } from '../limits.ts';
import { lookAt } from '../layout/files.ts';
import type { Garbage, GarbageOptions } from '../layout/garbage.ts';
import { openLayout } from '../layout/layout.ts';
import { lockTree } from '../layout/tree-lock.ts';
import { gateOf } from './gate.ts';
import { createRepositories, type Repositories } from './repositories.ts';
import type { SessionOptions } from './sessions.ts';

/** The garbage of one repository; the name is empty for a layout that is the directory itself. */
export type RepositoryGarbage = { readonly repository: string; readonly garbage: Garbage };

export type DirectoryGarbage = {
  readonly found: readonly RepositoryGarbage[];
  /** Why others could not be tidied; the first one first. */
  readonly failures: readonly unknown[];
};

/**
 * Removes garbage from an image layout and from all layouts below it; one that is damaged does not keep the others.
 * @throws InputError `INPUT_CONFLICT` where another process writes there, `INPUT_INVALID` where there is no layout
 */
export async function collectDirectory(
  directory: string,
  options: GarbageOptions,
): Promise<DirectoryGarbage> {
  const root = await realpath(directory);
  // To look is harmless beside a writer.
  if (options.dryRun === true) return collectBelow(root, options);
  const lock = await lockTree(directory);
  try {
    return await collectBelow(root, options);
  } finally {
    await lock.release();
  }
}

async function collectBelow(root: string, options: GarbageOptions): Promise<DirectoryGarbage> {
  const below = await createRepositories(root, false).list();
  const names = (await lookAt(join(root, 'oci-layout'))) === undefined ? below : ['', ...below];
  if (names.length === 0) throw new InputError('INPUT_INVALID', `${root} holds no image layout`);
  const found: RepositoryGarbage[] = [];
  const failures: unknown[] = [];
  for (const repository of names) {
    try {
      // A writer also removes what killed ones left half written.
      const store = await openLayout(join(root, repository), { create: options.dryRun !== true });
      found.push({ repository, garbage: await store.collectGarbage(options) });
    } catch (cause) {
      failures.push(failureOf(repository, cause));
    }
  }
  return { found, failures };
}

function failureOf(repository: string, cause: unknown): unknown {
  if (!(cause instanceof ContentError) || repository === '') return cause;
  return new ContentError(cause.code, `${repository}: ${cause.message}`, {
    cause,
    ...(cause.hint === undefined ? {} : { hint: cause.hint }),
  });
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

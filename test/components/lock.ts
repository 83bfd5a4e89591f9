// A lock between processes: a file that its owner touches while it works. It only saves double work: what it
// guards is published by an atomic rename, so two owners after a suspended one woke up again do no harm.
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const heartbeatMs = 3000;
/** Heartbeats that may be missed before the owner counts as dead. */
const staleAfterMs = 10 * heartbeatMs;
const pollMs = 250;

const ownerSchema = z.object({ pid: z.number(), host: z.string(), token: z.string() });
type Owner = z.infer<typeof ownerSchema>;

export type LockOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Called while another process has the lock. */
  readonly onWait?: (pid: number | undefined) => void;
};

/** Runs `body` while no other process runs one under the same path. */
export async function withLock<T>(path: string, options: LockOptions, body: () => Promise<T>): Promise<T> {
  const owner: Owner = { pid: process.pid, host: hostname(), token: randomUUID() };
  await acquire(path, owner, options);
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A lock that was taken away is not ours to touch; the work goes on without it.
    utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs);
  try {
    return await body();
  } finally {
    clearInterval(heartbeat);
    if ((await readOwner(path))?.token === owner.token) await rm(path, { force: true });
  }
}

async function acquire(path: string, owner: Owner, { signal, onWait }: LockOptions): Promise<void> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      await writeFile(path, JSON.stringify(owner), { flag: 'wx' });
      return;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    const current = await readOwner(path);
    if (await isStale(path, current)) {
      const aside = `${path}.${owner.token}`;
      await rename(path, aside).catch(() => undefined);
      await rm(aside, { force: true });
      continue;
    }
    onWait?.(current?.pid);
    await delay(pollMs);
  }
}

/** Who has the lock; undefined while it is just being written or already gone. */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return ownerSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

async function isStale(path: string, owner: Owner | undefined): Promise<boolean> {
  if (owner !== undefined && owner.host === hostname() && !isAlive(owner.pid)) return true;
  try {
    return Date.now() - (await stat(path)).mtimeMs > staleAfterMs;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process may not be signalled, but it lives.
    return hasCode(error, 'EPERM');
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

// The lock of a directory of layouts: one process at a time may write there. Whoever holds it listens on a socket in the
// directory, so that the lock ends with the process however that ends, and is seen from other containers with the same
// volume. Each socket has a name of its own: taking a dead one away can't hit the lock of somebody who was faster.
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { isSystemError, lookAt } from './files.ts';

const PREFIX = '.sealift-writer-';
/** Bytes of a socket's path that every system takes; longer ones go through the open directory. */
const PATH_BYTES = 100;
/** What so much older a dead socket is than a new one, so surely its holder is not just about to listen. */
const DEAD_MS = 60_000;

export type WriterLock = {
  /** Lets others write; it may be called again. */
  release(): Promise<void>;
};

/**
 * Takes the lock of a directory, which must exist. Where its file system has no sockets, as that of a USB stick may not,
 * there is nothing to take, and the lock always succeeds. Of several that ask at the same moment, all may be refused.
 * @returns undefined where another process, or another part of this one, holds it
 */
export async function lockWriter(directory: string): Promise<WriterLock | undefined> {
  const name = `${PREFIX}${randomUUID()}`;
  const place = await openPlace(directory);
  const server = await listen(place.path(name)).catch(async (error: unknown) => {
    await place.close();
    throw error;
  });
  if (server === undefined) {
    await place.close();
    return { release: async () => undefined };
  }
  let releasing: Promise<void> | undefined;
  // Closing takes the file away, by its path: the place has to stay open until then.
  const release = (): Promise<void> => (releasing ??= close(server).then(() => place.close()));
  try {
    // Who listens before looking around can't be overlooked by another who does the same.
    if (!(await hasOthers(place, name))) return { release };
  } catch (error) {
    await release();
    throw error;
  }
  await release();
  return undefined;
}

/** The directory itself or the nearest one above it where a live process writes. */
export async function findWriter(directory: string): Promise<string | undefined> {
  for (let path = resolve(directory), below = ''; path !== below; [path, below] = [dirname(path), path]) {
    if (await hasWriter(path)) return path;
  }
  return undefined;
}

/** Whether a live process holds the lock of this very directory. */
export async function hasWriter(directory: string): Promise<boolean> {
  const place = await openPlace(directory).catch((error: unknown) => {
    if (isSystemError(error, 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  });
  if (place === undefined) return false;
  try {
    return await hasOthers(place);
  } finally {
    await place.close();
  }
}

type Place = {
  readonly directory: string;
  path(name: string): string;
  close(): Promise<void>;
};

async function openPlace(directory: string): Promise<Place> {
  if (Buffer.byteLength(join(directory, `${PREFIX}${randomUUID()}`)) <= PATH_BYTES) {
    return { directory, path: (name) => join(directory, name), close: async () => undefined };
  }
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    directory,
    path: (name) => `/proc/self/fd/${handle.fd}/${name}`,
    close: () => handle.close(),
  };
}

/** Undefined where there can be no socket. */
function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  // It must not keep the process alive.
  server.unref();
  return new Promise((settle, reject) => {
    server.once('error', (error) => {
      if (isSystemError(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS')) settle(undefined);
      else reject(error);
    });
    server.listen(path, () => settle(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((settle) => {
    server.close(() => settle());
  });
}

/** Whether others listen; with a socket of our own, what killed processes left long before it is taken away. */
async function hasOthers(place: Place, own?: string): Promise<boolean> {
  const ownMs = own === undefined ? undefined : (await lookAt(place.path(own)))?.ctimeMs;
  for (const name of await readNames(place.directory)) {
    if (!name.startsWith(PREFIX) || name === own) continue;
    if (await isHeld(place.path(name))) return true;
    const stats = await lookAt(place.path(name));
    const isOld = stats !== undefined && ownMs !== undefined && stats.ctimeMs < ownMs - DEAD_MS;
    if (isOld && stats.isSocket()) await rm(place.path(name), { force: true });
  }
  return false;
}

async function readNames(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    // Directories above may be none of ours to list, and those below may go away.
    if (isSystemError(error, 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Whether somebody listens there. */
function isHeld(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(path);
    const answer = (held: boolean): void => {
      socket.destroy();
      settle(held);
    };
    socket.once('connect', () => answer(true));
    // A full queue of connections, or a socket of another user, belongs to a live holder.
    socket.once('error', (error) => answer(isSystemError(error, 'EAGAIN', 'EACCES', 'EPERM')));
  });
}

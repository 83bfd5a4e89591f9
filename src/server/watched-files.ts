// Files that are replaced while the registry runs, as certificates and accounts are: what was read stays in use until
// they change, and also when what they changed to is not usable.
import { open, stat } from 'node:fs/promises';
import { errorMessageOf, InputError } from '../errors.ts';
import { serverLimits } from '../limits.ts';
import type { SessionOptions } from './sessions.ts';

export type WatchOptions<T> = {
  readonly paths: readonly string[];
  /** Makes a value of the files' bytes, in the order of the paths. */
  readonly parse: (files: readonly Buffer[]) => T;
  readonly startTimer: SessionOptions['startTimer'];
  /** Is told why changed files are not used. */
  readonly onProblem: (error: unknown) => void;
};

export type Watched<T> = {
  /** What the files hold; they are looked at only every few seconds. */
  current(): Promise<T>;
};

/**
 * Reads files and goes on reading them where they change.
 * @throws InputError `FILE_UNREADABLE` and what `parse` throws, for the first time only
 */
export async function watchFiles<T>(options: WatchOptions<T>): Promise<Watched<T>> {
  const { paths, parse, startTimer, onProblem } = options;
  // Before the bytes: files that change meanwhile have another stamp the next time.
  let stamp = await stampOf(paths);
  let value = parse(await readAll(paths));
  let isResting = false;

  function rest(): void {
    isResting = true;
    startTimer(() => {
      isResting = false;
    }, serverLimits.fileRestMs);
  }

  async function reread(): Promise<void> {
    const found = await stampOf(paths);
    if (found === stamp) return;
    value = parse(await readAll(paths));
    stamp = found;
  }

  rest();
  return {
    async current() {
      if (isResting) return value;
      rest();
      await reread().catch(onProblem);
      return value;
    },
  };
}

async function stampOf(paths: readonly string[]): Promise<string> {
  const stamps = paths.map(async (path) => {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path).catch(refuse(path));
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  });
  return (await Promise.all(stamps)).join('\n');
}

function readAll(paths: readonly string[]): Promise<readonly Buffer[]> {
  return Promise.all(paths.map(readBounded));
}

async function readBounded(path: string): Promise<Buffer> {
  const handle = await open(path, 'r').catch(refuse(path));
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > serverLimits.fileBytes) {
      throw new InputError(
        'FILE_UNREADABLE',
        `${path} is no file of at most ${serverLimits.fileBytes} bytes`,
      );
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function refuse(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new InputError('FILE_UNREADABLE', `${path} can not be read: ${errorMessageOf(cause)}`, { cause });
  };
}

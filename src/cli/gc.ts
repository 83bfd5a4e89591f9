// sealift gc: removes from image layouts what nothing reaches.
import { durationSchema, parseDurationMs } from '../api/common.ts';
import { errorMessageOf, InputError } from '../errors.ts';
import { garbageLimits } from '../limits.ts';
import { collectDirectory, type DirectoryGarbage, type RepositoryGarbage } from '../server/housekeeping.ts';
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { printResult } from './output.ts';
import type { World } from './world.ts';

export async function runGc(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    'dry-run': { type: 'boolean', default: false },
    'min-age': { type: 'string' },
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const [directory] = takePositionals(positionals, 'DIR');
  const dryRun = values['dry-run'];
  const { found, failures } = await collect(directory, {
    dryRun,
    minAgeMs: parseMinAge(values['min-age']),
    nowMs: world.now(),
  });
  for (const { repository, garbage } of found) {
    const { manifests, blobs, bytes } = garbage;
    if (manifests.length === 0 && blobs.length === 0) continue;
    const what = `${manifests.length} manifests, ${blobs.length} blobs, ${bytes} bytes`;
    world.stderr(`${repository || directory}: ${what} ${dryRun ? 'to be removed' : 'removed'}\n`);
  }
  if (failures.length > 0) throw firstOf(directory, failures, world);
  const total = sum(found);
  printResult(world, format, {
    line: String(total.bytes),
    data: {
      dryRun,
      ...total,
      repositories: found.map(({ repository, garbage }) => ({
        repository,
        ...garbage,
        blobs: garbage.blobs.length,
      })),
    },
  });
}

/**
 * A time such as `24h`.
 * @throws InputError `INPUT_INVALID`
 */
export function parseDuration(text: string, name: string): number {
  if (durationSchema.safeParse(text).success) return parseDurationMs(text);
  throw new InputError(
    'INPUT_INVALID',
    `--${name} is ${JSON.stringify(text.slice(0, 50))}, not a time such as 24h`,
  );
}

/** The default where the option is not given. */
export function parseMinAge(text: string | undefined): number {
  return text === undefined ? garbageLimits.minAgeMs : parseDuration(text, 'min-age');
}

function sum(found: readonly RepositoryGarbage[]): Record<'tags' | 'manifests' | 'blobs' | 'bytes', number> {
  const total = { tags: 0, manifests: 0, blobs: 0, bytes: 0 };
  for (const { garbage } of found) {
    total.tags += garbage.tags.length;
    total.manifests += garbage.manifests.length;
    total.blobs += garbage.blobs.length;
    total.bytes += garbage.bytes;
  }
  return total;
}

/** The first is what the command ends with; the others are told before. */
function firstOf(directory: string, [first, ...others]: readonly unknown[], world: World): unknown {
  for (const failure of others) world.stderr(`warning: ${errorMessageOf(failure)}\n`);
  return untidy(directory, first);
}

async function collect(...args: Parameters<typeof collectDirectory>): Promise<DirectoryGarbage> {
  try {
    return await collectDirectory(...args);
  } catch (error) {
    throw untidy(args[0], error);
  }
}

/** What the system says of a folder is about the user's input. */
function untidy(directory: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !('syscall' in cause)) return cause;
  return new InputError('INPUT_INVALID', `${directory} can not be tidied: ${errorMessageOf(cause)}`, {
    cause,
  });
}

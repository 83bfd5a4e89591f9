// The event that started the workflow, from the file that the runner wrote. Its payload is read within a bound and
// through a schema: texts of it come from whoever opened the pull request.
import * as z from 'zod';
import { InputError } from '../../src/errors.ts';
import { planLimits } from '../../src/limits.ts';
import type { RunContext } from './context.ts';
import { readText } from './workspace.ts';

/** A commit's full id, of SHA-1 or SHA-256. */
export const commitSchema = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/u);

/**
 * The event's payload; an empty one where there is no file of it.
 * @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID`
 */
export async function readEventAs<T>(
  schema: z.ZodType<T>,
  { eventPath }: Pick<RunContext, 'eventPath'>,
): Promise<T> {
  const text = eventPath === undefined ? '{}' : await readText(eventPath, planLimits.eventBytes);
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new InputError('INPUT_INVALID', "the event's payload can not be read", { cause });
  }
}

const pullSchema = z.object({
  pull_request: z.object({ head: z.object({ sha: commitSchema }) }).optional(),
});

/**
 * The commit that the run is about: on a pull request its head, since nobody sees statuses of the merge that is
 * checked out.
 * @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID`
 */
export async function readCommit(
  context: Pick<RunContext, 'eventPath' | 'commit'>,
): Promise<string | undefined> {
  const { pull_request: pull } = await readEventAs(pullSchema, context);
  const { data } = commitSchema.safeParse(pull?.head.sha ?? context.commit);
  return data;
}

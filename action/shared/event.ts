// What the event that started the run says of it, from the file that the runner wrote. It is read within a bound and
// through a schema: texts of it come from whoever opened the pull request.
import * as z from 'zod';
import { InputError } from '../../src/errors.ts';
import { actionLimits } from '../../src/limits.ts';
import type { RunContext } from './context.ts';
import { readText } from './workspace.ts';

/** A commit's full id, of SHA-1 or SHA-256. */
export const commitSchema = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/u);

/**
 * The event's payload; an empty object where there is none.
 * @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID`
 */
export async function readEventPayload({ eventPath }: Pick<RunContext, 'eventPath'>): Promise<unknown> {
  const text = eventPath === undefined ? '{}' : await readText(eventPath, actionLimits.eventBytes);
  try {
    const payload: unknown = JSON.parse(text);
    return payload;
  } catch (cause) {
    throw new InputError('INPUT_INVALID', "the event's payload is not JSON", { cause });
  }
}

/**
 * The event's payload by a schema.
 * @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID`
 */
export async function readEventAs<T>(
  schema: z.ZodType<T>,
  context: Pick<RunContext, 'eventPath'>,
): Promise<T> {
  const found = schema.safeParse(await readEventPayload(context));
  if (found.success) return found.data;
  throw new InputError('INPUT_INVALID', "the event's payload can not be read", { cause: found.error });
}

const pullSchema = z.object({
  pull_request: z.object({ head: z.object({ sha: commitSchema }) }).optional(),
});

/**
 * The commit that the run is about: on a pull request its head, since nobody sees statuses of the merge that is
 * checked out. With `pull_request_target` the base is checked out, and a fork's head has no part in it.
 * @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID`
 */
export async function readCommit(
  context: Pick<RunContext, 'eventName' | 'eventPath' | 'commit'>,
): Promise<string | undefined> {
  const { eventName, commit } = context;
  const isOfBase = eventName === 'pull_request_target';
  const { pull_request: pull } = isOfBase ? {} : await readEventAs(pullSchema, context);
  return commitSchema.safeParse(pull?.head.sha ?? commit).data;
}

/** Who may see that a repository exists. */
export type Visibility = 'public' | 'private' | 'internal' | 'unknown';

const repositorySchema = z.object({
  repository: z.object({
    full_name: z.string().max(300),
    private: z.boolean(),
    visibility: z.enum(['public', 'private', 'internal']).optional(),
  }),
});

/**
 * Who may see the workflow's repository. What a server of one's own calls public is so to its own users only.
 * @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID`
 */
export async function readVisibility(
  context: Pick<RunContext, 'eventPath' | 'repository' | 'serverUrl'>,
): Promise<Visibility> {
  const found = repositorySchema.safeParse(await readEventPayload(context));
  if (!found.success) return 'unknown';
  const { full_name: name, private: isPrivate, visibility } = found.data.repository;
  // An event that names another repository says nothing of this one.
  if (name.toLowerCase() !== context.repository?.toLowerCase()) return 'unknown';
  if (isPrivate) return visibility === 'internal' ? 'internal' : 'private';
  if (visibility !== undefined && visibility !== 'public') return visibility;
  return context.serverUrl === 'https://github.com' ? 'public' : 'unknown';
}

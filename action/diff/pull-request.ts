// The pull request that a run is for, by its event alone: a report that another run made is hostile and names none.
import * as z from 'zod';
import { InputError } from '../../src/errors.ts';
import { planLimits } from '../../src/limits.ts';
import type { RunContext } from '../shared/context.ts';
import type { GitHubRequest } from '../shared/github.ts';
import { readText } from '../shared/workspace.ts';

const commit = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/u);
const pullSchema = z.object({ number: z.int().positive(), head: z.object({ sha: commit }) });
const eventSchema = z.object({
  pull_request: pullSchema.optional(),
  workflow_run: z
    .object({
      head_sha: commit,
      head_branch: z.string().min(1).max(500).nullish(),
      head_repository: z.object({ owner: z.object({ login: z.string().min(1).max(100) }) }),
    })
    .optional(),
});

/** What the event says of the run's commit. */
export type PlanEvent = {
  /** The head of the pull request, not the merge that is checked out. */
  readonly commit: string | undefined;
  /** Finds the number of the pull request; undefined where the event is of none, or it has moved on. */
  findPullRequest(request: GitHubRequest, repository: Repository): Promise<number | undefined>;
};

export type Repository = { readonly owner: string; readonly repo: string };

/** @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID` */
export async function readEvent({ eventPath, commit: own }: RunContext): Promise<PlanEvent> {
  const event = eventPath === undefined ? {} : parseEvent(await readText(eventPath, planLimits.eventBytes));
  const { pull_request: pull, workflow_run: run } = event;
  if (pull !== undefined) return { commit: pull.head.sha, findPullRequest: async () => pull.number };
  if (run === undefined) return { commit: own, findPullRequest: async () => undefined };
  const { head_sha: sha, head_branch: branch, head_repository: from } = run;
  return {
    commit: sha,
    findPullRequest: async (request, repository) => {
      if (branch === undefined || branch === null) return undefined;
      // The event's own list is empty for forks.
      const head = `${from.owner.login}:${branch}`;
      const parameters = { ...repository, state: 'open', head, per_page: 100 };
      const pulls = z.array(pullSchema).parse(await request('GET /repos/{owner}/{repo}/pulls', parameters));
      return pulls.find((candidate) => candidate.head.sha === sha)?.number;
    },
  };
}

function parseEvent(text: string): z.infer<typeof eventSchema> {
  try {
    return eventSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new InputError('INPUT_INVALID', "the event's payload can not be read", { cause });
  }
}

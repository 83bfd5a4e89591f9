// The pull request that a run is for, by its event alone: a report that another run made is hostile and names none.
import * as z from 'zod';
import type { Repository, RunContext } from '../shared/context.ts';
import { commitSchema, readEventAs } from '../shared/event.ts';
import type { GitHubRequest } from '../shared/github.ts';

const pullSchema = z.object({ number: z.int().positive(), head: z.object({ sha: commitSchema }) });
const eventSchema = z.object({
  pull_request: pullSchema.optional(),
  workflow_run: z
    .object({
      head_sha: commitSchema,
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

/** @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID` */
export async function readEvent(context: RunContext): Promise<PlanEvent> {
  const { pull_request: pull, workflow_run: run } = await readEventAs(eventSchema, context);
  const { commit: own } = context;
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

// The status `sealift/publish` on the commit that was published. It tells of the run and decides nothing: what can't be
// told makes no failure of what was published. https://docs.github.com/en/rest/commits/statuses
import { errorCodeOf } from '../../src/errors.ts';
import { githubLimits } from '../../src/limits.ts';
import { readContext, repositoryOf } from '../shared/context.ts';
import { readCommit } from '../shared/event.ts';
import { describeGitHubFailure, withGitHub } from '../shared/github.ts';
import { problemsOf } from '../shared/report.ts';
import { titleOf } from '../shared/titles.ts';
import type { ActionWorld } from '../shared/world.ts';
import { inputsSchema } from './inputs.ts';
import type { Outcome } from './outputs.ts';

export type CommitStatus = { readonly state: 'success' | 'failure'; readonly description: string };

/** What was published, by the first digits of its digest. */
export function statusOfOutcome({ digest }: Pick<Outcome, 'digest'>): CommitStatus {
  return { state: 'success', description: digest.slice(0, 'sha256:'.length + 12) };
}

/** Why nothing was: the code of the first problem. Messages may name what only the log should have. */
export function statusOfFailure(error: unknown): CommitStatus {
  const [first, ...rest] = problemsOf(error);
  const more = rest.length === 0 ? '' : ` and ${rest.length} more`;
  const description = `${titleOf(errorCodeOf(first))}${more}`.slice(0, githubLimits.descriptionCharacters);
  return { state: 'failure', description };
}

/**
 * Sets the status where it is asked for; never throws. The inputs are read here once more, since a run whose inputs are
 * wrong has none, and its commit is to show that as well.
 */
export async function setCommitStatus(world: ActionWorld, status: CommitStatus): Promise<void> {
  const { host, env } = world;
  const { shape } = inputsSchema;
  const isWanted = shape['commit-status'].safeParse(host.input('commit-status')).data === true;
  const isDryRun = shape['dry-run'].safeParse(host.input('dry-run')).data === true;
  if (!isWanted || isDryRun) return;
  try {
    const context = readContext(env);
    const [repository, sha] = [repositoryOf(context), await readCommit(context)];
    const token = shape['github-token'].parse(host.input('github-token'));
    if (repository === undefined || sha === undefined || token === '') {
      host.warning(
        'the commit status could not be set: github-token, GITHUB_REPOSITORY or GITHUB_SHA is missing',
        { title: 'Commit status' },
      );
      return;
    }
    await withGitHub({ token, context }, world, async ({ request }) =>
      request('POST /repos/{owner}/{repo}/statuses/{sha}', {
        ...repository,
        sha,
        context: 'sealift/publish',
        ...status,
        ...(context.runUrl === undefined ? {} : { target_url: context.runUrl }),
      }),
    );
    host.info(`commit status ${status.state} on ${sha}`);
  } catch (error) {
    if (world.signal.aborted) return;
    const why = describeGitHubFailure(error, 'statuses: write');
    host.warning(`the commit status could not be set: ${why}`, { title: 'Commit status' });
  }
}

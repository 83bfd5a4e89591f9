// A promotion as a Deployment of GitHub. It is `in_progress` once the channel shows the artifact, for the sites pull on
// their own: `success` is for a site's receipt to say, never for this. One promotion has one deployment, so that a run
// that is repeated, or a second signer, goes on with it. Nothing here makes a failure of what was promoted.
// https://docs.github.com/en/rest/deployments
import * as z from 'zod';
import { errorCodeOf } from '../../src/errors.ts';
import { githubLimits } from '../../src/limits.ts';
import type { Promoted } from '../../src/operations/promote.ts';
import { readContext, repositoryOf, type Repository, type RunContext } from '../shared/context.ts';
import { describeGitHubFailure, refusalStatusOf, withGitHub, type GitHubRequest } from '../shared/github.ts';
import { commitSchema } from '../shared/event.ts';
import { problemsOf } from '../shared/report.ts';
import { titleOf } from '../shared/titles.ts';
import type { ActionWorld } from '../shared/world.ts';

export type DeploymentWish = {
  readonly environment: string;
  readonly token: string;
  /** Path of the artifact's repository, which the deployment carries: several may be promoted to one environment. */
  readonly repository: string;
  readonly channel: string;
};

/** Annotations of the artifact, which was verified before. */
export type Annotations = Readonly<Record<string, string>>;

type State = 'in_progress' | 'pending' | 'failure' | 'inactive';

const task = 'sealift:promote';
const createdSchema = z.object({ id: z.int().positive() });
const ownSchema = z.object({
  id: z.int().positive(),
  payload: z.object({
    sealift: z.object({
      repository: z.string(),
      channel: z.string(),
      sequence: z.int(),
      digest: z.string(),
    }),
  }),
});
type Own = { readonly id: number } & z.infer<typeof ownSchema>['payload']['sealift'];
const statusesSchema = z.array(z.object({ state: z.string() }));

/**
 * Tells of a promotion, whole or with signers missing.
 * @returns the deployment's id; empty where it could not be told
 */
export function recordPromotion(
  world: ActionWorld,
  wish: DeploymentWish,
  told: { readonly promoted: Promoted; readonly annotations: Annotations },
): Promise<string> {
  return record(world, wish, async (calls) => {
    const { promoted, annotations } = told;
    const { isChanged, missingSigners, sequence, digest } = promoted;
    const { repository, channel } = wish;
    const known = await calls.list();
    const index = known.findIndex((one) => one.sequence === sequence && one.digest === digest);
    const before = known[index];
    const payload = { sealift: { repository, channel, sequence, digest } };
    const id = before?.id ?? (await calls.create(calls.refsFor(annotations), payload));
    if (missingSigners > 0) {
      await calls.setState(id, 'pending', `${missingSigners} more must sign before ${channel} shows it`);
    } else if (before === undefined || isChanged) {
      await calls.setState(id, 'in_progress', 'promoted; sites pull on their own');
      await calls.supersede(known.slice(index + 1));
    }
    return String(id);
  });
}

/**
 * Tells that nothing was promoted, on the workflow's commit: what was not verified names none.
 * @returns the deployment's id; empty where it could not be told
 */
export function recordFailure(world: ActionWorld, wish: DeploymentWish, error: unknown): Promise<string> {
  return record(world, wish, async (calls) => {
    const { repository, channel } = wish;
    const id = await calls.create(calls.refsFor({}), { sealift: { repository, channel } });
    await calls.setState(id, 'failure', titleOf(errorCodeOf(problemsOf(error)[0])));
    return String(id);
  });
}

async function record(
  world: ActionWorld,
  wish: DeploymentWish,
  tell: (calls: ReturnType<typeof callsOf>) => Promise<string>,
): Promise<string> {
  const { host, signal } = world;
  if (signal.aborted) return '';
  try {
    const context = readContext(world.env);
    const repository = repositoryOf(context);
    if (repository === undefined || wish.token === '') {
      host.warning('the deployment could not be told: github-token or GITHUB_REPOSITORY is missing', {
        title: 'Deployment',
      });
      return '';
    }
    return await withGitHub({ token: wish.token, context }, world, ({ request }) =>
      tell(callsOf(request, { repository, context, wish })),
    );
  } catch (error) {
    if (signal.aborted) return '';
    const why = describeGitHubFailure(error, 'deployments: write');
    host.warning(`the deployment could not be told: ${why}`, { title: 'Deployment' });
    return '';
  }
}

type Place = {
  readonly repository: Repository;
  readonly context: RunContext;
  readonly wish: DeploymentWish;
};

function callsOf(request: GitHubRequest, { repository, context, wish }: Place) {
  const { environment } = wish;
  const setState = async (id: number, state: State, description: string): Promise<void> => {
    await request('POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
      ...repository,
      deployment_id: id,
      state,
      description: description.slice(0, githubLimits.descriptionCharacters),
      ...(context.runUrl === undefined ? {} : { log_url: context.runUrl }),
    });
  };
  return {
    setState,

    /** Commits that the deployment may be of, the best first. */
    refsFor: (annotations: Annotations): readonly string[] => refsOf(annotations, context),

    /** Deployments of this repository's channel that are ours, the newest first. */
    list: async (): Promise<readonly Own[]> => {
      const answer = await request('GET /repos/{owner}/{repo}/deployments', {
        ...repository,
        environment,
        task,
        per_page: githubLimits.deployments,
      });
      return z
        .array(z.unknown())
        .parse(answer)
        .flatMap((one) => ownSchema.safeParse(one).data ?? [])
        .map(({ id, payload }) => ({ id, ...payload.sealift }))
        .filter((one) => one.repository === wish.repository && one.channel === wish.channel);
    },

    /** Makes one of the first commit that GitHub knows in this repository. */
    create: async (refs: readonly string[], payload: object): Promise<number> => {
      const [ref, ...others] = refs;
      if (ref === undefined) throw new Error('GITHUB_SHA is missing');
      const make = (commit: string): Promise<unknown> =>
        request('POST /repos/{owner}/{repo}/deployments', {
          ...repository,
          ref: commit,
          task,
          environment,
          description: `promotion to ${wish.channel}`.slice(0, githubLimits.descriptionCharacters),
          // The commit is what it is: nothing is merged into it, and its checks were looked at when it was published.
          auto_merge: false,
          required_contexts: [],
          payload,
        });
      const answer = await make(ref).catch((error: unknown) => {
        const [other] = others;
        if (refusalStatusOf(error) !== 422 || other === undefined) throw error;
        return make(other);
      });
      return createdSchema.parse(answer).id;
    },

    /**
     * Marks deployments that were followed by another as inactive. GitHub does so by itself only for those that had
     * succeeded, and only when the next one does; ours would be in progress for ever. What a receipt called a success
     * is left to it. Those before an inactive one were marked when it was in progress.
     */
    supersede: async (older: readonly Own[]): Promise<void> => {
      for (const { id } of older.slice(0, githubLimits.superseded)) {
        const answer = await request('GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
          ...repository,
          deployment_id: id,
          per_page: 1,
        });
        const state = statusesSchema.parse(answer)[0]?.state;
        if (state === 'inactive') return;
        if (state === 'success') continue;
        await setState(id, 'inactive', `${wish.channel} shows a later promotion`);
      }
    },
  };
}

/** The commit that the artifact was made of, unless it says that it is of another repository; then the workflow's. */
function refsOf(annotations: Annotations, context: RunContext): readonly string[] {
  const { serverUrl, repository } = context;
  const source = annotations['org.opencontainers.image.source']?.replace(/(?:\.git)?\/*$/u, '');
  const isOurs = source === undefined || source === `${serverUrl}/${repository}`;
  const revision = annotations['org.opencontainers.image.revision'] ?? '';
  const named = isOurs ? /(?:^|[@:/])([0-9a-f]{40,64})$/u.exec(revision)?.[1] : undefined;
  return [named, context.commit].filter(
    (commit): commit is string => commit !== undefined && commitSchema.safeParse(commit).success,
  );
}

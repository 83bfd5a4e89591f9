// GitHub's API as the actions call it, and the only file that knows @actions/github: routes, token and the two places of
// an Enterprise Server's APIs are its part, the way there is ours (github-fetch.ts). What comes back is unknown until a
// schema has read it.
import { errorMessageOf } from '../../src/errors.ts';
import { githubLimits } from '../../src/limits.ts';
import { environmentProxies } from '../../src/registry/proxy.ts';
import { usualRetries } from '../../src/registry/retry.ts';
import { createTransport } from '../../src/registry/transport.ts';
import type { RunContext } from './context.ts';
import { createGitHubFetch } from './github-fetch.ts';
import type { ActionWorld } from './world.ts';

/** Sends one request, by its route, and gives the answer's data. */
export type GitHubRequest = (
  route: string,
  parameters: Readonly<Record<string, unknown>>,
) => Promise<unknown>;

export type GitHub = {
  readonly request: GitHubRequest;
  /** Asks the GraphQL API, which an Enterprise Server has elsewhere, and gives the answer's data. */
  readonly query: (text: string) => Promise<unknown>;
};

export type GitHubAccess = { readonly token: string; readonly context: Pick<RunContext, 'apiUrl'> };

/**
 * Uses the API with a token, within {@link githubLimits.totalMs}; each call may fail with an error whose message has no
 * credentials.
 */
export async function withGitHub<T>(
  { token, context }: GitHubAccess,
  { env, random, signal, now }: Pick<ActionWorld, 'env' | 'random' | 'signal' | 'now'>,
  use: (github: GitHub) => Promise<T>,
): Promise<T> {
  // It reads the environment and the event while it loads; who needs no API does not wait for that.
  const { getOctokit } = await import('@actions/github');
  const transport = createTransport({ chooseProxy: environmentProxies(env) });
  const fetch = createGitHubFetch(transport.send, { ...usualRetries, random, now });
  const ending = AbortSignal.any([signal, AbortSignal.timeout(githubLimits.totalMs)]);
  const client = getOctokit(token, { baseUrl: context.apiUrl.replace(/\/+$/u, ''), request: { fetch } });
  try {
    return await use({
      request: async (route, parameters) => {
        const { data } = await client.request(route, { ...parameters, request: { signal: ending, fetch } });
        const answer: unknown = data;
        return answer;
      },
      query: async (text) => client.graphql<unknown>(text, { request: { signal: ending, fetch } }),
    });
  } catch (error) {
    if (!ending.aborted || signal.aborted) throw error;
    throw new Error(`GitHub took longer than ${githubLimits.totalMs / 1000} s`, { cause: error });
  } finally {
    transport.close();
  }
}

/** The status that GitHub refused a call with; undefined where it was not reached, or understood. */
export function refusalStatusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || error.cause !== undefined || !('status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}

/**
 * Why a call failed, as one line for a warning. The permission is named where its lack is what GitHub's answer means,
 * and nowhere else: a wrong trail costs more than none.
 * @param permission as a workflow writes it, `statuses: write`
 */
export function describeGitHubFailure(error: unknown, permission: string): string {
  const status = refusalStatusOf(error);
  const words = errorMessageOf(error, 300);
  if ((status === 403 || status === 404) && !/rate limit/iu.test(words)) {
    return `GitHub answered ${status} (${words}): the job needs \`permissions: ${permission}\`, which runs for forks and of Dependabot never have`;
  }
  if (status !== undefined) return `GitHub answered ${status} (${words})`;
  const isUntrusted = error instanceof Error && / certificate/u.test(words);
  return isUntrusted
    ? `${words}. Where a CA of your own signs it, set NODE_EXTRA_CA_CERTS to its file`
    : words;
}

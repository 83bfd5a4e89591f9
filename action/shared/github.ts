// GitHub's API as the actions call it, and the only file that knows @actions/github: it follows GITHUB_API_URL and the
// proxies. What comes back is unknown until a schema has read it.

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

/** The API with a token; each call may fail with an error whose message has no credentials. */
export async function openGitHub(token: string, signal: AbortSignal): Promise<GitHub> {
  // It reads the environment and the event while it loads; who needs no API waits for none of it.
  const { getOctokit } = await import('@actions/github');
  const client = getOctokit(token);
  return {
    request: async (route, parameters) => {
      const { data } = await client.request(route, { ...parameters, request: { signal } });
      const answer: unknown = data;
      return answer;
    },
    query: async (text) => client.graphql<unknown>(text, { request: { signal } }),
  };
}

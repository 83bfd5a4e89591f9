// GitHub's API on loopback, as far as comments, commit statuses and deployments need it: it records what it is asked,
// refuses to write where the token has no right to, and answers as a test scripts it. With a prefix it is an Enterprise
// Server's, with a certificate it speaks TLS.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import * as z from 'zod';
import { listenOnLoopback } from './sigstore/loopback.ts';
import type { Issued } from './test-authority.ts';

export type Comment = { readonly id: number; body: string; readonly user: { readonly login: string } };

const statusSchema = z.strictObject({
  state: z.enum(['error', 'failure', 'pending', 'success']),
  context: z.string(),
  description: z.string().max(140),
  target_url: z.url().optional(),
});
const deploymentSchema = z.strictObject({
  ref: z.string(),
  task: z.string(),
  auto_merge: z.boolean(),
  required_contexts: z.array(z.string()),
  environment: z.string(),
  description: z.string().max(140),
  payload: z.unknown(),
});
const deploymentStatusSchema = z.strictObject({
  state: z.enum(['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success']),
  description: z.string().max(140),
  log_url: z.url().optional(),
  auto_inactive: z.boolean().optional(),
});

export type Status = z.infer<typeof statusSchema> & { readonly sha: string };
export type DeploymentStatus = z.infer<typeof deploymentStatusSchema>;
export type Deployment = z.infer<typeof deploymentSchema> & {
  readonly id: number;
  /** The oldest first. */
  readonly statuses: DeploymentStatus[];
};

export type Scripted = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type GitHubServer = {
  /** What GITHUB_API_URL is. */
  readonly url: string;
  readonly comments: Comment[];
  readonly statuses: Status[];
  /** The oldest first. */
  readonly deployments: Deployment[];
  /** `METHOD PATH?QUERY` without the prefix, in order. */
  readonly calls: string[];
  /** `Authorization` of each. */
  readonly authorizations: string[];
  /** What `GET /pulls` answers. */
  pulls: readonly unknown[];
  /** Commits that no deployment may be made of. */
  readonly unknownCommits: Set<string>;
  isReadOnly: boolean;
  /** Answers of the next calls, in place of its own. */
  readonly script: Scripted[];
};

export type GitHubOptions = {
  readonly tls?: Issued;
  /** `/api/v3` as Enterprise Servers have it; their GraphQL API stands beside it. */
  readonly prefix?: '' | '/api/v3';
};

const bodySchema = z.object({ body: z.string() });
const author = { login: 'github-actions[bot]' };
const refused: Answer = [403, { message: 'Resource not accessible by integration' }];
const missing: Answer = [404, { message: 'Not Found' }];

type State = Omit<GitHubServer, 'url'>;
type Answer = readonly [status: number, answer: unknown];
type Call = {
  readonly state: State;
  readonly query: URLSearchParams;
  readonly body: string;
  /** What the route's pattern has caught. */
  readonly found: readonly string[];
};

export async function startGitHub(
  t: Pick<TestContext, 'after'>,
  { tls, prefix = '' }: GitHubOptions = {},
): Promise<GitHubServer> {
  const state: State = {
    comments: [],
    statuses: [],
    deployments: [],
    calls: [],
    authorizations: [],
    pulls: [],
    unknownCommits: new Set(),
    isReadOnly: false,
    script: [],
  };
  const listener: RequestListener = (request, response) => {
    void buffer(request).then((bytes) =>
      respond(state, { prefix, request, body: bytes.toString() }, response),
    );
  };
  const server =
    tls === undefined
      ? createServer(listener)
      : createSecureServer({ cert: tls.certificate, key: tls.key }, listener);
  const { url, stop } = await listenOnLoopback(server, tls === undefined ? 'http' : 'https');
  t.after(stop);
  return Object.assign(state, { url: `${url}${prefix}` });
}

type Received = {
  readonly prefix: string;
  readonly request: IncomingMessage;
  readonly body: string;
};

function respond(state: State, { prefix, request, body }: Received, response: ServerResponse): void {
  const path = pathBelow(prefix, request.url ?? '');
  state.calls.push(`${request.method} ${path ?? request.url}`);
  state.authorizations.push(request.headers.authorization ?? '');
  const type = { 'content-type': 'application/json; charset=utf-8' };
  const scripted = state.script.shift();
  if (scripted !== undefined) {
    response.writeHead(scripted.status, { ...type, ...scripted.headers }).end(scripted.body ?? '{}');
    return;
  }
  const url = new URL(path ?? '/', 'http://api.invalid');
  const [status, answer] =
    path === undefined
      ? missing
      : answerTo(state, `${request.method} ${url.pathname}`, url.searchParams, body);
  response.writeHead(status, type).end(JSON.stringify(answer));
}

/** The path below the API's; undefined where it is another one. */
function pathBelow(prefix: string, path: string): string | undefined {
  if (prefix === '') return path;
  if (path === '/api/graphql') return '/graphql';
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;
}

function answerTo(state: State, call: string, query: URLSearchParams, body: string): Answer {
  for (const { route, isWrite = false, answer } of routes) {
    const found = route.exec(call);
    if (found === null) continue;
    return isWrite && state.isReadOnly ? refused : answer({ state, query, body, found: found.slice(1) });
  }
  return missing;
}

type Route = {
  readonly route: RegExp;
  readonly isWrite?: boolean;
  readonly answer: (call: Call) => Answer;
};

const routes: readonly Route[] = [
  { route: /^POST \/graphql$/u, answer: () => [200, { data: { viewer: author } }] },
  { route: /^GET \/repos\/org\/app\/issues\/7\/comments$/u, answer: ({ state }) => [200, state.comments] },
  { route: /^GET \/repos\/org\/app\/pulls$/u, answer: ({ state }) => [200, state.pulls] },
  {
    route: /^POST \/repos\/org\/app\/issues\/7\/comments$/u,
    isWrite: true,
    answer: ({ state, body }) => {
      const comment = { id: state.comments.length + 1, ...bodySchema.parse(JSON.parse(body)), user: author };
      state.comments.push(comment);
      return [201, withUrl(comment)];
    },
  },
  {
    route: /^PATCH \/repos\/org\/app\/issues\/comments\/(\d+)$/u,
    isWrite: true,
    answer: ({ state, body, found: [id] }) => {
      const comment = state.comments.find((candidate) => String(candidate.id) === id);
      if (comment === undefined) return missing;
      comment.body = bodySchema.parse(JSON.parse(body)).body;
      return [200, withUrl(comment)];
    },
  },
  {
    route: /^POST \/repos\/org\/app\/statuses\/([0-9a-f]{40})$/u,
    isWrite: true,
    answer: ({ state, body, found: [sha = ''] }) => {
      if (state.unknownCommits.has(sha)) return [422, { message: `No commit found for SHA: ${sha}` }];
      const status = { ...statusSchema.parse(JSON.parse(body)), sha };
      state.statuses.push(status);
      return [201, status];
    },
  },
  { route: /^GET \/repos\/org\/app\/deployments$/u, isWrite: true, answer: listDeployments },
  { route: /^POST \/repos\/org\/app\/deployments$/u, isWrite: true, answer: createDeployment },
  {
    route: /^GET \/repos\/org\/app\/deployments\/(\d+)\/statuses$/u,
    isWrite: true,
    answer: ({ state, found: [id] }) => {
      const deployment = state.deployments.find((candidate) => String(candidate.id) === id);
      return deployment === undefined ? missing : [200, deployment.statuses.toReversed()];
    },
  },
  {
    route: /^POST \/repos\/org\/app\/deployments\/(\d+)\/statuses$/u,
    isWrite: true,
    answer: ({ state, body, found: [id] }) => {
      const deployment = state.deployments.find((candidate) => String(candidate.id) === id);
      if (deployment === undefined) return missing;
      const status = deploymentStatusSchema.parse(JSON.parse(body));
      deployment.statuses.push(status);
      return [201, status];
    },
  },
];

/** The newest first, as GitHub lists them. */
function listDeployments({ state, query }: Call): Answer {
  const [environment, task] = [query.get('environment'), query.get('task')];
  const found = state.deployments.filter(
    (one) => (environment ?? one.environment) === one.environment && (task ?? one.task) === one.task,
  );
  return [200, found.toReversed().slice(0, Number(query.get('per_page') ?? '30'))];
}

function createDeployment({ state, body }: Call): Answer {
  const wanted = deploymentSchema.parse(JSON.parse(body));
  if (state.unknownCommits.has(wanted.ref)) return [422, { message: `No ref found for: ${wanted.ref}` }];
  const deployment = { ...wanted, id: 9001 + state.deployments.length, statuses: [] };
  state.deployments.push(deployment);
  return [201, deployment];
}

function withUrl(comment: Comment): object {
  return { ...comment, html_url: `https://github.example/org/app/pull/7#issuecomment-${comment.id}` };
}

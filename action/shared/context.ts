// The workflow run as its environment tells it. Read by entry files and handed on.
import { isAbsolute } from 'node:path';
import { InputError } from '../../src/errors.ts';
import { githubTokenEndpoint, type TokenEndpoint } from '../../src/signing/keyless/identity-token.ts';

/** Facts about the run; a missing one is undefined. */
export type RunContext = {
  /** Absolute path of the checkout. */
  readonly workspace: string;
  /** `https://github.com`, or a GitHub Enterprise Server. */
  readonly serverUrl: string | undefined;
  /** `https://api.github.com`, or below `/api/v3` of a GitHub Enterprise Server. */
  readonly apiUrl: string;
  /** `owner/name` */
  readonly repository: string | undefined;
  readonly refName: string | undefined;
  readonly refType: string | undefined;
  readonly commit: string | undefined;
  /** `push`, `pull_request` */
  readonly eventName: string | undefined;
  /** File with the event's payload. */
  readonly eventPath: string | undefined;
  /** Page of this run. */
  readonly runUrl: string | undefined;
  /** Where the job may ask for its identity token; undefined without the permission. */
  readonly tokenEndpoint: TokenEndpoint | undefined;
};

/** A repository as GitHub's API names it. */
export type Repository = { readonly owner: string; readonly repo: string };

/** The workflow's repository; undefined where the environment names none. */
export function repositoryOf({ repository }: Pick<RunContext, 'repository'>): Repository | undefined {
  const [, owner, repo] = /^([^/]+)\/([^/]+)$/u.exec(repository ?? '') ?? [];
  return owner === undefined || repo === undefined ? undefined : { owner, repo };
}

/** @throws InputError `INPUT_MISSING` outside of a workflow */
export function readContext(env: Readonly<Record<string, string | undefined>>): RunContext {
  const read = (name: string): string | undefined => {
    const value = env[`GITHUB_${name}`];
    return value === '' ? undefined : value;
  };
  const workspace = read('WORKSPACE');
  if (workspace === undefined || !isAbsolute(workspace)) {
    throw new InputError('INPUT_MISSING', 'environment variable GITHUB_WORKSPACE names no directory', {
      hint: 'This is an action: it runs in a step of a workflow. Outside of one, use the sealift command.',
    });
  }
  const [serverUrl, repository, runId] = [read('SERVER_URL'), read('REPOSITORY'), read('RUN_ID')];
  return {
    workspace,
    serverUrl,
    apiUrl: read('API_URL') ?? 'https://api.github.com',
    repository,
    refName: read('REF_NAME'),
    refType: read('REF_TYPE'),
    commit: read('SHA'),
    eventName: read('EVENT_NAME'),
    eventPath: read('EVENT_PATH'),
    runUrl:
      serverUrl === undefined || repository === undefined || runId === undefined
        ? undefined
        : `${serverUrl}/${repository}/actions/runs/${runId}/attempts/${read('RUN_ATTEMPT') ?? '1'}`,
    tokenEndpoint: githubTokenEndpoint(env),
  };
}

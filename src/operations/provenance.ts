// Provenance (SLSA v1): from what, by whom and when an artifact was published, as a predicate that is signed beside it.
// The facts come from the caller; nothing is made up.
import type { Attestation } from './sign.ts';
import { formatTime } from './ports.ts';

export const provenancePredicateType = 'https://slsa.dev/provenance/v1';

/** What the parameters of our builds mean: docs/artifact-format.md. */
export const provenanceBuildType = 'https://sealift.dev/push/v1';

const localBuilder = 'https://sealift.dev/cli';

export type ProvenanceFacts = {
  /** As the caller named the files. */
  readonly path: string;
  readonly files: number;
  /** HOST/PATH that it was published to. */
  readonly repository: string;
  readonly tags: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  /** Where the files come from, and which state of it. */
  readonly source?: string | undefined;
  readonly revision?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly finishedMs: number;
};

/** The statement's predicate and its type; one a signer and artifact is enough. */
export function provenanceOf(facts: ProvenanceFacts): Attestation {
  const { path, files, repository, tags, annotations, source, revision } = facts;
  const run = githubRun(facts.env);
  const dependency = dependencyOf(source, revision);
  return {
    predicateType: provenancePredicateType,
    isOncePerArtifact: true,
    predicate: {
      buildDefinition: {
        buildType: provenanceBuildType,
        externalParameters: {
          path,
          repository,
          tags,
          annotations,
          ...(source === undefined ? {} : { source }),
          ...(revision === undefined ? {} : { revision }),
        },
        internalParameters: { files, ...(run === undefined ? {} : { github: run.parameters }) },
        resolvedDependencies: dependency === undefined ? [] : [dependency],
      },
      runDetails: {
        builder: { id: run?.builder ?? localBuilder },
        metadata: {
          ...(run === undefined ? {} : { invocationId: run.invocation }),
          startedOn: formatTime(facts.startedMs),
          finishedOn: formatTime(facts.finishedMs),
        },
      },
    },
  };
}

/** A source with the commit in its revision: a hash alone, or Flux's `main@sha1:HASH`. */
function dependencyOf(source: string | undefined, revision: string | undefined): object | undefined {
  if (source === undefined || source === '') return undefined;
  const commit = /(?:^|[@:/])([0-9a-f]{40}|[0-9a-f]{64})$/u.exec(revision ?? '')?.[1];
  if (commit === undefined) return { uri: source };
  const uri = /^[a-z]+:\/\//u.test(source) ? `git+${source}` : source;
  return { uri, digest: { gitCommit: commit } };
}

type GithubRun = {
  readonly builder: string;
  readonly invocation: string;
  readonly parameters: Readonly<Record<string, string>>;
};

/** What a job of GitHub Actions finds in its environment; undefined elsewhere. */
function githubRun(env: ProvenanceFacts['env']): GithubRun | undefined {
  const server = env['GITHUB_SERVER_URL'];
  const workflow = env['GITHUB_WORKFLOW_REF'];
  const repository = env['GITHUB_REPOSITORY'];
  const run = env['GITHUB_RUN_ID'];
  if (!server || !workflow || !repository || !run) return undefined;
  const parameters = new Map<string, string>();
  for (const [name, variable] of Object.entries(githubParameters)) {
    const value = env[variable];
    if (value !== undefined && value !== '') parameters.set(name, value);
  }
  return {
    builder: `${server}/${workflow}`,
    invocation: `${server}/${repository}/actions/runs/${run}/attempts/${env['GITHUB_RUN_ATTEMPT'] ?? '1'}`,
    parameters: Object.fromEntries(parameters),
  };
}

/** Names as actions/attest-build-provenance has them. */
const githubParameters = {
  event_name: 'GITHUB_EVENT_NAME',
  repository_id: 'GITHUB_REPOSITORY_ID',
  repository_owner_id: 'GITHUB_REPOSITORY_OWNER_ID',
  runner_environment: 'RUNNER_ENVIRONMENT',
} as const;

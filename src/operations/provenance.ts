// Provenance (SLSA v1): from what, by whom and when an artifact was published, as a predicate that is signed beside it.
// The facts come from the caller; nothing is made up, and what is not of the form that GitHub gives it is not attested.
import * as z from 'zod';
import { InputError } from '../errors.ts';
import { provenanceLimits } from '../limits.ts';
import type { Rendering } from '../render/render-directory.ts';
import type { Authority } from '../signing/authority.ts';
import type { Candidates } from '../signing/candidates.ts';
import type { AcceptedStatement } from '../signing/verifier.ts';
import { matchAttestation } from '../trust/attestations.ts';
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
  /** What made the files out of those at `path`. */
  readonly rendering?: Rendering | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly finishedMs: number;
};

/**
 * The statement's predicate and its type; one a signer and artifact is enough.
 * @throws InputError `INPUT_INVALID` where the environment of a job is not as GitHub makes it
 */
export function provenanceOf(facts: ProvenanceFacts): Attestation {
  const { path, files, repository, tags, annotations, source, revision, rendering } = facts;
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
          ...(rendering === undefined ? {} : { rendering: rendering.parameters }),
        },
        internalParameters: {
          files,
          ...(rendering === undefined
            ? {}
            : { rendering: { tool: rendering.tool, version: rendering.version } }),
          ...(run === undefined ? {} : { github: run.parameters }),
        },
        resolvedDependencies: dependency === undefined ? [] : [dependency],
      },
      runDetails: {
        builder: {
          id: run?.builder ?? localBuilder,
          ...(rendering === undefined ? {} : { version: { [rendering.tool]: rendering.version } }),
        },
        metadata: {
          ...(run === undefined ? {} : { invocationId: run.invocation }),
          startedOn: formatTime(facts.startedMs),
          finishedOn: formatTime(facts.finishedMs),
        },
      },
    },
  };
}

/** What SLSA v1 requires of a predicate: https://slsa.dev/spec/v1.0/provenance */
const slsaSchema = z.object({
  buildDefinition: z.object({ buildType: z.url(), externalParameters: z.record(z.string(), z.unknown()) }),
  runDetails: z.object({ builder: z.object({ id: z.url() }) }),
});

/**
 * The first provenance about the artifact that one of the authorities signed, whoever built it.
 * @throws PolicyError `ATTESTATION_MISSING`; VerificationError `SIGNATURE_UNCHECKABLE`
 */
export function matchProvenance(
  candidates: Candidates,
  authorities: readonly Authority[],
): AcceptedStatement {
  const evaluate = (predicate: unknown): { readonly holds: boolean } => ({
    holds: slsaSchema.safeParse(predicate).success,
  });
  const expression = { text: 'what SLSA v1 requires of provenance', evaluate };
  return matchAttestation(candidates, { predicateType: provenancePredicateType, authorities, expression });
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

const { textLength } = provenanceLimits;
const digits = z.string().regex(/^\d{1,20}$/u);
const words = z.string().regex(/^[a-z_-]{1,64}$/u);

/** A server's address alone: a path or credentials in it would be attested. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/u.test(new URL(text).protocol) && new URL(text).origin === text;
}

const runSchema = z.object({
  GITHUB_SERVER_URL: z.string().max(textLength).refine(isOrigin),
  GITHUB_WORKFLOW_REF: z
    .string()
    .max(textLength)
    .regex(/^[\w.-]+\/[\w.-]+\/[^@\p{Cc}]+@[^\p{Cc}]+$/u),
  GITHUB_REPOSITORY: z
    .string()
    .max(textLength)
    .regex(/^[\w.-]+\/[\w.-]+$/u),
  GITHUB_RUN_ID: digits,
  GITHUB_RUN_ATTEMPT: digits.optional(),
  GITHUB_EVENT_NAME: words.optional(),
  GITHUB_REF: z
    .string()
    .max(textLength)
    .regex(/^refs\/[^\p{Cc}]+$/u)
    .optional(),
  GITHUB_SHA: z
    .string()
    .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u)
    .optional(),
  GITHUB_REPOSITORY_ID: digits.optional(),
  GITHUB_REPOSITORY_OWNER_ID: digits.optional(),
  RUNNER_ENVIRONMENT: words.optional(),
});

/** What a job of GitHub Actions finds in its environment; undefined elsewhere. */
function githubRun(env: ProvenanceFacts['env']): GithubRun | undefined {
  const given = Object.keys(runSchema.shape).flatMap((name) => (env[name] ? [[name, env[name]]] : []));
  const required = ['GITHUB_SERVER_URL', 'GITHUB_WORKFLOW_REF', 'GITHUB_REPOSITORY', 'GITHUB_RUN_ID'];
  if (!required.every((name) => env[name])) return undefined;
  const { data, error } = runSchema.safeParse(Object.fromEntries(given));
  if (data === undefined) {
    const name = String(error.issues[0]?.path[0] ?? '');
    throw new InputError('INPUT_INVALID', `environment variable ${name} is not as GitHub Actions sets it`, {
      hint: 'Provenance attests what it says: leave it as it is, or publish without provenance.',
    });
  }
  const server = data.GITHUB_SERVER_URL;
  const attempt = data.GITHUB_RUN_ATTEMPT ?? '1';
  const parameters = Object.entries(githubParameters).flatMap(([name, variable]) => {
    const value = data[variable];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    builder: `${server}/${data.GITHUB_WORKFLOW_REF}`,
    invocation: `${server}/${data.GITHUB_REPOSITORY}/actions/runs/${data.GITHUB_RUN_ID}/attempts/${attempt}`,
    parameters: Object.fromEntries(parameters),
  };
}

/** Names as actions/attest-build-provenance has them, where it has one. */
const githubParameters = {
  event_name: 'GITHUB_EVENT_NAME',
  workflow_ref: 'GITHUB_WORKFLOW_REF',
  ref: 'GITHUB_REF',
  sha: 'GITHUB_SHA',
  repository_id: 'GITHUB_REPOSITORY_ID',
  repository_owner_id: 'GITHUB_REPOSITORY_OWNER_ID',
  runner_environment: 'RUNNER_ENVIRONMENT',
} as const satisfies Record<string, keyof typeof runSchema.shape>;

// The inputs of publish. action.yml has the same names (a test compares them); all problems are reported at once.
import * as z from 'zod';
import { InputError } from '../../src/errors.ts';
import { parseTag, type Reference } from '../../src/oci/reference.ts';
import { annotationsOf } from '../../src/operations/annotations.ts';
import type { Signer } from '../../src/signing/signer.ts';
import type { RunContext } from '../shared/context.ts';
import { flag, lines, parsed, requiredText, text } from '../shared/fields.ts';
import type { Host } from '../shared/host.ts';
import { Problems } from '../shared/problems.ts';
import { parseRepository, readCa, toInputError } from '../shared/registry-inputs.ts';
import { maskSigningKey, parseKeyInput } from '../shared/signing-inputs.ts';
import { readText, resolveInWorkspace, type WorkspacePath } from '../shared/workspace.ts';

/** GitHub cuts payloads at 25 MB. */
const eventBytes = 32 * 1024 * 1024;
const revisionAnnotation = 'org.opencontainers.image.revision';

/** One member an input of action.yml. */
export const inputsSchema = z.object({
  repository: parsed(requiredText, parseRepository),
  path: requiredText,
  tags: lines,
  annotations: lines,
  'allow-plaintext-secrets': flag,
  source: parsed(text, parseSource),
  revision: text.regex(/^[^\r\n]*$/u, 'has several lines'),
  created: parsed(text, parseCreated),
  'signing-key': text,
  'signing-key-password': z.string(),
  'ca-file': text,
  'plain-http': flag,
  'dry-run': flag,
  summary: flag,
  'commit-status': flag,
  'github-token': text,
});

type InputName = keyof typeof inputsSchema.shape;

/** What a run of publish is to do. */
export type Inputs = {
  readonly reference: Pick<Reference, 'registry' | 'repository'>;
  readonly path: WorkspacePath;
  readonly tags: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly allowPlaintextSecrets: boolean;
  readonly revision: string | undefined;
  /** Page of the commit that `revision` names, where it is the workflow's. */
  readonly commitUrl: string | undefined;
  /** Undefined in a dry run without a key only. */
  readonly signer: Signer | undefined;
  readonly ca: string | undefined;
  readonly plainHttp: boolean;
  readonly isDryRun: boolean;
  readonly hasSummary: boolean;
};

/**
 * Masks what is secret, then reads and checks every input.
 * @throws FailuresError of InputError and SigningError
 */
export async function readInputs(host: Host, context: RunContext): Promise<Inputs> {
  maskSigningKey(host);
  host.mask(host.input('github-token').trim());
  const { shape } = inputsSchema;
  const problems = new Problems();
  const take = <T>(name: InputName, schema: z.ZodType<T, string>): T | undefined => {
    const result = schema.safeParse(host.input(name));
    if (result.success) return result.data;
    for (const issue of result.error.issues) problems.add(toInputError(issue, name));
    return undefined;
  };
  const reference = take('repository', shape.repository);
  const wantedPath = take('path', shape.path);
  const path =
    wantedPath === undefined
      ? undefined
      : await problems.attempt('path', () => resolveInWorkspace(context.workspace, wantedPath));
  const given = take('tags', shape.tags) ?? [];
  const tags = await problems.attempt('tags', () => tagsOf(given, context));
  const annotations = await readAnnotations(take, problems, context);
  const allowPlaintextSecrets = take('allow-plaintext-secrets', shape['allow-plaintext-secrets']);
  const isDryRun = take('dry-run', shape['dry-run']);
  const signer = await readSigner(take, problems, isDryRun === true);
  const plainHttp = take('plain-http', shape['plain-http']);
  const caFile = take('ca-file', shape['ca-file']) ?? '';
  const ca = await readCa({ 'ca-file': caFile, 'plain-http': plainHttp === true }, context, problems);
  const hasSummary = take('summary', shape.summary);
  // What comes of it is read where the status is set, which a run with wrong inputs does, too.
  take('commit-status', shape['commit-status']);
  const error = problems.toError();
  if (error !== undefined) throw error;
  return {
    ...complete({
      reference,
      path,
      tags,
      annotations,
      allowPlaintextSecrets,
      isDryRun,
      plainHttp,
      hasSummary,
    }),
    revision: annotations[revisionAnnotation],
    commitUrl: annotations[revisionAnnotation] === defaultRevision(context) ? commitUrl(context) : undefined,
    signer,
    ca,
  };
}

type Take = <T>(name: InputName, schema: z.ZodType<T, string>) => T | undefined;

/** Every input has a value once there is no problem. */
function complete<T extends object>(values: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) throw new TypeError(`${name} has neither a value nor a problem`);
  }
  // Each member was just seen to be defined.
  return values as { [Key in keyof T]: Exclude<T[Key], undefined> };
}

/** A URL's user part is a credential that would be published. */
function parseSource(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    throw new InputError('INPUT_INVALID', 'URL has credentials', {
      hint: 'Leave out what stands before the "@".',
    });
  }
  if (/[\r\n]/u.test(value)) throw new InputError('INPUT_INVALID', 'has several lines');
  return value;
}

function parseCreated(value: string): string {
  if (value !== 'none' && value !== 'commit' && value !== '') annotationsOf([], { created: value });
  return value === '' ? 'none' : value;
}

function tagsOf(given: readonly string[], { refType, refName, commit }: RunContext): readonly string[] {
  if (given.length > 0) return [...new Set(given)].map(parseTag);
  if (refType === 'tag' && refName !== undefined) return [parseTag(refName)];
  if (commit !== undefined) return [parseTag(`sha-${commit.slice(0, 12)}`)];
  throw new InputError('INPUT_MISSING', 'there is no default, since GITHUB_SHA is not set');
}

async function readAnnotations(
  take: Take,
  problems: Problems,
  context: RunContext,
): Promise<Readonly<Record<string, string>>> {
  const { shape } = inputsSchema;
  const pairs = take('annotations', shape.annotations) ?? [];
  const source = take('source', shape.source);
  const revision = take('revision', shape.revision);
  const mode = take('created', shape.created);
  const created =
    mode === 'commit'
      ? await problems.attempt('created', () => readCommitTime(context))
      : mode === 'none'
        ? undefined
        : mode;
  const given = await problems.attempt('annotations', () =>
    annotationsOf(pairs, { source, revision, created }),
  );
  // A line of annotations stands for the input that is not given; only two given ones are a conflict.
  const defaults = annotationsOf([], { source: repositoryUrl(context), revision: defaultRevision(context) });
  return { ...defaults, ...given };
}

const eventSchema = z.object({ head_commit: z.object({ timestamp: z.string() }) });

async function readCommitTime({ eventPath }: RunContext): Promise<string> {
  const payload = eventPath === undefined ? '{}' : await readText(eventPath, eventBytes);
  let event: unknown;
  try {
    event = JSON.parse(payload);
  } catch (cause) {
    throw new InputError('INPUT_INVALID', "the event's payload is not JSON", { cause });
  }
  const found = eventSchema.safeParse(event);
  if (found.success) return found.data.head_commit.timestamp;
  throw new InputError('INPUT_INVALID', "the event has no head commit, so the commit's time is not known", {
    hint: 'Use none, or a time as RFC 3339 writes it: `git log -1 --format=%cI` prints it.',
  });
}

function repositoryUrl({ serverUrl, repository }: RunContext): string | undefined {
  return serverUrl === undefined || repository === undefined ? undefined : `${serverUrl}/${repository}`;
}

function defaultRevision({ refName, commit }: RunContext): string | undefined {
  return refName === undefined || commit === undefined ? undefined : `${refName}@sha1:${commit}`;
}

function commitUrl(context: RunContext): string | undefined {
  const url = repositoryUrl(context);
  return url === undefined || context.commit === undefined ? undefined : `${url}/commit/${context.commit}`;
}

async function readSigner(take: Take, problems: Problems, isDryRun: boolean): Promise<Signer | undefined> {
  const { shape } = inputsSchema;
  const key = take('signing-key', shape['signing-key']) ?? '';
  const password = take('signing-key-password', shape['signing-key-password']) ?? '';
  if (key !== '') return problems.attempt('signing-key', () => parseKeyInput(key, password));
  if (!isDryRun) {
    problems.add(
      new InputError('INPUT_MISSING', 'signing-key: is missing', {
        hint: 'Give the secret that holds the key; runs for forks and for Dependabot see no secrets of the repository.',
      }),
    );
  }
  return undefined;
}

// The annotations of the artifact: given ones, and what the run says of where the files come from.
import * as z from 'zod';
import { InputError } from '../../src/errors.ts';
import { annotationsOf } from '../../src/operations/annotations.ts';
import type { RunContext } from '../shared/context.ts';
import { readEventPayload } from '../shared/event.ts';
import type { Problems } from '../shared/problems.ts';
import type { Taken } from '../shared/read-all.ts';

export const revisionAnnotation = 'org.opencontainers.image.revision';
export const sourceAnnotation = 'org.opencontainers.image.source';

type Values = {
  readonly annotations: readonly string[];
  readonly source: string;
  readonly revision: string;
  readonly created: string;
};

/**
 * A URL's user part is a credential that would be published.
 * @throws InputError `INPUT_INVALID`
 */
export function parseSource(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    throw new InputError('INPUT_INVALID', 'URL has credentials', {
      hint: 'Leave out what stands before the "@".',
    });
  }
  if (/[\r\n]/u.test(value)) throw new InputError('INPUT_INVALID', 'has several lines');
  return value;
}

/** @throws InputError `INPUT_INVALID` */
export function parseCreated(value: string): string {
  if (value !== 'none' && value !== 'commit' && value !== '') annotationsOf([], { created: value });
  return value === '' ? 'none' : value;
}

/** All of them; what is wrong with those that are given is added to the problems. */
export async function readAnnotations(
  { annotations = [], source, revision, created: mode }: Taken<Values>,
  context: RunContext,
  problems: Problems,
): Promise<Readonly<Record<string, string>>> {
  const created =
    mode === 'commit'
      ? await problems.attempt('created', () => readCommitTime(context))
      : mode === 'none'
        ? undefined
        : mode;
  const given = await problems.attempt('annotations', () =>
    annotationsOf(annotations, { source, revision, created }),
  );
  // A line of annotations stands for the input that is not given; only two given ones are a conflict.
  const defaults = annotationsOf([], { source: repositoryUrl(context), revision: defaultRevision(context) });
  return { ...defaults, ...given };
}

const eventSchema = z.object({ head_commit: z.object({ timestamp: z.string() }) });

async function readCommitTime(context: RunContext): Promise<string> {
  const found = eventSchema.safeParse(await readEventPayload(context));
  if (found.success) return found.data.head_commit.timestamp;
  throw new InputError('INPUT_INVALID', "the event has no head commit, so the commit's time is not known", {
    hint: 'Use none, or a time as RFC 3339 writes it: `git log -1 --format=%cI` prints it.',
  });
}

/** Page of the commit that a revision names, where it is the workflow's own. */
export function commitUrlOf(revision: string | undefined, context: RunContext): string | undefined {
  const url = repositoryUrl(context);
  if (revision !== defaultRevision(context) || url === undefined || context.commit === undefined)
    return undefined;
  return `${url}/commit/${context.commit}`;
}

function repositoryUrl({ serverUrl, repository }: RunContext): string | undefined {
  return serverUrl === undefined || repository === undefined ? undefined : `${serverUrl}/${repository}`;
}

function defaultRevision({ refName, commit }: RunContext): string | undefined {
  return refName === undefined || commit === undefined ? undefined : `${refName}@sha1:${commit}`;
}

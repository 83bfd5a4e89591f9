// Annotations of an artifact, as Flux writes and reads them. Nothing is made up: without a time the same files give
// the same digest for ever.
import { InputError } from '../errors.ts';

const standard = {
  source: 'org.opencontainers.image.source',
  revision: 'org.opencontainers.image.revision',
  created: 'org.opencontainers.image.created',
} as const;

/**
 * @param pairs `key=value`, split at the first `=`
 * @throws InputError `INPUT_INVALID`, `INPUT_CONFLICT`
 */
export function annotationsOf(
  pairs: readonly string[],
  {
    source,
    revision,
    created,
  }: { source?: string | undefined; revision?: string | undefined; created?: string | undefined },
): Readonly<Record<string, string>> {
  const annotations = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, at);
    if (at <= 0 || !/^[\w./-]{1,255}$/u.test(key)) {
      throw new InputError(
        'INPUT_INVALID',
        `annotation ${JSON.stringify(pair.slice(0, 100))} is not KEY=VALUE`,
      );
    }
    if (annotations.has(key)) throw new InputError('INPUT_CONFLICT', `annotation ${key} is given twice`);
    annotations.set(key, pair.slice(at + 1));
  }
  const named = { source, revision, created: created === undefined ? undefined : parseTime(created) };
  for (const name of ['source', 'revision', 'created'] as const) {
    const value = named[name];
    if (value === undefined || value === '') continue;
    if (annotations.has(standard[name]))
      throw new InputError('INPUT_CONFLICT', `annotation ${standard[name]} is given twice`);
    annotations.set(standard[name], value);
  }
  assertNoCredentials(annotations.get(standard.source) ?? '');
  return Object.fromEntries(annotations);
}

/**
 * What a CI calls the address of its repository often has the job's token, which whoever may read the artifact could
 * read then ("leaked token"). The user of an SSH URL is no secret, that of an HTTP URL may be a token itself.
 */
function assertNoCredentials(source: string): void {
  if (!URL.canParse(source)) return;
  const { protocol, username, password } = new URL(source);
  if (password === '' && (username === '' || !/^https?:$/u.test(protocol))) return;
  throw new InputError('INPUT_INVALID', 'source is a URL with credentials, which would be published', {
    hint: 'Leave out what stands before the "@".',
  });
}

/** RFC 3339 in UTC with whole seconds, so that one moment has one spelling. */
function parseTime(text: string): string {
  const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/u.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new InputError(
      'INPUT_INVALID',
      `created is ${JSON.stringify(text.slice(0, 100))}, not a time as RFC 3339 writes it`,
    );
  }
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

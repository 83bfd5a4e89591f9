// Counts the requests of some accounts in the API server's audit log, from a place in it on: exact, whoever counts.
import { open, stat } from 'node:fs/promises';
import * as z from 'zod';

/** Numbers of requests by what they are, `VERB RESOURCE`. */
export type Tally = ReadonlyMap<string, number>;

export type AuditLog = {
  /** Forgets what was written up to now. */
  mark(): Promise<void>;
  /** What was written since the mark, which stays where it is. */
  count(): Promise<Tally>;
};

const eventSchema = z.object({
  stage: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  user: z.object({ username: z.string() }),
  objectRef: z.object({ resource: z.string().optional(), subresource: z.string().optional() }).optional(),
});
type Event = z.infer<typeof eventSchema>;

/** @param users names of the accounts; requests that they make as somebody else are theirs, too */
export function openAuditLog(file: string, users: readonly string[]): AuditLog {
  const isOurs = new Set(users);
  let from = 0;
  return {
    mark: async () => {
      from = (await stat(file)).size;
    },
    count: async () => {
      const counts = new Map<string, number>();
      const handle = await open(file);
      try {
        for await (const line of handle.readLines({ start: from })) {
          if (!users.some((user) => line.includes(user))) continue;
          const name = nameOf(line, isOurs);
          if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
        }
      } finally {
        await handle.close();
      }
      return counts;
    },
  };
}

function nameOf(line: string, users: ReadonlySet<string>): string | undefined {
  let event: Event;
  try {
    event = eventSchema.parse(JSON.parse(line));
  } catch {
    // It is just being written.
    return undefined;
  }
  if (!users.has(event.user.username)) return undefined;
  // A watch is one request, and counts at its start: its end may be an hour away.
  const isWatch = event.verb === 'watch';
  if (event.stage !== (isWatch ? 'ResponseStarted' : 'ResponseComplete')) return undefined;
  const { resource, subresource } = event.objectRef ?? {};
  const what = resource === undefined ? event.requestURI.replace(/\?.*/u, '') : resource;
  return `${verbOf(event)} ${what}${subresource === undefined ? '' : `/${subresource}`}`;
}

/** A server-side apply is the only patch that says whether it forces. */
function verbOf({ verb, requestURI }: Event): string {
  if (verb !== 'patch' || !/[?&]force=/u.test(requestURI)) return verb;
  return /[?&]dryRun=/u.test(requestURI) ? 'dry-run' : 'apply';
}

export function totalOf(tally: Tally): number {
  return [...tally.values()].reduce((total, count) => total + count, 0);
}

const readers: ReadonlySet<string> = new Set(['get', 'list', 'watch', 'dry-run']);

/** Requests that may change something. */
export function writesOf(tally: Tally): number {
  const writes = [...tally].filter(([name]) => !readers.has(name.split(' ')[0] ?? ''));
  return totalOf(new Map(writes));
}

/** Without what goes on while nothing happens: the streams, and the lease. */
export function withoutUpkeep(tally: Tally): Tally {
  return new Map([...tally].filter(([name]) => !name.startsWith('watch ') && !name.endsWith(' leases')));
}

/** `apply 400, patch 100`, the most frequent first. */
export function formatByVerb(tally: Tally): string {
  const verbs = new Map<string, number>();
  for (const [name, count] of tally) {
    const verb = name.split(' ')[0] ?? '';
    verbs.set(verb, (verbs.get(verb) ?? 0) + count);
  }
  return formatTally(verbs);
}

export function formatTally(tally: Tally): string {
  const sorted = [...tally].toSorted(([, a], [, b]) => b - a);
  return sorted.length === 0 ? 'none' : sorted.map(([name, count]) => `${name} ${count}`).join(', ');
}

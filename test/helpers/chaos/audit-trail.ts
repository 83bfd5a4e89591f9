// Who wrote what when, from the API server's audit log: which puller by its token, and whether it led by then.
import { readFile } from 'node:fs/promises';
import * as z from 'zod';

const credentialKey = 'authentication.kubernetes.io/credential-id';

const lineSchema = z.object({
  stage: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  requestReceivedTimestamp: z.string(),
  stageTimestamp: z.string(),
  user: z.object({
    username: z.string(),
    extra: z.record(z.string(), z.array(z.string())).optional(),
  }),
  impersonatedUser: z.object({ username: z.string() }).optional(),
  responseStatus: z.object({ code: z.number().optional() }).optional(),
});

export type Audited = {
  readonly verb: string;
  readonly uri: string;
  readonly status: number;
  /** Id of the token, or the name of whoever has none. */
  readonly credential: string;
  /** By whose rights. */
  readonly as: string;
  /** Times as the API server writes them, with microseconds: they sort as texts. */
  readonly received: string;
  readonly completed: string;
};

const writeVerbs: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete']);

/** Answered requests, in the order in which they were answered. */
export async function readAuditTrail(file: string): Promise<readonly Audited[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  return lines.flatMap((text) => {
    const line = parseLine(text);
    if (line?.stage !== 'ResponseComplete') return [];
    const { verb, requestURI, user, impersonatedUser, responseStatus } = line;
    return {
      verb,
      uri: requestURI,
      status: responseStatus?.code ?? 0,
      credential: user.extra?.[credentialKey]?.[0] ?? user.username,
      as: impersonatedUser?.username ?? user.username,
      received: line.requestReceivedTimestamp,
      completed: line.stageTimestamp,
    };
  });
}

/** A server that was killed leaves half a line behind. */
function parseLine(text: string): z.infer<typeof lineSchema> | undefined {
  try {
    return lineSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export const isWrite = ({ verb }: Audited): boolean => writeVerbs.has(verb);
const isLease = ({ uri }: Audited): boolean => uri.includes('/leases');

/**
 * Writes that reached the API server after another puller had taken the lease.
 * @param credentials of the pullers
 */
export function writesWithoutLease(
  trail: readonly Audited[],
  credentials: readonly string[],
): readonly Audited[] {
  const ofPullers = trail.filter((one) => credentials.includes(one.credential) && isWrite(one));
  const taken = ofPullers
    .filter((one) => isLease(one) && one.status < 300)
    .toSorted((a, b) => (a.completed < b.completed ? -1 : 1));
  return ofPullers.filter((one) => {
    if (isLease(one)) return false;
    const last = taken.findLast(({ completed }) => completed < one.received);
    return last !== undefined && last.credential !== one.credential;
  });
}

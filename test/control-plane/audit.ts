// Reads the audit log: what reached the API server, from whom, and what it answered. Tests count requests with it.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const eventSchema = z.object({
  stage: z.enum(['ResponseStarted', 'ResponseComplete', 'Panic']),
  verb: z.string(),
  requestURI: z.string(),
  user: z.object({ username: z.string() }),
  userAgent: z.string().optional(),
  objectRef: z
    .object({
      resource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
      apiGroup: z.string().optional(),
      subresource: z.string().optional(),
    })
    .optional(),
  responseStatus: z.object({ code: z.number().optional() }).optional(),
});

/** One stage of one request; a watch has two, its start and its end. */
export type AuditEvent = z.infer<typeof eventSchema>;

/** The events so far, in the order in which they were written; a line that is just being written is left out. */
export async function readAuditEvents(auditLogFile: string): Promise<AuditEvent[]> {
  const lines = (await readFile(auditLogFile, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => eventSchema.parse(JSON.parse(line)));
}

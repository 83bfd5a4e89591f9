// The report of a plan, report.json: all that a comment or a summary is made of, masked. A run without rights writes
// it and one with rights reads it, so what is read is hostile: nothing in it says where a comment goes.
import * as z from 'zod';
import { InputError } from '../errors.ts';
import { planLimits, resourceLimits } from '../limits.ts';

const shortText = z.string().max(2000);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/u);
const count = z.int().min(0).max(resourceLimits.resources);

const changeSchema = z.strictObject({
  action: z.enum(['created', 'configured', 'deleted']),
  /** As people write it. */
  name: shortText,
  group: shortText,
  kind: shortText,
  /** Fields that differ; of many only the first. */
  fields: z.array(shortText).max(200),
  /** Those of them that no server changes: the object must be made anew. */
  immutable: z.array(shortText).max(200),
  /** Unified diff; empty where the report had no room, or all that differs is masked. */
  text: z.string().max(planLimits.reportCharacters),
});

const reportSchema = z.strictObject({
  version: z.literal(1),
  /** What the head is compared with, as it was asked for: a tag or a digest. */
  base: z.strictObject({ name: shortText, digest: digest.nullable() }),
  /** The digest is null where the head is files. */
  head: z.strictObject({ name: shortText, digest: digest.nullable(), commit: shortText.nullable() }),
  /** When it was made, RFC 3339. */
  madeAt: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u),
  unchanged: count,
  changes: z.array(changeSchema).max(2 * resourceLimits.resources),
});

export type PlanReport = z.infer<typeof reportSchema>;
export type PlannedChange = PlanReport['changes'][number];
export type PlanCounts = Readonly<Record<PlannedChange['action'] | 'unchanged', number>>;

/**
 * A report from the text of its file.
 * @throws InputError `INPUT_INVALID`
 */
export function parseReport(text: string): PlanReport {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new InputError('INPUT_INVALID', 'report is not JSON', { cause });
  }
  const result = reportSchema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? 'report' : issue.path.map(String).join('.');
  throw new InputError('INPUT_INVALID', `report is not valid at ${place.slice(0, 100)}`, {
    hint: 'Take report.json as the diff action of the same version wrote it.',
  });
}

export function formatReport(report: PlanReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** How many objects each action has. */
export function countsOf({ changes, unchanged }: PlanReport): PlanCounts {
  const counts = { created: 0, configured: 0, deleted: 0, unchanged };
  for (const { action } of changes) counts[action] += 1;
  return counts;
}

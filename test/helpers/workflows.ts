// Workflows of GitHub as files and as blocks of the README, read by a schema that knows no more than what tests look at.
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

const root = join(import.meta.dirname, '../..');

const values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));
const permissions = z.record(z.string(), z.enum(['read', 'write']));
const stepSchema = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  with: values.default({}),
  env: values.default({}),
  run: z.string().optional(),
  shell: z.string().optional(),
  'working-directory': z.string().optional(),
});
const jobSchema = z.looseObject({
  permissions: permissions.optional(),
  'timeout-minutes': z.number().optional(),
  uses: z.string().optional(),
  environment: z.unknown().optional(),
  steps: z.array(stepSchema).default([]),
});
const workflowSchema = z.looseObject({
  name: z.string(),
  on: z.unknown().optional(),
  permissions: permissions.optional(),
  concurrency: z.looseObject({ 'cancel-in-progress': z.unknown() }).optional(),
  jobs: z.record(z.string(), jobSchema),
});

export type WorkflowStep = z.infer<typeof stepSchema>;
export type WorkflowFile = {
  readonly name: string;
  readonly text: string;
  readonly workflow: z.infer<typeof workflowSchema>;
};

/** Those that run in this repository. */
export async function readOwnWorkflows(): Promise<readonly WorkflowFile[]> {
  const paths = await Array.fromAsync(glob('.github/workflows/*.yml', { cwd: root }));
  return Promise.all(
    paths.toSorted().map(async (path) => toFile(path, await readFile(join(root, path), 'utf8'))),
  );
}

/** Those that users are to copy. */
export async function readReadmeWorkflows(): Promise<readonly WorkflowFile[]> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  return Array.from(
    readme.matchAll(/^```yaml\n(?<text>[\s\S]*?)^```$/gmu),
    ({ groups }) => groups?.['text'] ?? '',
  )
    .filter((text) => /^jobs:$/mu.test(text))
    .map((text) => toFile(`README.md ${/^name: (.*)$/mu.exec(text)?.[1]}`, text));
}

function toFile(name: string, text: string): WorkflowFile {
  return { name, text, workflow: workflowSchema.parse(parse(text)) };
}

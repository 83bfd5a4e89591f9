// How Flux substitutes in texts, asked of its own library: one process for all questions of a test file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as readText } from 'node:stream/consumers';
import * as z from 'zod';
import { requireComponents } from '../components/locate.ts';

const answerSchema = z.object({ text: z.string(), error: z.string().optional() });

export type Question = { readonly text: string; readonly variables: Readonly<Record<string, string>> };
export type Answer = z.infer<typeof answerSchema>;

export async function askEnvsubst(questions: readonly Question[]): Promise<readonly Answer[]> {
  const { 'envsubst-oracle': path } = await requireComponents(['envsubst-oracle']);
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const answers = readText(child.stdout);
  child.stdin.end(questions.map((question) => `${JSON.stringify(question)}\n`).join(''));
  const lines = (await answers).trimEnd().split('\n');
  await exited;
  return lines.map((line) => answerSchema.parse(JSON.parse(line)));
}

// How kubectl reads files, asked of its own libraries: one process for all questions of a test file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { requireComponents } from '../components/locate.ts';

const answerSchema = z.object({
  documents: z.array(z.string()),
  error: z.string().optional(),
  strict: z.string().optional(),
});

export type OracleAnswer = {
  /** The documents that kubectl sees, as JSON with sorted keys (`canonicalJson`). */
  readonly documents: readonly string[];
  /** Why kubectl refuses the file. */
  readonly error?: string | undefined;
  /** Why the strict reader refuses it, which kubectl does not use. */
  readonly strict?: string | undefined;
};

export type YamlOracle = {
  ask(files: readonly (string | Uint8Array)[]): Promise<readonly OracleAnswer[]>;
  stop(): Promise<void>;
};

export async function startYamlOracle(): Promise<YamlOracle> {
  const { 'yaml-oracle': path } = await requireComponents(['yaml-oracle']);
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(files) {
      child.stdin.write(files.map((file) => `${Buffer.from(file).toString('base64')}\n`).join(''));
      const answers: OracleAnswer[] = [];
      while (answers.length < files.length) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error('yaml-oracle has ended');
        answers.push(parseAnswer(value));
      }
      return answers;
    },
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}

function parseAnswer(line: string): OracleAnswer {
  return answerSchema.parse(JSON.parse(line));
}

/** JSON with sorted keys, in the bytes that Go writes. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).toSorted(([a], [b]) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    return `{${members.map(([key, member]) => `${canonicalJson(key)}:${canonicalJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

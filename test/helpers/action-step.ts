// One step of a workflow as the runner starts it: an action's file in a process with nothing but the environment that
// the runner gives, and what it left behind.
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type StepResult = {
  readonly code: number;
  readonly stdout: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Everything that was said or written, without the commands that mask. */
  readonly everything: string;
};

export type Step = {
  /** Program that runs it; by default the one that runs this. */
  readonly node?: string;
  /** Bundle or source file. */
  readonly entry: string;
  /** A folder of this step alone, which is made. */
  readonly temp: string;
  readonly workspace: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** Beside and over what every step has. */
  readonly env?: Readonly<Record<string, string>>;
};

export const stepCommit = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';

/** Runs it to its end. */
export async function runStep({
  node = process.execPath,
  entry,
  temp,
  workspace,
  inputs,
  env = {},
}: Step): Promise<StepResult> {
  await mkdir(temp);
  for (const name of ['output', 'summary']) await writeFile(join(temp, name), '');
  // As the runner does it: hyphens stay, letters become capitals.
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const full = {
    ...Object.fromEntries(given),
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: join(temp, 'output'),
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: 'org/app',
    GITHUB_RUN_ATTEMPT: '2',
    GITHUB_RUN_ID: '42',
    GITHUB_SERVER_URL: 'https://github.example',
    GITHUB_SHA: stepCommit,
    GITHUB_STEP_SUMMARY: join(temp, 'summary'),
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: temp,
    TMPDIR: temp,
    ...env,
  };
  const { code, stdout, stderr } = await new Promise<{ code: number; stdout: string; stderr: string }>(
    (resolve) => {
      execFile(node, [entry], { cwd: temp, env: full }, (error, out, words) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout: out, stderr: words });
      });
    },
  );
  const files = await Promise.all((await readdir(temp)).map((name) => readFile(join(temp, name), 'utf8')));
  const said = stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  return {
    code,
    stdout,
    outputs: parseOutputs(await readFile(join(temp, 'output'), 'utf8')),
    summary: await readFile(join(temp, 'summary'), 'utf8'),
    everything: [...said, stderr, ...files].join('\n'),
  };
}

function parseOutputs(text: string): Readonly<Record<string, string>> {
  const found = text.matchAll(/^(?<name>[\w-]+)<<(?<end>\S+)\n(?<value>[\s\S]*?)\n\k<end>$/gmu);
  return Object.fromEntries(
    [...found].map(({ groups }) => [groups?.['name'] ?? '', groups?.['value'] ?? '']),
  );
}

/** Annotations of one kind, in order. */
export function annotationsOf({ stdout }: StepResult, kind: 'error' | 'warning'): readonly string[] {
  return stdout.split('\n').filter((line) => new RegExp(`^::${kind}[ :]`, 'u').test(line));
}

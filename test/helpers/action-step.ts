// One step of a workflow as the runner starts it: a built action in a process with a clean environment, its inputs as
// action.yml has them unless others are given.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

export type ActionName = 'publish' | 'promote' | 'verify' | 'diff';

export type StepResult = {
  readonly code: number;
  /** Without the commands that mask. */
  readonly said: string;
  readonly outputs: Readonly<Record<string, string>>;
};

export type Step = {
  readonly node: string;
  /** Folder of the built actions. */
  readonly dist: string;
  /** The checkout, which is GITHUB_WORKSPACE. */
  readonly workspace: string;
  /** Folder that the step makes one in, for what a runner gives it. */
  readonly folder: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
};

const actionSchema = z.object({
  inputs: z.record(z.string(), z.object({ default: z.string().optional() })),
});

export async function runActionStep(action: ActionName, step: Step): Promise<StepResult> {
  const temp = await mkdtemp(join(step.folder, `${action}-`));
  for (const name of ['output', 'summary']) await writeFile(join(temp, name), '');
  const env = {
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: join(temp, 'output'),
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: 'org/app',
    GITHUB_SERVER_URL: 'https://github.example',
    GITHUB_SHA: '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d',
    GITHUB_STEP_SUMMARY: join(temp, 'summary'),
    GITHUB_WORKSPACE: step.workspace,
    RUNNER_TEMP: temp,
    ...(await inputEnvironment(action, step.inputs)),
    ...step.env,
  };
  const { code, said } = await new Promise<Omit<StepResult, 'outputs'>>((resolve) => {
    execFile(step.node, [join(step.dist, `${action}.js`)], { cwd: temp, env }, (error, stdout, stderr) => {
      const lines = `${stdout}${stderr}`.split('\n').filter((line) => !line.startsWith('::add-mask::'));
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), said: lines.join('\n') });
    });
  });
  const written = await readFile(join(temp, 'output'), 'utf8');
  const outputs = written.matchAll(/^(?<name>[\w-]+)<<(?<end>\S+)\n(?<value>[\s\S]*?)\n\k<end>$/gmu);
  return {
    code,
    said,
    outputs: Object.fromEntries(
      Array.from(outputs, ({ groups }) => [groups?.['name'] ?? '', groups?.['value'] ?? '']),
    ),
  };
}

/** Hyphens stay, letters become capitals; an expression as a default is the token's. */
async function inputEnvironment(
  action: ActionName,
  given: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const file = action === 'publish' ? '../../action.yml' : `../../action/${action}/action.yml`;
  const { inputs } = actionSchema.parse(parse(await readFile(join(import.meta.dirname, file), 'utf8')));
  for (const name of Object.keys(given))
    if (!Object.hasOwn(inputs, name)) throw new Error(`${action} has no input ${name}`);
  const values = Object.entries(inputs).map(([name, { default: value = '' }]) => [
    `INPUT_${name.toUpperCase()}`,
    given[name] ?? (value.startsWith('${{') ? '' : value),
  ]);
  // Made of pairs of strings just above.
  return Object.fromEntries(values) as Record<string, string>;
}

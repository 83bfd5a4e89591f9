// Steps of a workflow as the runner makes them: an action's bundle in a process with a clean environment, and all that it
// said and wrote. What must not be seen anywhere is looked for in all of it.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readDefaults } from './action-defaults.ts';
import { startCommand, type Running } from './cli.ts';

export type StepResult = {
  readonly code: number | null;
  readonly stdout: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** What the runner was told to hide. */
  readonly masks: readonly string[];
  /** Everything that was said or written, without the commands that mask. */
  readonly everything: string;
};

export type Values = Readonly<Record<string, string>>;

export type ActionName = 'publish' | 'promote' | 'verify' | 'diff';

export type Workflow = {
  readonly workspace: string;
  /** Runs a step to its end; inputs that are not given have the defaults of action.yml. */
  step(action: ActionName, inputs: Values, env?: Values): Promise<StepResult>;
  /** Starts one and leaves it running. */
  start(
    action: ActionName,
    inputs: Values,
    env?: Values,
  ): Promise<Running & { result(): Promise<StepResult> }>;
};

/**
 * A workspace and a runner.
 * @param folder for both, empty
 * @param dist with the bundles
 * @param env of every step
 */
export async function openWorkflow(folder: string, dist: string, env: Values = {}): Promise<Workflow> {
  const workspace = join(folder, 'workspace');
  await mkdir(workspace, { recursive: true });
  let steps = 0;
  const start: Workflow['start'] = async (action, inputs, more = {}) => {
    steps += 1;
    const temp = join(folder, `step-${steps}`);
    await mkdir(temp);
    for (const name of ['output', 'summary']) await writeFile(join(temp, name), '');
    const given = { ...(await readDefaults(action === 'publish' ? undefined : action)), ...inputs };
    const running = startCommand(process.execPath, [join(dist, `${action}.js`)], {
      cwd: temp,
      env: { ...runnerEnv(workspace, temp), ...inputEnv(given), ...env, ...more },
    });
    return { ...running, result: async () => readResult(temp, await running.finished) };
  };
  return { workspace, start, step: async (...what) => (await start(...what)).result() };
}

export type Step = {
  /** Program that runs it; by default the one that runs this. */
  readonly node?: string;
  /** Bundle or source file. */
  readonly entry: string;
  /** A folder of this step alone, which is made. */
  readonly temp: string;
  readonly workspace: string;
  readonly inputs: Values;
  /** Beside and over what every step has. */
  readonly env?: Values;
};

export const stepCommit = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';

/** Runs one step, by its file, with these inputs and no others. */
export async function runStep(step: Step): Promise<StepResult> {
  const { node = process.execPath, entry, temp, workspace, inputs, env = {} } = step;
  await mkdir(temp);
  for (const name of ['output', 'summary']) await writeFile(join(temp, name), '');
  const own = {
    GITHUB_REPOSITORY: 'org/app',
    GITHUB_RUN_ATTEMPT: '2',
    GITHUB_RUN_ID: '42',
    GITHUB_SERVER_URL: 'https://github.example',
    GITHUB_SHA: stepCommit,
  };
  const running = startCommand(node, [entry], {
    cwd: temp,
    env: { ...runnerEnv(workspace, temp), ...own, ...inputEnv(inputs), ...env },
  });
  return readResult(temp, await running.finished);
}

/** As the runner does it: hyphens stay, letters become capitals. */
function inputEnv(inputs: Values): Values {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
}

function runnerEnv(workspace: string, temp: string): Values {
  return {
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_OUTPUT: join(temp, 'output'),
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: 'example-org/example-app',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '3003',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: 'c0ffee'.padEnd(40, '0'),
    GITHUB_STEP_SUMMARY: join(temp, 'summary'),
    GITHUB_WORKFLOW_REF: 'example-org/example-app/.github/workflows/release.yml@refs/heads/main',
    GITHUB_WORKSPACE: workspace,
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_TEMP: temp,
    TMPDIR: temp,
  };
}

async function readResult(
  temp: string,
  { code, stdout, stderr }: Awaited<Running['finished']>,
): Promise<StepResult> {
  assert.equal(stderr, '');
  const files = (await readdir(temp, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')),
  );
  const lines = stdout.split('\n');
  const command = '::add-mask::';
  const [masks, said] = [true, false].map((isMask) =>
    lines.filter((line) => line.startsWith(command) === isMask),
  );
  return {
    code,
    stdout,
    outputs: parseOutputs(await readFile(join(temp, 'output'), 'utf8')),
    summary: await readFile(join(temp, 'summary'), 'utf8'),
    masks: (masks ?? []).map((line) => unescape(line.slice(command.length))),
    everything: [...(said ?? []), ...texts].join('\n'),
  };
}

/** What the toolkit does to the text of a command. */
function unescape(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function parseOutputs(text: string): Values {
  const found = text.matchAll(/^(?<name>[\w-]+)<<(?<end>\S+)\n(?<value>[\s\S]*?)\n\k<end>$/gmu);
  return Object.fromEntries(
    [...found].map(({ groups }) => [groups?.['name'] ?? '', groups?.['value'] ?? '']),
  );
}

/** Annotated errors, a line each. */
export function errorsOf(result: StepResult): readonly string[] {
  return annotationsOf(result, 'error');
}

/** Annotations of one kind, in order. */
export function annotationsOf({ stdout }: StepResult, kind: 'error' | 'warning'): readonly string[] {
  return stdout.split('\n').filter((line) => new RegExp(`^::${kind}[ :]`, 'u').test(line));
}

/** Asserts that no secret is anywhere but in the commands that mask it. */
export function assertUnseen({ everything }: StepResult, ...secrets: readonly string[]): void {
  for (const secret of secrets) assert.ok(!everything.includes(secret), 'a secret is told');
  // Every identity token begins so.
  assert.doesNotMatch(everything.replaceAll(/"(?:payload|canonicalizedBody)":"[^"]*"/gu, ''), /eyJhbGciOi/u);
  assert.doesNotMatch(everything, /\n\s+at .*\(/u, 'no stack is shown');
}

// The self-test workflow does what it says: its steps are run here one after the other as a runner runs them, shell and
// actions, with what dist/ would be now, and only the port is another.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { buildDist } from '../../tools/build.ts';
import { readDefaults } from '../helpers/action-defaults.ts';
import { runStep, type Values } from '../helpers/action-step.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { readOwnWorkflows, type WorkflowStep } from '../helpers/workflows.ts';

const root = join(import.meta.dirname, '../..');
const portOfWorkflow = '5077';

/** What the runner has in place of an expression; nothing else stands in this workflow's steps. */
type Known = { readonly outputs: Map<string, Values>; readonly port: string };

function fillIn(text: string, { outputs, port }: Known): string {
  return text
    .replaceAll(/\$\{\{ (.+?) \}\}/gu, (_, expression: string) => {
      if (expression === 'matrix.system') return 'here';
      const [, id = '', name = ''] = /^steps\.([\w-]+)\.outputs\.([\w-]+)$/u.exec(expression) ?? [];
      const value = outputs.get(id)?.[name];
      assert.ok(value !== undefined, `there is no ${expression}`);
      return value;
    })
    .replaceAll(portOfWorkflow, port);
}

function fillInAll(values: Values, known: Known): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fillIn(value, known)]));
}

/** A port that was free just now. */
async function findPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A listening server on a port has such an address.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return String(port);
}

type Runner = { readonly workspace: string; readonly temp: string; readonly known: Known };

/** Runs a step of the shell, as `shell: bash` does; what it leaves running ends with the test. */
async function runShell(
  t: TestContext,
  step: WorkflowStep,
  { workspace, temp, known }: Runner,
): Promise<Values> {
  const output = join(await mkdtemp(join(temp, 'step-')), 'output');
  await writeFile(output, '');
  const child = spawn(
    'bash',
    ['--noprofile', '--norc', '-eo', 'pipefail', '-c', fillIn(step.run ?? '', known)],
    {
      cwd: workspace,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`,
        HOME: temp,
        RUNNER_TEMP: temp,
        GITHUB_OUTPUT: output,
        ...fillInAll(step.env, known),
      },
    },
  );
  t.after(() => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch {
      // Most leave nothing.
    }
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  await once(child, 'exit');
  assert.equal(child.exitCode, 0, `${step.name ?? step.id}: ${words}`);
  const written = await readFile(output, 'utf8');
  const found = written.matchAll(
    /^(?:(?<name>[\w-]+)<<(?<end>\S+)\n(?<lines>[\s\S]*?)\n\k<end>|(?<key>[\w-]+)=(?<value>.*))$/gmu,
  );
  return Object.fromEntries(
    Array.from(found, ({ groups }) => [
      groups?.['name'] ?? groups?.['key'] ?? '',
      groups?.['lines'] ?? groups?.['value'] ?? '',
    ]),
  );
}

async function runAction(step: WorkflowStep, { workspace, temp, known }: Runner): Promise<Values> {
  const { groups } = /^\.\/(?:action\/(?<name>[a-z]+))?$/u.exec(step.uses ?? '') ?? {};
  assert.ok(groups !== undefined, step.uses);
  const name = groups['name'];
  const result = await runStep({
    entry: join(workspace, `dist/${name ?? 'publish'}.js`),
    temp: join(await mkdtemp(join(temp, 'step-')), 'runner'),
    workspace,
    inputs: { ...(await readDefaults(name)), ...fillInAll(step.with, known) },
  });
  assert.equal(result.code, 0, result.everything);
  return result.outputs;
}

test('the steps of self-test', async (t) => {
  const folder = await makeTempDir(t);
  const [workspace, temp] = [join(folder, 'workspace'), join(folder, 'temp')];
  await Promise.all([mkdir(workspace), mkdir(temp)]);
  await buildDist(join(workspace, 'dist'));
  await writeFile(join(workspace, 'package.json'), '{"type":"module"}');
  await cp(join(root, 'examples'), join(workspace, 'examples'), { recursive: true });
  const workflow = (await readOwnWorkflows()).find(({ workflow }) => workflow.name === 'self-test')?.workflow;
  const steps = workflow?.jobs['actions']?.steps ?? [];
  const known: Known = { outputs: new Map(), port: await findPort() };
  const runner: Runner = { workspace, temp, known };
  let ran = 0;
  for (const step of steps) {
    // Those of others set up what is here already, or run where something has failed.
    if (step.if !== undefined || step.uses?.startsWith('actions/') === true) continue;
    const outputs = step.run === undefined ? await runAction(step, runner) : await runShell(t, step, runner);
    if (step.id !== undefined) known.outputs.set(step.id, outputs);
    ran += 1;
  }
  assert.ok(ran >= 8);
  assert.equal(known.outputs.get('check')?.['here'], known.outputs.get('publish')?.['digest']);
});

// One run of a tool, shown with node itself as the tool.
import assert from 'node:assert/strict';
import { access, chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { RenderError } from '../../../src/errors.ts';
import { renderLimits } from '../../../src/limits.ts';
import { findTool, runTool, withToolHome, type ToolOutput, type ToolRun } from '../../../src/render/tool.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makeTempDir } from '../../helpers/temp.ts';

const node = { name: 'node', path: process.execPath };

type Extra = Partial<ToolRun> & { readonly signal?: AbortSignal; readonly env?: Record<string, string> };

function runScript(t: TestContext, script: string, extra: Extra = {}): Promise<ToolOutput> {
  const { signal, env = {}, ...rest } = extra;
  return withToolHome(async (home) => {
    const cwd = await makeTempDir(t);
    const run = { tool: node, args: ['-e', script], cwd, home, allowNetwork: false, ...rest };
    return runTool(run, { env, signal });
  });
}

suite('findTool', () => {
  test('finds a program by its absolute path, in the order of the names', async (t) => {
    const folder = await makeTempDir(t);
    const put = async (name: string, mode: number): Promise<void> => {
      await writeFile(join(folder, name), '');
      await chmod(join(folder, name), mode);
    };
    await put('second', 0o755);
    await put('plain', 0o644);
    await mkdir(join(folder, 'directory'));
    const env = { PATH: `relative:${folder}` };
    assert.deepEqual(await findTool(['first', 'second'], env), {
      name: 'second',
      path: join(folder, 'second'),
    });
    assert.equal(await findTool(['plain', 'directory'], env), undefined);
    assert.equal(await findTool(['second'], {}), undefined);
  });

  test('passes over relative folders of PATH, as the checkout itself may be one', async () => {
    const env = { PATH: '.:node_modules/.bin' };
    assert.equal(await findTool(['node', 'tsc'], env), undefined);
  });
});

suite('runTool', () => {
  test('gives what the program writes, and keeps its last words', async (t) => {
    const { stdout, words } = await runScript(
      t,
      `process.stderr.write('x'.repeat(${renderLimits.wordsBytes}) + 'end'); process.stdout.write('data')`,
    );
    assert.equal(stdout.toString(), 'data');
    assert.equal(words.length, renderLimits.wordsBytes);
    assert.ok(words.endsWith('end'));
  });

  test('closes its input', async (t) => {
    const { stdout } = await runScript(
      t,
      `process.stdin.on('data', () => {}).on('end', () => console.log('ended'))`,
    );
    assert.equal(stdout.toString(), 'ended\n');
  });

  test('hands on nothing of the environment, and a home that is gone afterwards', async (t) => {
    const { stdout } = await runScript(t, 'console.log(JSON.stringify(process.env))', {
      env: { PATH: '/usr/bin', GITHUB_TOKEN: 'secret', KUBECONFIG: '/k', HTTP_PROXY: 'http://user:pw@p' },
    });
    const seen: Record<string, string> = JSON.parse(stdout.toString());
    const home = seen['HOME'] ?? '';
    assert.deepEqual(
      Object.entries(seen)
        .filter(([name, value]) => !value.startsWith(home) && !/proxy/iu.test(name))
        .map(([name]) => name)
        .sort(),
      ['LANG', 'TZ'],
    );
    assert.equal(seen['PATH'], join(home, 'bin'));
    assert.equal(seen['HTTPS_PROXY'], 'http://127.0.0.1:0');
    assert.equal(seen['HTTP_PROXY'], 'http://127.0.0.1:0');
    await assert.rejects(access(home));
  });

  test('hands on PATH, proxies and certificates where the network is allowed, and no credentials', async (t) => {
    const { stdout } = await runScript(t, 'console.log(JSON.stringify(process.env))', {
      allowNetwork: true,
      env: { PATH: '/usr/bin', https_proxy: 'http://p', SSH_AUTH_SOCK: '/s', GH_TOKEN: 'x' },
    });
    const seen: Record<string, string> = JSON.parse(stdout.toString());
    assert.equal(seen['PATH'], '/usr/bin');
    assert.equal(seen['https_proxy'], 'http://p');
    assert.equal(seen['GIT_ALLOW_PROTOCOL'], 'https:http');
    assert.ok(!('SSH_AUTH_SOCK' in seen) && !('GH_TOKEN' in seen));
  });

  test('takes arguments as they are: there is no shell', async (t) => {
    const args = ['-e', 'console.log(process.argv.slice(1).join("|"))', '--', '$(id)', '`id`', '; id'];
    assert.equal((await runScript(t, '', { args })).stdout.toString(), '$(id)|`id`|; id\n');
  });

  test('says with which words it failed', async (t) => {
    const error = await assertRejectsWithCode(
      runScript(t, `console.error('no such chart'); process.exit(3)`),
      RenderError,
      'RENDER_FAILED',
    );
    assert.equal(error.message, 'node ended with 3');
    assert.match(String(error.cause), /it says: no such chart/u);
  });

  test('ends a program that writes too much, or for ever', async (t) => {
    const endless = `const go = () => { while (process.stdout.write('x'.repeat(65536))); process.stdout.once('drain', go) }; go()`;
    await assertRejectsWithCode(runScript(t, endless, { maxBytes: 100_000 }), RenderError, 'RENDER_LIMIT');
    await assertRejectsWithCode(
      runScript(t, 'setInterval(() => {}, 1000)', { timeoutMs: 300 }),
      RenderError,
      'RENDER_LIMIT',
    );
  });

  test('ends what the program has started, too', async (t) => {
    const folder = await makeTempDir(t);
    const child = `require('node:fs').writeFileSync('pid', String(process.pid)); setInterval(() => {}, 1000)`;
    const script = `
      const { spawn } = require('node:child_process');
      spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' });
      setInterval(() => {}, 1000)`;
    const abort = new AbortController();
    const running = runScript(t, script, { cwd: folder, signal: abort.signal });
    const pid = await readWhenThere(join(folder, 'pid'));
    abort.abort(new Error('stop'));
    await assert.rejects(running, /stop/u);
    while (await isAlive(pid));
  });

  test('says of a program that can not be run', async (t) => {
    const folder = await makeTempDir(t);
    await symlink(join(folder, 'none'), join(folder, 'broken'));
    const tool = { name: 'broken', path: join(folder, 'broken') };
    await assertRejectsWithCode(runScript(t, '', { tool }), RenderError, 'RENDER_FAILED');
  });
});

async function readWhenThere(path: string): Promise<number> {
  for (;;) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text !== '') return Number(text);
  }
}

/** What has ended may stay as a zombie where nobody asks for how. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/\) Z /u.test(state);
}

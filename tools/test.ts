// `npm test`: prepares the components that tests run, starts the etcd that they share, runs every test file. Arguments
// go to node's test runner; files among them replace the whole suite.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { componentNames } from '../test/components/components.ts';
import { requireDockerRegistry } from '../test/components/docker-registry.ts';
import { requireComponents } from '../test/components/locate.ts';
import { sharedEtcdVariable } from '../test/control-plane/control-plane.ts';
import { requireSource, sourceNames } from '../test/components/sources.ts';
import { startEtcd } from '../test/control-plane/etcd.ts';
import { withTempDir } from '../test/helpers/temp.ts';

const root = join(import.meta.dirname, '..');
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());

async function run(args: readonly string[]): Promise<number> {
  const flags = args.filter((arg) => arg.startsWith('-'));
  const given = args.filter((arg) => !arg.startsWith('-'));
  const files = given.length > 0 ? given : await findTests();
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  // A file that is named alone prepares what it runs by itself; the whole suite would do so in many processes at once.
  await requireComponents(given.length > 0 ? ['etcd'] : componentNames, {
    ...(process.stderr.isTTY ? {} : { log }),
    signal: interrupt.signal,
  });
  if (given.length === 0) {
    await requireDockerRegistry();
    for (const name of sourceNames) await requireSource(name);
  }
  return withTempDir(async (directory) => {
    const etcd = await startEtcd({ directory, signal: interrupt.signal });
    try {
      const child = spawn(process.execPath, ['--test', '--test-concurrency=2', ...flags, ...files], {
        cwd: root,
        stdio: 'inherit',
        env: {
          ...process.env,
          [sharedEtcdVariable]: etcd.endpoint,
          // Hundreds of processes load the same sources: they are compiled once a run.
          NODE_COMPILE_CACHE: join(directory, 'compiled'),
        },
      });
      interrupt.signal.addEventListener('abort', () => child.kill('SIGTERM'));
      await once(child, 'close');
      return child.exitCode ?? 1;
    } finally {
      await etcd.stop();
    }
  });
}

async function findTests(): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const file of glob('test/**/*.test.ts', { cwd: root })) files.push(file);
  if (files.length === 0) throw new Error('there are no tests');
  // The slow ones first, so that none of them is left over at the end.
  const weight = (file: string): number =>
    /e2e|control-plane/u.test(file) ? 0 : /behaviour|dist/u.test(file) ? 1 : 2;
  return files.sort((a, b) => weight(a) - weight(b) || (a < b ? -1 : 1));
}

process.exit(await run(process.argv.slice(2)));

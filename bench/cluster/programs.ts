// What the benches run as users do: `dist/puller.js` and `dist/sealift.js`, built from the sources of now into a folder
// that goes away.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { startRegistryProcess, type RegistryProcess } from '../../test/servers/registry-process.ts';
import { buildDist } from '../../tools/build.ts';

const root = join(import.meta.dirname, '..', '..');

export type Programs = {
  readonly folder: string;
  readonly puller: string;
  /** The same without an end to how often one object is corrected. */
  readonly tirelessPuller: string;
  /** Starts `sealift serve` over a folder of this name. */
  startRegistry(name: string): Promise<RegistryProcess>;
};

/** Node's flags of the image's entry point. */
export async function readPullerFlags(): Promise<readonly string[]> {
  const dockerfile = await readFile(join(root, 'puller', 'Dockerfile'), 'utf8');
  const [, entry = '[]'] = /^ENTRYPOINT (\[.*\])$/mu.exec(dockerfile) ?? [];
  return z
    .array(z.string())
    .parse(JSON.parse(entry))
    .filter((part) => part.startsWith('--'));
}

/** The environment that the image sets. */
export async function readPullerEnv(): Promise<Readonly<Record<string, string>>> {
  const dockerfile = await readFile(join(root, 'puller', 'Dockerfile'), 'utf8');
  const lines = dockerfile.matchAll(/^ENV (\w+)=(\S+)$/gmu);
  return Object.fromEntries(Array.from(lines, ([, name = '', value = '']) => [name, value]));
}

export async function withPrograms(body: (programs: Programs) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sealift-bench-'));
  const dist = join(folder, 'dist');
  try {
    await buildDist(dist, ['puller.js', 'sealift.js']);
    await writeFile(join(dist, 'package.json'), JSON.stringify({ type: 'module' }));
    await body({
      folder,
      puller: join(dist, 'puller.js'),
      tirelessPuller: await writeTireless(dist),
      startRegistry: async (name) => {
        const directory = join(folder, name);
        await mkdir(directory);
        return startRegistryProcess({
          name: 'sealift-serve',
          path: process.execPath,
          directory,
          argumentsFor: (host) => [
            join(dist, 'sealift.js'),
            'serve',
            join(directory, 'content'),
            '--listen',
            host,
          ],
        });
      },
    });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

async function writeTireless(dist: string): Promise<string> {
  const text = await readFile(join(dist, 'puller.js'), 'utf8');
  const changed = text.replace(/\bcorrectionBurst: \d+,/u, 'correctionBurst: 1e9,');
  if (changed === text) throw new Error('the built puller has no correctionBurst: see pullerLimits');
  const file = join(dist, 'puller-tireless.js');
  await writeFile(file, changed);
  return file;
}

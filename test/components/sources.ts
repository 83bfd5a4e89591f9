// Charts and kustomizations of others, as they publish them: folders of pinned Go modules, checked against the module's
// hash, copied into the cache once. None of their text stands in this repository.
import { randomUUID } from 'node:crypto';
import { chmod, cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { cacheFolder, type Environment } from './cache.ts';
import { runGo } from './go.ts';
import { withLock } from './lock.ts';

export type SourceName = keyof typeof sources;

/** Of each the module, its hash as a go.sum has it, and the folders that are taken from it. */
export const sources = {
  'metrics-server': {
    module: 'sigs.k8s.io/metrics-server',
    version: 'v0.8.0',
    sum: 'h1:Zlsi3sBWEtFKCD3+xSysThvXyLQ363rUAlqpnsY5JwI=',
    folders: ['charts', 'manifests'],
  },
  'external-dns': {
    module: 'sigs.k8s.io/external-dns',
    version: 'v0.19.0',
    sum: 'h1:fyH3AN/WmOrbuAVYgtHPK4UhkNy9DR3gXMU65yQxuzQ=',
    folders: ['charts', 'kustomize'],
  },
  'node-feature-discovery': {
    module: 'sigs.k8s.io/node-feature-discovery',
    version: 'v0.18.2',
    sum: 'h1:n9HJNr4IXiL65nPOHp1LBz9luKh1S6lPvoASpuPdWos=',
    folders: ['deployment'],
  },
} as const;

/** The names of all sources. */
export const sourceNames = Object.keys(sources) as readonly SourceName[]; // its own keys, no more

const downloadSchema = z.object({ Dir: z.string(), Sum: z.string() });

/** The folder of a source, fetched where the cache does not have it. Nothing may be written there. */
export async function requireSource(
  name: SourceName,
  environment: Environment = process.env,
): Promise<string> {
  const { module, version, sum, folders } = sources[name];
  const key = sum
    .slice('h1:'.length)
    .replaceAll(/[^A-Za-z0-9]/gu, '')
    .slice(0, 16);
  const folder = join(cacheFolder(environment), 'sources', `${name}-${version}-${key}`);
  await mkdir(dirname(folder), { recursive: true });
  await withLock(`${folder}.lock`, {}, async () => {
    if (await isThere(folder)) return;
    const go = { cwd: tmpdir(), environment };
    const answer: unknown = JSON.parse(await runGo(['mod', 'download', '-json', `${module}@${version}`], go));
    const { Dir: from, Sum: found } = downloadSchema.parse(answer);
    if (found !== sum) throw new Error(`${module}@${version} has the hash ${found}, wanted ${sum}`);
    const draft = `${folder}.${randomUUID()}`;
    try {
      for (const part of folders) await cp(join(from, part), join(draft, part), { recursive: true });
      await makeWritable(draft);
      await rename(draft, folder);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  });
  return folder;
}

/** Go's module cache is read-only, folders included. */
async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await makeWritable(path);
    else await chmod(path, 0o644);
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

// Builds a component with Go into the cache: under a lock, into a folder of its own, published by one rename.
// An interrupted build leaves nothing behind but Go's own cache, from which the next one goes on.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { buildArguments } from './build-command.ts';
import { checkCached, componentFolder, type Environment, writeManifest } from './cache.ts';
import type { CompanionFile, Component } from './components.ts';
import { label } from './errors.ts';
import { type GoOptions, runGo } from './go.ts';
import { withLock } from './lock.ts';
import { type Log, startProgress } from './progress.ts';

export type BuildOptions = {
  readonly environment: Environment;
  readonly log?: Log | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** Builds a component, or waits for the process that does, and returns the path of the verified binary. */
export async function buildComponent(component: Component, options: BuildOptions): Promise<string> {
  const { environment, log, signal } = options;
  const folder = await componentFolder(component, environment);
  await mkdir(dirname(folder), { recursive: true });
  const text = `building ${label(component)} with go (first time: about ${component.buildTime})`;
  const progress = startProgress(text, { log });
  let result: string | undefined;
  try {
    const onWait = (pid: number | undefined): void =>
      progress.update(`waiting for process ${pid ?? '?'} that builds ${label(component)}`);
    await withLock(`${folder}.lock`, { signal, onWait }, async () => {
      // Another process may have built it meanwhile.
      if ((await checkCached(component, folder)) === undefined) return;
      progress.update(text);
      await buildInto(component, folder, { cwd: component.moduleFolder, environment, signal });
    });
    result = `${label(component)} is ready`;
    return join(folder, component.name);
  } finally {
    progress.end(result);
  }
}

async function buildInto(component: Component, folder: string, go: GoOptions): Promise<void> {
  await removeLeftovers(folder);
  const draft = `${folder}.building-${randomUUID()}`;
  await mkdir(draft);
  try {
    const [command = 'build', ...rest] = buildArguments(component);
    await runGo([command, '-o', join(draft, component.name), ...rest], go);
    if (component.companion !== undefined) await writeCompanion(component.companion, draft, go);
    await writeManifest(draft);
    const problem = await checkCached(component, draft);
    if (problem !== undefined) throw new Error(`the built binary is not usable: ${problem}`);
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Joins files of the Go module into one, so that a later run needs neither Go nor its module cache. */
async function writeCompanion(companion: CompanionFile, draft: string, go: GoOptions): Promise<void> {
  const source = (await runGo(['list', '-m', '-f', '{{.Dir}}', companion.module], go)).trim();
  const texts = await Promise.all(companion.parts.map((part) => readFile(join(source, part), 'utf8')));
  await writeFile(join(draft, companion.name), texts.map((text) => text.trimEnd()).join(companion.separator));
}

/** Removes what a killed builder left; the caller has the lock. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(`${basename(folder)}.building-`)) continue;
    await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

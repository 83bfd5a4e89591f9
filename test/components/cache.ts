// The cache of built binaries, outside the checkout. A component has one folder, named by what determines its
// content and published by one rename; its manifest holds the SHA-256 of each file and is checked before use.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { buildArguments } from './build-command.ts';
import type { Component } from './components.ts';
import { readVersion } from './version.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const manifestName = 'manifest.json';
const manifestSchema = z.strictObject({ sha256: z.record(z.string(), z.string()) });
/** What was checked in this process already; a changed file has another stamp. */
const checkedFiles = new Map<string, string>();

/** The folder of all caches: SEALIFT_CACHE, else the user's cache folder. */
export function cacheFolder(environment: Environment): string {
  const own = environment['SEALIFT_CACHE'];
  if (own !== undefined && own !== '') return own;
  const xdg = environment['XDG_CACHE_HOME'];
  if (xdg !== undefined && xdg !== '') return join(xdg, 'sealift');
  return join(environment['HOME'] ?? homedir(), '.cache', 'sealift');
}

/** The folder that holds a component's binary once it is built for this platform. */
export async function componentFolder(component: Component, environment: Environment): Promise<string> {
  const key = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) key.update(await readFile(join(component.moduleFolder, file)));
  key.update(JSON.stringify([buildArguments(component), component.companion ?? null]));
  return join(
    cacheFolder(environment),
    'components',
    `${process.platform}-${process.arch}`,
    `${component.name}-${component.version}-${key.digest('hex').slice(0, 16)}`,
  );
}

/** Writes the manifest over the files that stand in a folder. */
export async function writeManifest(folder: string): Promise<void> {
  const sha256: Record<string, string> = {};
  for (const name of (await readdir(folder)).toSorted()) {
    if (name !== manifestName) sha256[name] = await hashFile(join(folder, name));
  }
  await writeFile(join(folder, manifestName), `${JSON.stringify({ sha256 }, null, 2)}\n`);
}

/** Why a component's folder is not usable, or undefined when it is: every byte and the printed version are right. */
export async function checkCached(component: Component, folder: string): Promise<string | undefined> {
  let manifest;
  try {
    manifest = manifestSchema.parse(JSON.parse(await readFile(join(folder, manifestName), 'utf8')));
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isAbsent ? `not built yet (${folder})` : `its manifest is damaged (${folder})`;
  }
  const wanted = [component.name, component.companion?.name].filter((name) => name !== undefined);
  for (const name of wanted) {
    const expected = manifest.sha256[name];
    if (expected === undefined) return `its manifest does not list ${name} (${folder})`;
    const problem = await checkFile(join(folder, name), expected);
    if (problem !== undefined) return problem;
  }
  const printed = await readVersion(component, join(folder, component.name));
  if ('problem' in printed) return printed.problem;
  if (printed.version === component.version) return undefined;
  return `${join(folder, component.name)} is version ${printed.version}, wanted ${component.version}`;
}

async function checkFile(path: string, expected: string): Promise<string | undefined> {
  let stamp: string;
  try {
    const { size, mtimeMs, ctimeMs, ino } = await stat(path);
    stamp = `${expected} ${size} ${mtimeMs} ${ctimeMs} ${ino}`;
  } catch {
    return `${path} is gone`;
  }
  if (checkedFiles.get(path) === stamp) return undefined;
  const actual = await hashFile(path);
  if (actual !== expected) return `${path} was changed: its SHA-256 is ${actual}, wanted ${expected}`;
  checkedFiles.set(path, stamp);
  return undefined;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest('hex');
}

// Debian's docker-registry (CNCF distribution 2.8), which knows no referrers API: from PATH, from the cache, else out of
// Debian's package, unpacked into the cache without being installed, so that it needs no root.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { errorMessageOf } from '../../src/errors.ts';
import { cacheFolder, type Environment } from './cache.ts';

const program = 'docker-registry';
const wanted = '2.8';
const run = promisify(execFile);
const timeoutMs = 300_000;

/**
 * The path of the program, with the wanted version.
 * @throws Error that says what to install
 */
export async function requireDockerRegistry(environment: Environment = process.env): Promise<string> {
  const cached = join(cacheFolder(environment), 'debian', `${program}-${wanted}`);
  const unpacked = join(cached, 'usr/bin', program);
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const path of [...folders.map((folder) => join(folder, program)), unpacked])
    if (await isWanted(path)) return path;
  try {
    await unpack(cached);
    if (await isWanted(unpacked)) return unpacked;
  } catch (cause) {
    throw new Error(
      `${program} ${wanted} is neither in PATH nor to be had with apt-get (${errorMessageOf(cause)}); on Debian: apt-get install ${program}`,
      { cause },
    );
  }
  throw new Error(`${program} of this Debian is not version ${wanted}; put one into PATH`);
}

async function isWanted(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    const { stdout, stderr } = await run(path, ['--version'], { timeout: timeoutMs });
    return new RegExp(` v?${RegExp.escape(wanted)}\\.`, 'u').test(`${stdout}${stderr}`);
  } catch {
    return false;
  }
}

/** Downloads and unpacks the package; lists and archives of apt are of this run alone. */
async function unpack(folder: string): Promise<void> {
  const temp = `${folder}.${randomUUID()}`;
  try {
    for (const name of ['state/lists/partial', 'cache/archives/partial', 'deb', 'tree'])
      await mkdir(join(temp, name), { recursive: true });
    const own = [
      '-q',
      '-o',
      `Dir::State::Lists=${join(temp, 'state/lists')}`,
      '-o',
      `Dir::Cache=${join(temp, 'cache')}`,
    ];
    const options = { cwd: join(temp, 'deb'), timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 };
    await run('apt-get', [...own, 'update'], options);
    await run('apt-get', [...own, 'download', program], options);
    const file = (await readdir(join(temp, 'deb'))).find((name) => name.endsWith('.deb'));
    if (file === undefined) throw new Error('apt-get downloaded no package');
    await run('dpkg-deb', ['-x', file, join(temp, 'tree')], options);
    await rename(join(temp, 'tree'), folder).catch(async (error: unknown) => {
      // Another process was first.
      if (!(await isWanted(join(folder, 'usr/bin', program)))) throw error;
    });
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

// Debian's docker-registry (CNCF distribution 2.8): in memory, without the referrers API. It is not one of the components:
// where it is not installed a test fails, and says what to install.
import { access, constants, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type RegistryProcess, startRegistryProcess } from './registry-process.ts';

const program = 'docker-registry';

/** Where it is installed, if it is. */
async function findDockerRegistry(): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, program);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // The next folder may have it.
    }
  }
  return undefined;
}

/** Starts it and waits until it answers. */
export async function startDockerRegistry(directory: string): Promise<RegistryProcess> {
  const path = await findDockerRegistry();
  if (path === undefined)
    throw new Error(`${program} is not installed; on Debian: apt-get install ${program}`);
  return startRegistryProcess({
    name: program,
    path,
    directory,
    async argumentsFor(host) {
      const file = join(directory, `${program}.yml`);
      const storage = { inmemory: {}, delete: { enabled: true } };
      // JSON is YAML.
      await writeFile(file, JSON.stringify({ version: '0.1', storage, http: { addr: host } }));
      return ['serve', file];
    },
  });
}

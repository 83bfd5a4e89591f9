// Debian's docker-registry (CNCF distribution 2.8): in memory, without the referrers API.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireDockerRegistry } from '../components/docker-registry.ts';
import { type RegistryProcess, startRegistryProcess } from './registry-process.ts';

const program = 'docker-registry';

export type DockerRegistryOptions = {
  /** `auth` of its configuration; without it everybody may do everything. */
  readonly auth?: object;
  /** Where content goes; in memory by default. */
  readonly storage?: 'memory' | 'filesystem';
  /** Whether manifests may be deleted; as it is shipped they may not. */
  readonly deletes?: boolean;
  /** Names of PEM files; without it it speaks plain HTTP. */
  readonly tls?: DockerRegistryTls;
};

export type DockerRegistryTls = {
  readonly certificate: string;
  readonly key: string;
  /** CAs of which everybody must show a certificate. */
  readonly clientcas?: readonly string[];
};

/** Starts it and waits until it answers. */
export async function startDockerRegistry(
  directory: string,
  { deletes = true, storage: where = 'memory', tls, ...options }: DockerRegistryOptions = {},
): Promise<RegistryProcess> {
  const path = await requireDockerRegistry();
  return startRegistryProcess({
    name: program,
    path,
    directory,
    // To plain HTTP a server of TLS answers that it is none.
    ...(tls === undefined ? {} : { readyStatuses: [400] }),
    async argumentsFor(host) {
      const file = join(directory, `${program}.yml`);
      const content =
        where === 'memory'
          ? { inmemory: {} }
          : { filesystem: { rootdirectory: join(directory, 'registry') } };
      const storage = { ...content, delete: { enabled: deletes } };
      // JSON is YAML.
      const http = { addr: host, ...(tls === undefined ? {} : { tls }) };
      await writeFile(file, JSON.stringify({ version: '0.1', storage, http, ...options }));
      return ['serve', file];
    },
  });
}

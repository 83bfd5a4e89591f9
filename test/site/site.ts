// A disconnected site for tests and the demo: a real control plane, the embedded registry, Sealift installed from
// puller/deploy, and the puller as a process of its own that runs as its service account, never as admin.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts';
import { createDiscovery } from '../../src/kube/discovery.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/request.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { resourceSchema, parseApiVersion, type Resource } from '../../src/resources/resource.ts';
import { startRegistry, type Registry } from '../../src/server/registry.ts';
import { startControlPlane, type ControlPlane } from '../control-plane/control-plane.ts';
import { startServerProcess, type ServerProcess } from '../control-plane/server-process.ts';
import type { LocateOptions } from '../components/locate.ts';

const root = join(import.meta.dirname, '..', '..');

export type Site = {
  readonly plane: ControlPlane;
  readonly registry: Registry;
  /** Folder below which the registry keeps its repositories. */
  readonly registryDirectory: string;
  /** The admin's client. */
  readonly admin: KubeClient;
  /** Applies objects as the admin, one after the other; definitions are waited for. */
  apply(objects: readonly Resource[]): Promise<void>;
  /** Starts the puller; resolves when it follows Deliveries. */
  startPuller(options?: PullerOptions): Promise<ServerProcess>;
  stop(): Promise<void>;
};

export type PullerOptions = {
  readonly entry?: string;
  /** Flags of Node itself. */
  readonly nodeFlags?: readonly string[];
  /** Variables of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly identity?: string;
  /** Further arguments. */
  readonly flags?: readonly string[];
};

export type SiteOptions = LocateOptions & {
  readonly directory: string;
  /** Whether pods are simulated, so that workloads turn ready. */
  readonly workloads?: boolean;
  /** An etcd of its own instead of the one that tests share. */
  readonly etcd?: { readonly endpoint: string };
};

/** Starts everything but the puller. */
export async function startSite(options: SiteOptions): Promise<Site> {
  const { directory, workloads = false } = options;
  const plane = await startControlPlane({ ...options, workloads });
  const registryDirectory = join(directory, 'registry');
  const registry = await startRegistry({ directory: registryDirectory });
  const admin = createKubeClient({
    config: await loadKubeconfig(plane.adminKubeconfig),
    now: () => performance.now(),
    random: Math.random,
  });
  const processes: ServerProcess[] = [];
  const site: Site = {
    plane,
    registry,
    registryDirectory,
    admin,
    apply: (objects) => applyObjects(admin, objects),
    startPuller: async ({
      entry = join(root, 'puller', 'main.ts'),
      nodeFlags = [],
      env,
      identity = `puller-${processes.length + 1}`,
      flags = [],
    } = {}) => {
      const token = await plane.serviceAccountToken('sealift-system', 'sealift-puller');
      const kubeconfig = await plane.kubeconfigFor({ name: identity, token, namespace: 'sealift-system' });
      const child = await startServerProcess({
        env,
        name: identity,
        path: process.execPath,
        arguments: [
          ...nodeFlags,
          entry,
          '--kubeconfig',
          kubeconfig,
          '--namespace',
          'sealift-system',
          '--identity',
          identity,
          ...flags,
        ],
        directory,
      });
      processes.push(child);
      return child;
    },
    stop: async () => {
      for (const child of processes) await child.stop();
      admin.close();
      await registry.close();
      await plane.stop();
    },
  };
  try {
    await site.apply(await readObjects(join(root, 'puller', 'deploy', 'crds.yaml')));
    await site.apply(await readObjects(join(root, 'puller', 'deploy', 'rbac.yaml')));
  } catch (error) {
    await site.stop();
    throw error;
  }
  return site;
}

/** Objects of a YAML file, or of all YAML files of a folder; `replace` maps placeholders to texts. */
export async function readObjects(
  path: string,
  replace: Readonly<Record<string, string>> = {},
): Promise<readonly Resource[]> {
  const files = path.endsWith('.yaml')
    ? [path]
    : (await readdir(path))
        .filter((name) => name.endsWith('.yaml'))
        .sort()
        .map((name) => join(path, name));
  const objects: Resource[] = [];
  for (const file of files) {
    let text = await readFile(file, 'utf8');
    for (const [placeholder, value] of Object.entries(replace)) text = text.replaceAll(placeholder, value);
    for (const document of parseAllDocuments(text)) {
      const value: unknown = document.toJS();
      if (value !== null) objects.push(resourceSchema.parse(value));
    }
  }
  return objects;
}

async function applyObjects(client: KubeClient, objects: readonly Resource[]): Promise<void> {
  const discovery = createDiscovery(client);
  for (const object of objects) {
    const { group, version } = parseApiVersion(object.apiVersion);
    const { name, namespace } = object.metadata;
    await eventually(async () => {
      const kind = await discovery.find(group, version, object.kind);
      if (kind === undefined) {
        discovery.invalidate();
        throw new Error(`${object.kind} of ${object.apiVersion} is not served`);
      }
      await client.request({
        method: 'PATCH',
        path: resourcePath(kind, kind.namespaced ? (namespace ?? 'default') : undefined, name),
        query: { fieldManager: 'admin', force: 'true', fieldValidation: 'Strict' },
        body: object,
      });
    });
  }
}

/** Tries again for some seconds: a CRD is served a moment after it was applied. */
async function eventually(run: () => Promise<void>): Promise<void> {
  const untilMs = performance.now() + 15_000;
  for (;;) {
    try {
      await run();
      return;
    } catch (error) {
      if (performance.now() > untilMs || !/not served|not found|404/iu.test(String(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

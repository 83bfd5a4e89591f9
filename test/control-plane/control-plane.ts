// Starts a real Kubernetes control plane without containers for tests and for the demo: etcd, kube-apiserver,
// kube-controller-manager and, for workloads, kube-scheduler and kwok. Everything listens on loopback only.
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import type { ComponentName } from '../components/components.ts';
import { type LocateOptions, requireComponents } from '../components/locate.ts';
import { withTempDir } from '../helpers/temp.ts';
import { type AdminRequest, assertStatus, createAdminRequest, requestServiceAccountToken } from './admin.ts';
import { type ApiServerOptions, startApiServer } from './api-server.ts';
import { fakeNode, startControllerManager, startKwok, startScheduler } from './controllers.ts';
import { ControlPlaneError } from './errors.ts';
import { assertTestEtcd, type Etcd, startEtcd } from './etcd.ts';
import { type KubeconfigOptions, writeControlPlaneFiles, writeKubeconfig } from './files.ts';
import { withFreePorts } from './ports.ts';
import type { ServerProcess } from './server-process.ts';
import { waitUntil } from './wait.ts';

/** Environment variable with the endpoint of an etcd that several test files share. */
export const sharedEtcdVariable = 'SEALIFT_TEST_ETCD';

const controllersReadyWithinMs = 60_000;
const defaultTokenSeconds = 3600;

export type ControlPlaneOptions = LocateOptions & {
  /** Where keys, logs and data go; the caller removes it. */
  readonly directory: string;
  /** Also kube-scheduler, kwok and one fake node, so that Deployments become Available. */
  readonly workloads?: boolean;
  /** Default true. Without it namespaces are not deleted, nothing is garbage collected. */
  readonly controllerManager?: boolean;
  /** An etcd of startEtcd to share; default is the one of SEALIFT_TEST_ETCD, else an own one. */
  readonly etcd?: { readonly endpoint: string } | undefined;
  /** Default true: one JSON line per request at Metadata level. */
  readonly auditLog?: boolean;
};

export type ControlPlane = {
  /** URL of the API server. */
  readonly server: string;
  readonly caFile: string;
  /** Path of a kubeconfig of a user in system:masters. */
  readonly adminKubeconfig: string;
  readonly auditLogFile: string;
  readonly directory: string;
  /** The processes that run now, etcd among them unless it is shared. */
  processes(): readonly Pick<ServerProcess, 'name' | 'pid' | 'logFile'>[];
  /** Writes a kubeconfig (0600) and returns its path. */
  kubeconfigFor(options: KubeconfigOptions): Promise<string>;
  /** A token by the TokenRequest API; default one hour, at least 600 seconds. */
  serviceAccountToken(namespace: string, name: string, expirationSeconds?: number): Promise<string>;
  readonly request: AdminRequest;
  /** Stops the API server and starts it again on the same port with the same keys. */
  restartApiServer(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts a control plane and returns when all parts of it work. The signal aborts the start. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const servers = new Servers();
  try {
    return await start(options, servers);
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

/**
 * A control plane in a temporary folder that is stopped, and its folder removed, when the test ends.
 * `t.after` hooks run in the order of their registration: what talks to it must be stopped before the test ends.
 */
export async function startControlPlaneFor(
  t: TestContext,
  options: Omit<ControlPlaneOptions, 'directory'> = {},
): Promise<ControlPlane> {
  const started = Promise.withResolvers<ControlPlane>();
  const ended = Promise.withResolvers<void>();
  const life = withTempDir(async (directory) => {
    const controlPlane = await startControlPlane({ ...options, directory });
    started.resolve(controlPlane);
    await ended.promise;
    await controlPlane.stop();
  });
  life.catch(started.reject);
  t.after(async () => {
    ended.resolve();
    await life;
  });
  return started.promise;
}

/** The running processes and the order in which they stop: clients first, etcd last. */
class Servers {
  etcd: Etcd | undefined;
  apiServer: ServerProcess | undefined;
  readonly controllers: ServerProcess[] = [];

  list(): ServerProcess[] {
    const all = [this.etcd, this.apiServer, ...this.controllers];
    return all.flatMap((server) => (server?.isRunning() === true ? [server] : []));
  }

  async stop(): Promise<void> {
    await Promise.all(this.controllers.splice(0).map((server) => server.stop()));
    await this.apiServer?.stop();
    this.apiServer = undefined;
    await this.etcd?.stop();
    this.etcd = undefined;
  }
}

async function start(options: ControlPlaneOptions, servers: Servers): Promise<ControlPlane> {
  const { directory, signal } = options;
  const withManager = options.controllerManager ?? true;
  await mkdir(directory, { recursive: true });
  const paths = await requireComponents(neededComponents(options), options);
  const [files, etcd] = await Promise.all([writeControlPlaneFiles(directory), joinEtcd(options, servers)]);
  const { apiServer, server } = await withFreePorts(1, async ([port = 0]) => {
    const apiServer: ApiServerOptions = {
      path: paths['kube-apiserver'],
      directory,
      files,
      port,
      etcd,
      auditLog: options.auditLog ?? true,
      hasServiceAccounts: withManager,
      signal,
    };
    servers.apiServer = await startApiServer(apiServer);
    return servers.apiServer === undefined
      ? 'port taken'
      : { apiServer, server: `https://127.0.0.1:${port}` };
  });
  const cluster = { server, caFile: files.caFile };
  const admin = { name: 'admin', token: files.adminToken };
  const adminKubeconfig = await writeKubeconfig(join(directory, 'admin.kubeconfig'), cluster, admin);
  const request = await createAdminRequest({ ...cluster, token: files.adminToken });

  const controller = (name: ComponentName) => ({ path: paths[name], directory, kubeconfig: adminKubeconfig });
  if (withManager) {
    servers.controllers.push(await startControllerManager(controller('kube-controller-manager'), files));
  }
  if (options.workloads === true) {
    servers.controllers.push(await startScheduler(controller('kube-scheduler')));
    servers.controllers.push(await startKwok(controller('kwok')));
    assertStatus(await request('POST', '/api/v1/nodes', fakeNode), 'creating the fake node');
  }
  const wait = { servers: servers.controllers, signal };
  if (withManager) await waitForControllerManager(request, wait);
  if (options.workloads === true) await waitForNode(request, wait);

  let kubeconfigCount = 0;
  return {
    ...cluster,
    adminKubeconfig,
    auditLogFile: files.auditLogFile,
    directory,
    processes: () => servers.list(),
    kubeconfigFor(user) {
      kubeconfigCount += 1;
      const name = `${user.name.replaceAll(/[^\w.-]/gu, '-')}-${kubeconfigCount}.kubeconfig`;
      return writeKubeconfig(join(directory, name), cluster, user);
    },
    serviceAccountToken: (namespace, name, expirationSeconds = defaultTokenSeconds) =>
      requestServiceAccountToken(request, { namespace, name, expirationSeconds }),
    request,
    async restartApiServer() {
      await servers.apiServer?.stop();
      servers.apiServer = await startApiServer(apiServer);
      if (servers.apiServer === undefined) {
        throw new ControlPlaneError('PROCESS_EXITED', `kube-apiserver lost its port ${apiServer.port}`);
      }
    },
    stop: () => servers.stop(),
  };
}

function neededComponents(options: ControlPlaneOptions): ComponentName[] {
  const { workloads, controllerManager = true } = options;
  return [
    ...(sharedEtcd(options) === undefined ? (['etcd'] as const) : []),
    'kube-apiserver',
    ...(controllerManager ? (['kube-controller-manager'] as const) : []),
    ...(workloads === true ? (['kube-scheduler', 'kwok'] as const) : []),
  ];
}

function sharedEtcd({ etcd, environment = process.env }: ControlPlaneOptions): string | undefined {
  if (etcd !== undefined) return etcd.endpoint;
  const endpoint = environment[sharedEtcdVariable];
  return endpoint === '' ? undefined : endpoint;
}

/** The etcd to use: a shared one under a prefix of our own, or an own one. */
async function joinEtcd(options: ControlPlaneOptions, servers: Servers): Promise<ApiServerOptions['etcd']> {
  const prefix = `/sealift-${randomBytes(8).toString('hex')}`;
  const shared = sharedEtcd(options);
  if (shared !== undefined) {
    await assertTestEtcd(shared);
    return { endpoint: shared, prefix };
  }
  servers.etcd = await startEtcd(options);
  return { endpoint: servers.etcd.endpoint, prefix };
}

type ControllerWait = {
  readonly servers: readonly ServerProcess[];
  readonly signal: AbortSignal | undefined;
};

/** The default service account is made by the controller manager, whose controllers start together. */
function waitForControllerManager(request: AdminRequest, wait: ControllerWait): Promise<void> {
  const path = '/api/v1/namespaces/default/serviceaccounts/default';
  return waitFor(async () => (await request('GET', path)).status === 200, 'kube-controller-manager', wait);
}

const nodeSchema = z.object({
  spec: z.object({ taints: z.array(z.object({ key: z.string() })).optional() }),
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional() }),
});

/** kwok makes the node Ready, then the node lifecycle controller takes the not-ready taint away. */
function waitForNode(request: AdminRequest, wait: ControllerWait): Promise<void> {
  return waitFor(
    async () => {
      const answer = await request('GET', `/api/v1/nodes/${fakeNode.metadata.name}`);
      const { spec, status } = nodeSchema.parse(answer.body);
      const isReady = status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
      return isReady === true && (spec.taints ?? []).length === 0;
    },
    'the fake node to be ready',
    wait,
  );
}

function waitFor(condition: () => Promise<boolean>, what: string, wait: ControllerWait): Promise<void> {
  return waitUntil(condition, {
    what,
    timeoutMs: controllersReadyWithinMs,
    signal: wait.signal,
    async assertPossible() {
      for (const server of wait.servers) await server.assertRunning();
    },
  });
}

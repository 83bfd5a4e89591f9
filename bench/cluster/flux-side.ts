// Flux's side: source-controller and kustomize-controller as plain processes, an OCIRepository and a Kustomization an app.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResourceKind } from '../../src/kube/discovery.ts';
import { resourceSchema } from '../../src/resources/resource.ts';
import { findFreePorts } from '../../test/control-plane/ports.ts';
import { startServerProcess, type ServerProcess } from '../../test/control-plane/server-process.ts';
import { sendRequest } from '../../test/control-plane/http.ts';
import { waitUntil } from '../../test/control-plane/wait.ts';
import { readObjects, type Site } from '../../test/site/site.ts';
import { appsNamespace, repositoryOf } from './apps.ts';
import { channel, type Fleet } from './fleet.ts';
import { annotateAll, submitAll, type Side } from './side.ts';

const fluxNamespace = 'flux-system';
const names = ['source-controller', 'kustomize-controller'] as const;

const repositoryKind: ResourceKind = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'OCIRepository',
  plural: 'ocirepositories',
  namespaced: true,
  verbs: ['list', 'watch', 'patch'],
};
const kustomizationKind: ResourceKind = {
  ...repositoryKind,
  group: 'kustomize.toolkit.fluxcd.io',
  kind: 'Kustomization',
  plural: 'kustomizations',
};

/** @param folder with the two programs, and their CRDs as YAML in `crds` */
export function fluxSide(folder: string, fleet: Fleet): Side {
  return {
    name: 'flux',
    notes: [
      'flux: --concurrent=10 and 20, wait: true, interval: 60m, signatures verified by cosign key, writes as itself (its default, which saves it requests)',
    ],
    users: names.map((name) => `system:serviceaccount:${fluxNamespace}:${name}`),
    statusKind: kustomizationKind,
    start: async (site) => {
      await install(site, folder, fleet);
      const processes = await startControllers(site, folder);
      return {
        processes: () => processes,
        stop: async () => {
          await Promise.all(processes.map((one) => one.stop()));
        },
      };
    },
    submit: (admin, apps) =>
      submitAll(
        admin,
        apps.flatMap((app) => [
          { kind: repositoryKind, body: repositoryFor(app, fleet.host) },
          { kind: kustomizationKind, body: kustomizationFor(app) },
        ]),
      ),
    requestLooks: (admin, apps) =>
      annotateAll(admin, repositoryKind, {
        namespace: appsNamespace,
        names: apps,
        annotation: 'reconcile.fluxcd.io/requestedAt',
      }),
  };
}

function repositoryFor(app: string, host: string) {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: app, namespace: appsNamespace },
    spec: {
      interval: '60m',
      url: `oci://${host}/${repositoryOf(app)}`,
      ref: { tag: channel },
      insecure: true,
      verify: { provider: 'cosign', secretRef: { name: 'cosign' } },
    },
  };
}

function kustomizationFor(app: string) {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: app, namespace: appsNamespace },
    spec: {
      interval: '60m',
      prune: true,
      wait: true,
      timeout: '5m',
      path: './',
      sourceRef: { kind: 'OCIRepository', name: app },
    },
  };
}

async function install(site: Site, folder: string, { publicPem }: Fleet): Promise<void> {
  const rbac = 'rbac.authorization.k8s.io';
  const objects: readonly unknown[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: fluxNamespace } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'cosign', namespace: appsNamespace },
      data: { 'cosign.pub': Buffer.from(publicPem).toString('base64') },
    },
    ...names.flatMap((name) => [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: fluxNamespace } },
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name, namespace: fluxNamespace }],
      },
    ]),
  ];
  await site.apply(objects.map((object) => resourceSchema.parse(object)));
  const crds = join(folder, 'crds');
  for (const file of (await readdir(crds)).filter((name) => name.endsWith('.yaml')))
    await site.apply(await readObjects(join(crds, file)));
}

async function startControllers(site: Site, folder: string): Promise<readonly ServerProcess[]> {
  const storage = join(site.plane.directory, 'flux-storage');
  await mkdir(storage, { recursive: true });
  const [artifacts = 0] = await findFreePorts(1);
  const source = [
    '--concurrent=10',
    `--storage-path=${storage}`,
    `--storage-addr=127.0.0.1:${artifacts}`,
    `--storage-adv-addr=127.0.0.1:${artifacts}`,
  ];
  return [
    await startOne(site, folder, { name: 'source-controller', flags: source }),
    await startOne(site, folder, { name: 'kustomize-controller', flags: ['--concurrent=20'] }),
  ];
}

async function startOne(
  { plane }: Site,
  folder: string,
  { name, flags }: { readonly name: string; readonly flags: readonly string[] },
): Promise<ServerProcess> {
  const token = await plane.serviceAccountToken(fluxNamespace, name);
  const kubeconfig = await plane.kubeconfigFor({ name, token, namespace: fluxNamespace });
  const [metrics, health] = await findFreePorts(2);
  const server = await startServerProcess({
    name,
    // Which becomes the program itself, under the same process id.
    path: '/usr/bin/env',
    directory: plane.directory,
    arguments: [
      `RUNTIME_NAMESPACE=${fluxNamespace}`,
      `KUBECONFIG=${kubeconfig}`,
      join(folder, name),
      '--watch-all-namespaces=true',
      `--metrics-addr=127.0.0.1:${metrics}`,
      `--health-addr=127.0.0.1:${health}`,
      ...flags,
    ],
  });
  await waitUntil(
    async () => {
      const url = new URL(`http://127.0.0.1:${health}/readyz`);
      return (await sendRequest({ method: 'GET', url })).status === 200;
    },
    { what: name, timeoutMs: 60_000, assertPossible: () => server.assertRunning() },
  );
  return server;
}

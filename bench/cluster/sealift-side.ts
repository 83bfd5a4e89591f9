// Sealift's side: the puller from dist with the image's flags, one TrustPolicy, Deliveries that write as their own account.
import { apiVersion, requestedAtAnnotation } from '../../src/api/common.ts';
import { resourceSchema } from '../../src/resources/resource.ts';
import { deliveryKind } from '../../puller/own-kinds.ts';
import { waitUntil } from '../../test/control-plane/wait.ts';
import type { ServerProcess } from '../../test/control-plane/server-process.ts';
import type { Site } from '../../test/site/site.ts';
import { appsNamespace, repositoryOf } from './apps.ts';
import { channel, publisher, type Fleet } from './fleet.ts';
import { readPullerEnv, readPullerFlags, type Programs } from './programs.ts';
import { annotateAll, submitAll, type Side } from './side.ts';

export const pullerUser = 'system:serviceaccount:sealift-system:sealift-puller';

export type SealiftSideOptions = {
  readonly programs: Programs;
  readonly fleet: Fleet;
  readonly profiles: string | undefined;
};

export function sealiftSide(options: SealiftSideOptions): Side {
  const { fleet } = options;
  return {
    name: 'sealift',
    notes: [
      'sealift: dist/puller.js with the flags of its image, signatures verified by key, each Delivery writes as its own account',
    ],
    users: [pullerUser],
    statusKind: deliveryKind,
    start: async (site) => {
      await installApps(site, fleet);
      const puller = await startPuller(site, options);
      return { processes: () => [puller], stop: () => puller.stop() };
    },
    submit: (admin, apps) =>
      submitAll(
        admin,
        apps.map((app) => ({
          kind: deliveryKind,
          body: {
            apiVersion,
            kind: 'Delivery',
            metadata: { name: app, namespace: appsNamespace },
            spec: {
              source: {
                url: `oci://${fleet.host}/${repositoryOf(app)}`,
                ref: { tag: channel },
                interval: '60m',
              },
              interval: '60m',
              prune: true,
              serviceAccountName: 'deployer',
            },
          },
        })),
      ),
    requestLooks: (admin, names) =>
      annotateAll(admin, deliveryKind, {
        namespace: appsNamespace,
        names,
        annotation: requestedAtAnnotation,
      }),
  };
}

/** Starts the puller, and waits until it follows Deliveries. */
export async function startPuller(
  site: Site,
  { programs, profiles }: Pick<SealiftSideOptions, 'programs' | 'profiles'>,
): Promise<ServerProcess> {
  const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  const puller = await site.startPuller({
    entry: programs.puller,
    nodeFlags: [...(await readPullerFlags()), ...profiling],
    env: await readPullerEnv(),
  });
  await waitUntil(async () => (await puller.readLog()).includes('following Deliveries'), {
    what: 'the puller to follow Deliveries',
    timeoutMs: 60_000,
    assertPossible: () => puller.assertRunning(),
  });
  return puller;
}

async function installApps(site: Site, { host, publicPem }: Fleet): Promise<void> {
  const rbac = 'rbac.authorization.k8s.io';
  const inApps = { apiVersion: `${rbac}/v1`, metadata: { name: 'impersonate', namespace: appsNamespace } };
  const accounts = { apiGroups: [''], resources: ['serviceaccounts'] };
  const objects: readonly unknown[] = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer', namespace: appsNamespace } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'deployer' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: appsNamespace }],
    },
    {
      ...inApps,
      kind: 'Role',
      rules: [{ ...accounts, resourceNames: ['deployer'], verbs: ['impersonate'] }],
    },
    {
      ...inApps,
      kind: 'RoleBinding',
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'impersonate' },
      subjects: [{ kind: 'ServiceAccount', name: 'sealift-puller', namespace: 'sealift-system' }],
    },
    {
      apiVersion,
      kind: 'TrustPolicy',
      metadata: { name: 'apps' },
      spec: {
        match: [{ url: `oci://${host}/config/*`, namespaces: [appsNamespace] }],
        repository: 'config/{1}',
        authorities: [{ name: publisher, key: { data: publicPem } }],
        signatures: { authorities: [publisher] },
      },
    },
  ];
  await site.apply(objects.map((object) => resourceSchema.parse(object)));
}

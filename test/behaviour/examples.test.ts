// The examples on a real API server: the shop applies with the rights that examples/cluster grants and with no others,
// its workloads turn healthy under restricted Pod Security, and the second version follows.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, suite, test } from 'node:test';
import * as z from 'zod';
import { aggregationLabel } from '../../src/api/common.ts';
import { buildCrds } from '../../src/api/crds.ts';
import { deliverySpecSchema } from '../../src/api/delivery.ts';
import { trustPolicySpecSchema } from '../../src/api/trust-policy.ts';
import { KubeError } from '../../src/errors.ts';
import { type Discovery, type ResourceKind, createDiscovery } from '../../src/kube/discovery.ts';
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts';
import { type KubeClient, type KubeRequest, createKubeClient } from '../../src/kube/request.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { collectFiles } from '../../src/operations/collect.ts';
import {
  type Resource,
  formatIdentity,
  identityKey,
  identityOf,
  parseApiVersion,
  resourceSchema,
} from '../../src/resources/resource.ts';
import { stageOf, stages } from '../../src/resources/stages.ts';
import { readResources } from '../../src/resources/validate.ts';
import { assertNoSelfModification } from '../../src/trust/self-modification.ts';
import { type ControlPlane, startControlPlaneFor } from '../control-plane/control-plane.ts';
import { waitUntil } from '../control-plane/wait.ts';

const folder = join(import.meta.dirname, '../../examples');
const pullerNamespace = 'sealift-system';
const puller = 'sealift-puller';
const deployer = { user: 'system:serviceaccount:shop-delivery:shop-deployer' };
const timeoutMs = 60_000;
const replacements = {
  REGISTRY: 'registry.example.com:5000',
  CI_PUBLIC_KEY: JSON.stringify('-----BEGIN PUBLIC KEY-----\nY2k=\n-----END PUBLIC KEY-----\n'),
  RELEASE_PUBLIC_KEY: JSON.stringify('-----BEGIN PUBLIC KEY-----\ncmVsZWFzZQ==\n-----END PUBLIC KEY-----\n'),
};

/** Reads as `sealift push` does. */
async function readVersion(version: 'v1' | 'v2'): Promise<readonly Resource[]> {
  const { files, skipped } = await collectFiles(join(folder, 'shop', version));
  assert.deepEqual(skipped, []);
  return readResources(files).map(({ resource }) => resource);
}

async function readCluster(name: string): Promise<readonly Resource[]> {
  let text = await readFile(join(folder, 'cluster', name), 'utf8');
  for (const [word, value] of Object.entries(replacements)) text = text.replaceAll(word, () => value);
  return readResources([{ path: name, bytes: Buffer.from(text) }]).map(({ resource }) => resource);
}

function keysOf(resources: readonly Resource[]): string[] {
  return resources.map((resource) => identityKey(identityOf(resource))).sort();
}

function countKinds(resources: readonly Resource[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of resources) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

suite('the files of the examples', () => {
  test('hold the objects that they should, none of which is a Secret', async () => {
    const v1 = await readVersion('v1');
    assert.deepEqual(countKinds(v1), {
      ConfigMap: 4,
      CustomResourceDefinition: 1,
      Deployment: 3,
      FeatureFlag: 2,
      Ingress: 1,
      Namespace: 1,
      NetworkPolicy: 1,
      PodDisruptionBudget: 1,
      Role: 1,
      RoleBinding: 1,
      Service: 3,
      ServiceAccount: 4,
      StatefulSet: 1,
    });
    assertNoSelfModification(v1, pullerNamespace);
    for (const { kind, metadata } of v1) {
      const isClusterWide = kind === 'Namespace' || kind === 'CustomResourceDefinition';
      assert.equal(metadata.namespace, isClusterWide ? undefined : 'shop', `${kind} ${metadata.name}`);
    }
  });

  test('differ between the versions by what is said of them', async () => {
    const [v1, v2] = [await readVersion('v1'), await readVersion('v2')];
    const [before, after] = [keysOf(v1), keysOf(v2)];
    assert.deepEqual(
      before.filter((key) => !after.includes(key)),
      ['/ConfigMap/shop/promo-banner'],
    );
    assert.deepEqual(
      after.filter((key) => !before.includes(key)),
      ['/ConfigMap/shop/shipping-rates'],
    );
    assert.deepEqual(keysOf(changedIn(v1, v2)), [
      '/ConfigMap/shop/shipping-rates',
      '/ConfigMap/shop/shop-settings',
      'apps/Deployment/shop/api',
      'apps/Deployment/shop/web',
    ]);
    assertNoSelfModification(v2, pullerNamespace);
  });

  test('have placeholders that text substitution fills', async () => {
    const [policy, ...morePolicies] = await readCluster('trust-policy.yaml');
    const [delivery, ...moreDeliveries] = await readCluster('delivery.yaml');
    assert.deepEqual([...morePolicies, ...moreDeliveries], []);
    const trust = trustPolicySpecSchema.parse(policy?.['spec']);
    const spec = deliverySpecSchema.parse(delivery?.['spec']);
    assert.equal(spec.source.url, 'oci://registry.example.com:5000/config/shop');
    assert.deepEqual(trust.match, [{ url: spec.source.url, namespaces: ['shop-delivery'] }]);
    assert.deepEqual(
      trust.authorities.map(({ name, key }) => [name, JSON.stringify(key?.data)]),
      [
        ['ci', replacements.CI_PUBLIC_KEY],
        ['release', replacements.RELEASE_PUBLIC_KEY],
      ],
    );
    assert.equal(trust.promotion?.channels[0]?.tag, spec.source.ref.tag);
  });
});

/** Objects of the second set that are not in the first or are different there. */
function changedIn(before: readonly Resource[], after: readonly Resource[]): readonly Resource[] {
  const known = new Map(
    before.map((resource) => [identityKey(identityOf(resource)), JSON.stringify(resource)]),
  );
  return after.filter(
    (resource) => known.get(identityKey(identityOf(resource))) !== JSON.stringify(resource),
  );
}

/** A user's way into the cluster. */
type Access = {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly as?: NonNullable<KubeRequest['impersonate']>;
};

async function openAccess(t: TestContext, kubeconfig: string): Promise<Access> {
  const now = (): number => performance.now();
  const client = createKubeClient({ config: await loadKubeconfig(kubeconfig), now, random: Math.random });
  t.after(() => client.close());
  return { client, discovery: createDiscovery(client) };
}

async function pathOf({ discovery }: Access, resource: Resource): Promise<string> {
  const { group, version, kind, namespace, name } = identityOf(resource);
  let found: ResourceKind | undefined;
  await waitUntil(
    async () => {
      found = await discovery.find(group, version, kind);
      if (found === undefined) discovery.invalidate();
      return found !== undefined;
    },
    { what: `the kind ${kind} to be served`, timeoutMs },
  );
  assert.ok(found);
  return resourcePath(found, namespace, name);
}

async function send(
  { client, as }: Access,
  request: Pick<KubeRequest, 'method' | 'path' | 'query' | 'body'>,
): Promise<unknown> {
  return (await client.request({ ...request, ...(as === undefined ? {} : { impersonate: as }) })).body;
}

async function apply(access: Access, resource: Resource): Promise<void> {
  // Unforced, so that a conflict between the admin's files and the artifact is seen.
  const fieldManager = access.as === undefined ? 'admin' : 'deployer';
  const query = { fieldManager, force: 'false', fieldValidation: 'Strict' };
  await send(access, { method: 'PATCH', path: await pathOf(access, resource), query, body: resource });
}

/** In the puller's order; a definition's kind is waited for by the first object of it. */
async function applyAll(access: Access, resources: readonly Resource[]): Promise<void> {
  for (const stage of stages) {
    const staged = resources.filter((resource) => stageOf(identityOf(resource)) === stage);
    const isBinding = ({ kind }: Resource): boolean => kind.endsWith('RoleBinding');
    await Promise.all(staged.filter((one) => !isBinding(one)).map((one) => apply(access, one)));
    // Who may not `bind` gets a 404 for a binding whose role does not exist yet.
    await Promise.all(staged.filter(isBinding).map((one) => apply(access, one)));
    for (const resource of staged) {
      if (resource.kind === 'CustomResourceDefinition')
        await waitForCondition(access, resource, 'Established');
    }
  }
}

const liveSchema = z.looseObject({
  metadata: z.looseObject({ generation: z.int().optional() }),
  spec: z.looseObject({ replicas: z.int().optional() }),
  status: z
    .looseObject({
      observedGeneration: z.int().optional(),
      updatedReplicas: z.int().optional(),
      availableReplicas: z.int().optional(),
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
    })
    .default({ conditions: [] }),
});

async function readLive(access: Access, resource: Resource): Promise<z.infer<typeof liveSchema>> {
  return liveSchema.parse(await send(access, { method: 'GET', path: await pathOf(access, resource) }));
}

async function waitForCondition(access: Access, resource: Resource, type: string): Promise<void> {
  const isMet = async (): Promise<boolean> => {
    const { status } = await readLive(access, resource);
    return status.conditions.some((condition) => condition.type === type && condition.status === 'True');
  };
  await waitUntil(isMet, { what: `${formatIdentity(identityOf(resource))} to be ${type}`, timeoutMs });
}

async function waitForRollout(access: Access, workload: Resource): Promise<void> {
  const isRolledOut = async (): Promise<boolean> => {
    const { metadata, spec, status } = await readLive(access, workload);
    const { updatedReplicas, availableReplicas, observedGeneration } = status;
    assert.deepEqual(
      { updatedReplicas, availableReplicas, observedGeneration },
      {
        updatedReplicas: spec.replicas,
        availableReplicas: spec.replicas,
        observedGeneration: metadata.generation,
      },
    );
    return true;
  };
  await waitUntil(isRolledOut, { what: formatIdentity(identityOf(workload)), timeoutMs });
}

/** The authorizer sees new roles by watches of its own: the impersonation, the cluster's and the namespace's grants. */
async function waitForGrants(access: Access): Promise<void> {
  const isGranted = async (): Promise<boolean> => {
    await send(access, { method: 'GET', path: '/api/v1/namespaces/shop' });
    return (
      (await send(access, { method: 'GET', path: '/api/v1/namespaces/shop/services/any' }).catch(
        (error: unknown) => error instanceof KubeError && error.code,
      )) === 'KUBE_NOT_FOUND'
    );
  };
  await waitUntil(isGranted, { what: 'the grants', timeoutMs });
}

function workloadsOf(resources: readonly Resource[]): readonly Resource[] {
  return resources.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
}

/** What puller/deploy installs, as far as rights are concerned: an account with an aggregated role. */
async function installPuller(plane: ControlPlane, admin: Access): Promise<string> {
  const rbac = 'rbac.authorization.k8s.io';
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: pullerNamespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: puller, namespace: pullerNamespace } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: puller },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregationLabel]: 'true' } }] },
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: puller },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: puller },
      subjects: [{ kind: 'ServiceAccount', name: puller, namespace: pullerNamespace }],
    },
    ...buildCrds(),
  ];
  await applyAll(
    admin,
    objects.map((object) => resourceSchema.parse(object)),
  );
  const token = await plane.serviceAccountToken(pullerNamespace, puller);
  return plane.kubeconfigFor({ name: puller, token });
}

const roleSchema = z.looseObject({
  rules: z.array(
    z.strictObject({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      resourceNames: z.array(z.string()).optional(),
      verbs: z.array(z.string()),
    }),
  ),
});

/** Definitions and namespaces are never pruned; the shop's own Role hands `list` and `watch` of the flags on. */
function verbsFor(roleKind: string, resources: readonly string[]): string[] {
  if (roleKind === 'ClusterRole') return ['create', 'get', 'patch'];
  return [
    'create',
    'delete',
    'get',
    ...(resources.includes('featureflags') ? ['list', 'patch', 'watch'] : ['patch']),
  ];
}

function object(apiVersion: string, kind: string, name: string, namespace?: string): Resource {
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  return { apiVersion, kind, metadata };
}

async function assertForbidden(action: Promise<unknown>, what: string): Promise<void> {
  const isForbidden = (error: unknown): boolean =>
    error instanceof KubeError && error.code === 'KUBE_FORBIDDEN';
  await assert.rejects(action, isForbidden, what);
}

test('the examples on a real cluster', async (t) => {
  const plane = await startControlPlaneFor(t, { workloads: true });
  const admin = await openAccess(t, plane.adminKubeconfig);
  const own = await openAccess(t, await installPuller(plane, admin));
  const shop: Access = { ...own, as: deployer };
  const [v1, v2] = [await readVersion('v1'), await readVersion('v2')];
  const tenant = await readCluster('tenant.yaml');

  await t.test('the admin applies the files for the cluster', async () => {
    for (const file of ['tenant.yaml', 'watch-featureflags.yaml', 'trust-policy.yaml', 'delivery.yaml']) {
      await applyAll(admin, await readCluster(file));
    }
  });

  await t.test('version 1 applies as the deployer, and its workloads turn healthy', async () => {
    await waitForGrants(shop);
    await applyAll(shop, v1);
    for (const workload of workloadsOf(v1)) {
      if (workload.kind === 'Deployment') await waitForCondition(shop, workload, 'Available');
      await waitForRollout(shop, workload);
    }
  });

  await t.test('the puller watches the flags by the aggregated role', async () => {
    const path = '/apis/shop.example.com/v1/featureflags';
    const list = async (): Promise<boolean> => {
      const { items } = z
        .looseObject({ items: z.array(z.unknown()) })
        .parse(await send(own, { method: 'GET', path }));
      return items.length === 2;
    };
    await waitUntil(list, { what: 'the aggregated role', timeoutMs });
    await assertForbidden(
      send(own, { method: 'GET', path: '/api/v1/configmaps' }),
      'ConfigMaps, which no role grants',
    );
  });

  await t.test('the deployer can do nothing beyond', async () => {
    const refused = [
      ...['kube-system', 'default', 'shop-delivery', pullerNamespace].flatMap((namespace) => [
        object('v1', 'ConfigMap', 'intruder', namespace),
        object('v1', 'ServiceAccount', 'intruder', namespace),
        object('apps/v1', 'Deployment', 'intruder', namespace),
        object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'intruder', namespace),
        object('shop.example.com/v1', 'FeatureFlag', 'intruder', namespace),
      ]),
      ...['kube-system', 'default', 'shop-delivery', pullerNamespace, 'shop'].map((namespace) =>
        object('v1', 'Secret', 'intruder', namespace),
      ),
      object('v1', 'Pod', 'intruder', 'shop'),
      object('rbac.authorization.k8s.io/v1', 'Role', 'shop-deployer', 'shop'),
      object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'shop-deployer', 'shop'),
      object('v1', 'Namespace', 'intruder'),
      object('v1', 'Namespace', 'kube-system'),
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'intruders.shop.example.com'),
      object('rbac.authorization.k8s.io/v1', 'ClusterRole', 'shop-deployer'),
      object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'shop-deployer'),
      object('sealift.dev/v1alpha1', 'TrustPolicy', 'shop'),
      object('sealift.dev/v1alpha1', 'Delivery', 'shop', 'shop-delivery'),
    ];
    for (const resource of refused) {
      await assertForbidden(apply(shop, resource), formatIdentity(identityOf(resource)));
    }
    for (const path of ['/api/v1/namespaces/shop/secrets', '/api/v1/namespaces/shop/secrets/any']) {
      await assertForbidden(send(shop, { method: 'GET', path }), path);
    }
    const post = send(shop, {
      method: 'POST',
      path: '/api/v1/namespaces',
      body: object('v1', 'Namespace', 'shop'),
    });
    await assertForbidden(post, 'a POST has no name to check');
  });

  await t.test('the deployer can not grant more than it has', async () => {
    const isEscalation = { code: 'KUBE_FORBIDDEN', message: /attempting to grant RBAC permissions/u };
    const role = {
      ...object('rbac.authorization.k8s.io/v1', 'Role', 'featureflag-reader', 'shop'),
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
    };
    await assert.rejects(apply(shop, role), isEscalation);
    const binding = {
      ...object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'api-reads-featureflags', 'shop'),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'api', namespace: 'shop' }],
    };
    await assert.rejects(apply(shop, binding), isEscalation);
  });

  await t.test('the puller acts as the deployer and as nobody else', async () => {
    const path = '/api/v1/namespaces/shop';
    await send(shop, { method: 'GET', path });
    await assertForbidden(send(own, { method: 'GET', path }), 'the puller itself');
    for (const user of [
      'system:serviceaccount:shop-delivery:default',
      'system:serviceaccount:shop:shop-deployer',
      'system:serviceaccount:kube-system:default',
      'admin',
    ]) {
      await assertForbidden(send({ ...own, as: { user } }, { method: 'GET', path }), user);
    }
  });

  await t.test('every kind that is granted is a kind of the shop', async () => {
    const needed = new Set<string>();
    for (const resource of [...v1, ...v2]) {
      const { group, version, kind } = identityOf(resource);
      const found = await shop.discovery.find(group, version, kind);
      needed.add(`${group}/${found?.plural ?? kind}`);
    }
    const granted = new Set<string>();
    for (const role of tenant.filter(({ metadata }) => metadata.name === 'shop-deployer')) {
      if (role.kind !== 'Role' && role.kind !== 'ClusterRole') continue;
      assert.equal(parseApiVersion(role.apiVersion).group, 'rbac.authorization.k8s.io');
      for (const { apiGroups, resources, resourceNames, verbs } of roleSchema.parse(role).rules) {
        for (const group of apiGroups) for (const name of resources) granted.add(`${group}/${name}`);
        const isNamed: boolean =
          role.kind === 'ClusterRole' || apiGroups.includes('rbac.authorization.k8s.io');
        assert.equal(resourceNames?.length, isNamed ? 1 : undefined);
        assert.deepEqual([...verbs].sort(), verbsFor(role.kind, resources));
      }
    }
    assert.deepEqual([...granted].sort(), [...needed].sort());
  });

  await t.test('version 2 follows, and what it dropped can be pruned', async () => {
    const changed = changedIn(v1, v2);
    await applyAll(shop, changed);
    for (const workload of workloadsOf(changed)) await waitForRollout(shop, workload);
    const dropped = object('v1', 'ConfigMap', 'promo-banner', 'shop');
    await send(shop, { method: 'DELETE', path: await pathOf(shop, dropped) });
  });

  await t.test('every object in the namespace can be pruned, the cluster-wide ones can not', async () => {
    for (const resource of v2) {
      const path = await pathOf(shop, resource);
      const deletion = send(shop, { method: 'DELETE', path, query: { dryRun: 'All' } });
      if (resource.metadata.namespace === undefined) await assertForbidden(deletion, path);
      else await deletion;
    }
  });

  await t.test('the definition, once gone, is made again', async () => {
    const flags = v2.filter(({ kind }) => kind === 'FeatureFlag');
    const definition = v2.find(({ kind }) => kind === 'CustomResourceDefinition');
    assert.ok(definition);
    const path = await pathOf(admin, definition);
    await send(admin, { method: 'DELETE', path });
    const isGone = async (): Promise<boolean> => (await plane.request('GET', path)).status === 404;
    await waitUntil(isGone, { what: 'the definition to go', timeoutMs });
    await applyAll(shop, [definition, ...flags]);
  });
});

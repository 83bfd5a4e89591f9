// Tenants, and artifacts, that reach for what decides about them: the url and the ref around a strict policy, transforms,
// the cluster's own trust objects, opt-out marks on live objects, and the rights that would allow it.
import assert from 'node:assert/strict';
import { apiVersion } from '../../src/api/common.ts';
import { resourceSchema } from '../../src/resources/resource.ts';
import { sendRequest } from '../control-plane/http.ts';
import { readFile } from 'node:fs/promises';
import { pushFiles } from '../helpers/forging.ts';
import { channel, keysOf, policyPath, recordsPath, testAttacks, type Lane } from './lane.ts';
import {
  configMap,
  configMapPath,
  conditionOf,
  deliveryPath,
  tenantNamespace,
  type Tenant,
} from './tenant.ts';

type As = (
  method: string,
  path: string,
  body?: object,
) => Promise<{ readonly status: number; readonly text: string }>;

/** Requests to the API server as a service account. */
async function asAccount({ site }: Tenant, namespace: string, name: string): Promise<As> {
  const token = await site.plane.serviceAccountToken(namespace, name);
  const ca = await readFile(site.plane.caFile, 'utf8');
  return (method, path, body) =>
    sendRequest({
      method,
      url: new URL(path, site.plane.server),
      ca,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
}

/** An account that may do everything in the tenant's namespace, and nothing elsewhere. */
async function asTenantAdmin(tenant: Tenant): Promise<As> {
  const name = 'owner';
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = { name, namespace: tenantNamespace };
  const objects = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
  ];
  await tenant.site.apply(objects.map((object) => resourceSchema.parse(object)));
  return asAccount(tenant, tenantNamespace, name);
}

/** A new release that holds these objects, too, is refused for them. */
async function holds(lane: Lane, ...objects: readonly object[]): Promise<void> {
  const artifact = await lane.release('greedy', ...objects.map((one) => JSON.stringify(one)));
  await lane.promote(artifact);
  await lane.refuses('SELF_MODIFICATION', artifact);
}

function trustObject(kind: string, spec: object): object {
  return { apiVersion, kind, metadata: { name: 'mine' }, spec };
}

testAttacks('attacks on what decides', {
  'an artifact that carries a TrustPolicy': async (open) => {
    const lane = await open();
    await holds(lane, trustObject('TrustPolicy', { match: [], authorities: [] }));
    await lane.deliver('good');
  },
  'an artifact that carries a PromotionRecord, a Delivery or our API': async (open) => {
    const lane = await open();
    await holds(lane, trustObject('PromotionRecord', { repository: lane.repository, sequence: 1 }));
    await holds(lane, {
      ...trustObject('Delivery', {}),
      metadata: { name: 'mine', namespace: tenantNamespace },
    });
    const definition = 'trustpolicies.sealift.dev';
    await holds(lane, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: definition },
    });
  },
  'an artifact that carries our aggregation label': async (open) => {
    const lane = await open();
    const labels = { 'sealift.dev/aggregate-to-puller': 'false' };
    const apiGroup = 'rbac.authorization.k8s.io/v1';
    await holds(lane, {
      apiVersion: apiGroup,
      kind: 'ClusterRole',
      metadata: { name: 'wide', labels },
      rules: [],
    });
  },
  "an artifact that carries an object of the puller's namespace, or that namespace": async (open) => {
    const lane = await open();
    const metadata = { name: 'sealift-record-forged', namespace: 'sealift-system' };
    await holds(lane, { apiVersion: 'v1', kind: 'Secret', metadata });
    await holds(lane, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sealift-system' } });
  },
  'a tag around a channel': async (open) => {
    const lane = await open();
    const artifact = await lane.release('latest');
    await lane.store.tag(artifact, 'latest');
    await lane.setDelivery({ source: { ref: { tag: 'latest' } } });
    await lane.until('the refusal', ({ status }) => status?.candidate?.reason === 'REF_NOT_A_CHANNEL');
    await lane.corrects();
  },
  'a digest around a channel': async (open) => {
    const lane = await open();
    const { digest } = (await lane.release('by digest')).descriptor;
    const { status } = await lane.tenant.site.plane.request(
      'PATCH',
      deliveryPath(lane.name),
      { spec: { source: { url: `${lane.url}@${digest}` } } },
      { contentType: 'application/merge-patch+json' },
    );
    assert.equal(status, 422);
    // Neither by itself, nor beside the channel's tag, nor as a tag.
    for (const ref of [{ tag: null, digest }, { digest }, { tag: digest.replace(':', '-'), digest: null }]) {
      await lane.setDelivery({ source: { ref } });
      await lane.look();
      await lane.until('the refusal', (found) => found.status?.candidate?.reason === 'REF_NOT_A_CHANNEL');
      await lane.corrects();
    }
  },
  'a url that is not canonical around a strict policy': async (open, tenant) => {
    const { host, port } = tenant.site.registry;
    const lane = await open({ policy: { match: [{ url: `oci://localhost:${port}/**` }] }, first: null });
    const artifact = await lane.push('evil');
    await lane.show(artifact);
    const path = `${lane.name}/app`;
    for (const [url, code] of [
      [`oci://LOCALHOST:${port}/${path}`, 'URL_NOT_CANONICAL'],
      [`oci://localhost.:${port}/${path}`, 'REFERENCE_INVALID'],
      [`oci://localhost:0443/${path}`, 'URL_NOT_CANONICAL'],
      [`oci://localhost:${port}/${path}:prod`, 'URL_NOT_CANONICAL'],
      [`oci://127.1:${port}/${path}`, 'URL_NOT_CANONICAL'],
      [`oci://localhost:443/${path}`, 'URL_NOT_CANONICAL'],
      [`oci://localhost:${port}//${path}`, 'REFERENCE_INVALID'],
      [`oci://localhost:${port}/./${path}`, 'REFERENCE_INVALID'],
      [`oci://localhost:${port}/%61pp`, 'REFERENCE_INVALID'],
      // Another name of the same host is another place, which needs a policy of its own.
      [`oci://${host}/${path}`, 'POLICY_MISSING'],
    ] as const) {
      await lane.setDelivery({ source: { url } });
      await lane.look();
      const { status } = await lane.until(`a refusal of ${url}`, ({ status, metadata }) => {
        return status?.candidate !== undefined && status.observedGeneration === metadata.generation;
      });
      assert.equal(status?.candidate?.reason, code, url);
      assert.equal(status.candidate.digest, undefined, 'nothing was asked');
    }
    assert.equal(await lane.live(), '');
  },
  'a policy loosened by a tenant': async (open, tenant) => {
    const lane = await open();
    const owner = await asTenantAdmin(tenant);
    const { status } = await owner('PATCH', deliveryPath(lane.name), {
      metadata: { labels: { mine: 'yes' } },
    });
    assert.equal(status, 200, 'the Delivery is theirs');
    const record = await lane.record();
    const recordPath = `${recordsPath}/${record?.metadata.name}`;
    const policies = `/apis/${apiVersion}/trustpolicies`;
    for (const [method, path, body] of [
      ['PATCH', policyPath(lane.name), { spec: { mode: 'Audit' } }],
      ['PATCH', `${policyPath(lane.name)}/status`, { status: {} }],
      ['POST', policies, trustObject('TrustPolicy', {})],
      ['DELETE', policyPath(lane.name), undefined],
      ['PATCH', recordPath, { spec: { sequence: 99 } }],
      ['PATCH', recordPath, { metadata: { annotations: { 'sealift.dev/local-rollback': '1' } } }],
      ['POST', recordsPath, trustObject('PromotionRecord', {})],
      ['DELETE', recordPath, undefined],
      ['DELETE', recordsPath, undefined],
      ['POST', '/api/v1/namespaces/sealift-system/secrets', { metadata: { name: 'ci-key' } }],
    ] as const) {
      assert.equal((await owner(method, path, body)).status, 403, `${method} ${path}`);
    }
  },
  "the puller's rights end before the policies": async (open, tenant) => {
    const lane = await open();
    const puller = await asAccount(tenant, 'sealift-system', 'sealift-puller');
    for (const [method, path, body] of [
      ['PATCH', policyPath(lane.name), { spec: { mode: 'Audit' } }],
      ['DELETE', policyPath(lane.name), undefined],
      ['POST', `/apis/${apiVersion}/trustpolicies`, trustObject('TrustPolicy', {})],
      ['DELETE', `${recordsPath}/${(await lane.record())?.metadata.name}`, undefined],
    ] as const) {
      assert.equal((await puller(method, path, body)).status, 403, `${method} ${path}`);
    }
    // The status is its own, and what else stands in such a request is not taken.
    const both = { status: { observedGeneration: 7 }, spec: { mode: 'Audit' } };
    assert.equal((await puller('PATCH', `${policyPath(lane.name)}/status`, both)).status, 200);
    const { spec } = (await tenant.get(policyPath(lane.name))).body as { spec: { mode: string } }; // the API server's answer
    assert.equal(spec.mode, 'Enforce');
  },
  'a record that an admin lowers by mistake': async (open, tenant) => {
    const lane = await open();
    await lane.deliver('second', { sequence: 5 });
    const record = await lane.record();
    assert.ok(record !== undefined);
    const digest = `sha256:${'0'.repeat(64)}`;
    for (const spec of [
      { sequence: 4 },
      { epoch: 0, sequence: 9 },
      { digest },
      { repository: 'other/app' },
      { issuedAt: '2020-01-01T00:00:00Z' },
    ]) {
      const path = `${recordsPath}/${record.metadata.name}`;
      const contentType = 'application/merge-patch+json';
      const answer = await tenant.site.plane.request('PATCH', path, { spec }, { contentType });
      assert.equal(answer.status, 422, JSON.stringify(spec));
    }
  },
  'opt-out marks on a live object': async (open, tenant) => {
    const lane = await open();
    const annotations = {
      'sealift.dev/ssa': 'Ignore',
      'sealift.dev/reconcile': 'disabled',
      'sealift.dev/prune': 'disabled',
      'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
      'kustomize.toolkit.fluxcd.io/ssa': 'Ignore',
      'kustomize.toolkit.fluxcd.io/prune': 'disabled',
    };
    await tenant.patch(configMapPath(lane.name), { metadata: { annotations } });
    await lane.corrects();
    const artifact = await pushFiles(lane.store, [
      { path: 'app.yaml', bytes: Buffer.from(configMap(`${lane.name}-next`, {})) },
    ]);
    await lane.attest(artifact, 'ci');
    await lane.promote(artifact);
    await lane.show(artifact);
    await lane.look();
    await lane.until(
      'the end of it',
      async () => (await tenant.get(configMapPath(lane.name))).status === 404,
    );
  },
  'a transform that is not allowed': async (open) => {
    const lane = await open();
    for (const spec of [
      { path: './elsewhere', commonMetadata: null },
      { path: './', commonMetadata: { labels: { team: 'evil' } } },
    ]) {
      await lane.setDelivery(spec);
      await lane.until('the refusal', ({ status, metadata }) => {
        const isOfThis = status?.observedGeneration === metadata.generation;
        return isOfThis && status?.candidate?.reason === 'TRANSFORM_NOT_ALLOWED';
      });
      await lane.corrects();
    }
    await lane.setPolicy({ allowTransforms: ['commonMetadata'] });
    await lane.until('the label', async () => {
      const { metadata } = (await lane.tenant.get(configMapPath(lane.name))).body;
      return JSON.stringify(metadata).includes('"team":"evil"');
    });
    // Taken back, the labelled objects are no longer what is allowed.
    await lane.setPolicy({ allowTransforms: null });
    const delivery = await lane.until('distrust', (found) =>
      /is not corrected/u.test(conditionOf(found, 'Ready')?.message ?? ''),
    );
    assert.match(conditionOf(delivery, 'Ready')?.message ?? '', /^TRANSFORM_NOT_ALLOWED: /u);
  },
  'a transform that one policy of two allows': async (open, tenant) => {
    const lane = await open({ policy: { allowTransforms: ['commonMetadata', 'path'] } });
    const spec = {
      match: [{ url: lane.url }],
      authorities: await keysOf('ci'),
      signatures: { authorities: ['ci'] },
    };
    const name = `${lane.name}-narrow`;
    const policy = { apiVersion, kind: 'TrustPolicy', metadata: { name }, spec };
    await tenant.site.apply([resourceSchema.parse(policy)]);
    await lane.setDelivery({ commonMetadata: { annotations: { team: 'evil' } } });
    await lane.until('the refusal', ({ status }) => status?.candidate?.reason === 'TRANSFORM_NOT_ALLOWED');
    await lane.corrects();
    await tenant.remove(policyPath(name));
    await lane.until('the annotation', async () => {
      const { metadata } = (await tenant.get(configMapPath(lane.name))).body;
      return JSON.stringify(metadata).includes('"team":"evil"');
    });
  },
  'a transform that sets our own marks': async (open) => {
    const lane = await open({ policy: { allowTransforms: ['commonMetadata', 'path'] } });
    for (const commonMetadata of [
      { labels: { 'sealift.dev/aggregate-to-puller': 'true' } },
      { labels: { 'sealift.dev/owner': 'another' } },
      { labels: null, annotations: { 'sealift.dev/prune': 'disabled' } },
      { labels: null, annotations: { 'reconcile.sealift.dev/requestedAt': 'now' } },
    ]) {
      await lane.setDelivery({ commonMetadata });
      await lane.until('the refusal', ({ status, metadata }) => {
        const isOfThis = status?.observedGeneration === metadata.generation;
        return isOfThis && status?.candidate?.reason === 'INPUT_INVALID';
      });
    }
    await lane.corrects();
    await lane.setDelivery({ commonMetadata: null });
    await lane.deliver('good');
  },
  'a path that holds nothing, to prune everything': async (open) => {
    const lane = await open({ policy: { allowTransforms: ['path'] } });
    await lane.setDelivery({ path: './empty' });
    await lane.until('the refusal', ({ status }) => status?.candidate?.reason === 'INPUT_INVALID');
    assert.equal(await lane.live(), 'first');
    await lane.corrects();
  },
  'an authority that signs releases and promotes them': async (open, tenant) => {
    const lane = await open();
    const contentType = 'application/merge-patch+json';
    const spec = { promotion: channel({ authorities: ['ci'] }) };
    const answer = await tenant.site.plane.request('PATCH', policyPath(lane.name), { spec }, { contentType });
    assert.equal(answer.status, 422);
    // The same key under another name passes the schema, and not the puller.
    const [ci] = await keysOf('ci');
    await lane.setPolicy({ authorities: [ci, { ...ci, name: 'promoter' }] });
    await lane.until('the refusal', ({ status }) => status?.candidate?.reason === 'POLICY_INVALID');
    await lane.leavesAlone();
  },
});

// What else in a cluster can stand in the way: a webhook whose backend is dead, a quota, a namespace or a definition that
// somebody deletes. Nothing spins meanwhile, and once the way is free everything is as it should be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceSchema } from '../../src/resources/resource.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { isWrite, readAuditTrail, type Audited } from '../helpers/chaos/audit-trail.ts';
import { withFaultSite, type FaultSite } from '../helpers/chaos/fault-site.ts';
import { conditionOf } from './tenant.ts';
import { configMapOf, type Bed, type Reference } from './bed.ts';

const timeoutMs = 30_000;
const quick = { retryInterval: '2s' };
const clusterObject = (apiVersion: string, kind: string, name: string): Reference => ({
  apiVersion,
  kind,
  name,
});

/** Writes of a bed's account to paths that hold a text, successful or not. */
async function writesTo(bed: Bed, text: string): Promise<readonly Audited[]> {
  const trail = await readAuditTrail(bed.site.plane.auditLogFile);
  return trail.filter(
    (one) => isWrite(one) && one.uri.includes(text) && one.as.endsWith(`:${bed.name}:deployer`),
  );
}

async function untilWrites(bed: Bed, text: string, count: number): Promise<void> {
  await waitUntil(async () => (await writesTo(bed, text)).length >= count, {
    what: `${count} writes to ${text}`,
    timeoutMs,
  });
}

const scenarios: Readonly<Record<string, (site: FaultSite) => Promise<void>>> = {
  'a webhook whose backend is dead': async ({ site, bed: openBed }) => {
    const bed = await openBed('webhook', { delivery: quick });
    await bed.deliver([bed.configMap('kept', { value: 'right' })]);
    const reference = clusterObject(
      'admissionregistration.k8s.io/v1',
      'ValidatingWebhookConfiguration',
      'dead',
    );
    await site.apply([resourceSchema.parse(deadWebhook(bed.name))]);
    // The API server takes the webhook in by and by.
    await waitUntil(
      () =>
        bed.apply(bed.configMap('probe', {})).then(
          () => false,
          (error: unknown) => String(error).includes('dead.test.example'),
        ),
      { what: 'the webhook to be asked', timeoutMs },
    );
    await bed.remove(configMapOf('kept'));
    await untilWrites(bed, '/configmaps/kept?', 4);
    const times = (await writesTo(bed, '/configmaps/kept?'))
      .slice(1)
      .map(({ received }) => Date.parse(received));
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    assert.ok((gaps.at(-1) ?? 0) > 1.5 * (gaps[0] ?? 0), `waits do not grow: ${gaps.join(', ')} ms`);
    const delivery = await bed.until('the failure to be told', (found) => {
      return conditionOf(found, 'Ready')?.message.includes('dead.test.example') === true;
    });
    assert.equal(conditionOf(delivery, 'Ready')?.status, 'False');
    await bed.remove(reference);
    await bed.untilObject(configMapOf('kept'), 'to be right', ({ data }) => data?.['value'] === 'right');
    await bed.until('Ready', (found) => conditionOf(found, 'Ready')?.status === 'True');
  },

  'a quota that is used up, then raised': async ({ bed: openBed }) => {
    const bed = await openBed('quota', { delivery: quick });
    const quota = (hard: number): object => ({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small', namespace: bed.name },
      spec: { hard: { 'count/secrets': `${hard}` } },
    });
    await bed.apply(quota(2));
    await bed.untilObject(
      { apiVersion: 'v1', kind: 'ResourceQuota', name: 'small' },
      'to count',
      ({ status }) => {
        return status?.['used'] !== undefined;
      },
    );
    const names = ['s-1', 's-2', 's-3', 's-4'] as const;
    const artifact = await bed.publish([
      bed.configMap('other', {}),
      ...names.map((name) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: bed.name } })),
    ]);
    await bed.follow();
    const { status } = await bed.untilCondition('Ready', 'False', 'ResourceQuota small is used up');
    assert.notEqual(status?.lastAppliedRevision, `prod@${artifact.descriptor.digest}`);
    assert.ok(await bed.get(configMapOf('other')), 'what the quota is not about is applied');
    await bed.apply(quota(10));
    await bed.untilReady(artifact);
    // Applied once and kept, those that could be at first.
    const successes = (await writesTo(bed, '/secrets/s-')).filter(({ status: code }) => code < 300);
    assert.equal(successes.length, names.length);
  },

  'a namespace of the artifact that somebody deletes': async ({ bed: openBed }) => {
    const bed = await openBed('spaces', { delivery: quick });
    const other = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'spaces-other' } };
    const inner = bed.configMap('inner', { value: 'right' }, { namespace: 'spaces-other' });
    await bed.deliver([other, inner]);
    const before = await bed.get(configMapOf('inner', 'spaces-other'));
    await bed.remove(clusterObject('v1', 'Namespace', 'spaces-other'));
    const after = await bed.untilObject(configMapOf('inner', 'spaces-other'), 'again', ({ metadata }) => {
      return metadata.uid !== before?.metadata.uid;
    });
    assert.equal(after.data?.['value'], 'right');
    const writes = await writesTo(bed, 'spaces-other');
    assert.ok(writes.length < 25, `${writes.length} writes`);
    await bed.until('Ready', (found) => conditionOf(found, 'Ready')?.status === 'True');
  },

  "the Delivery's own namespace": async ({ site, bed: openBed }) => {
    const bed = await openBed('gone');
    await bed.deliver([bed.configMap('one', {})]);
    await bed.remove(clusterObject('v1', 'Namespace', 'gone'));
    await waitUntil(async () => (await bed.get(clusterObject('v1', 'Namespace', 'gone'))) === undefined, {
      what: 'the end of the namespace',
      timeoutMs,
    });
    const { body } = await site.admin.request({
      method: 'GET',
      path: '/api/v1/namespaces/sealift-system/secrets',
    });
    assert.doesNotMatch(JSON.stringify(body), /"gone\/app"/u, 'its record is removed');
  },

  'a definition whose objects are in the same artifact': async ({ site, bed: openBed }) => {
    await site.apply([resourceSchema.parse(watchRole('gadgets'))]);
    await loseDefinition(await openBed('watched', { delivery: quick }), 'Gadget');
  },

  'a definition of a kind that the puller may not watch': async ({ bed: openBed }) => {
    await loseDefinition(await openBed('unwatched', { delivery: quick }), 'Gizmo');
  },
};

test('what stands in the way is waited for', { concurrency: true }, async (t) => {
  await withFaultSite(async (site) => {
    const slot = await site.addPuller({ identity: 'puller' });
    await Promise.all(Object.entries(scenarios).map(([title, run]) => t.test(title, () => run(site))));
    const raw = (await slot.log()).filter(
      ({ level, code }) => level === 'raw' || (level === 'error' && code === 'INTERNAL'),
    );
    assert.deepEqual(raw, []);
    assert.equal(slot.starts(), 1);
  });
});

function deadWebhook(namespace: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'dead' },
    webhooks: [
      {
        name: 'dead.test.example',
        clientConfig: { url: 'https://127.0.0.1:1/' },
        rules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            operations: ['CREATE', 'UPDATE'],
            resources: ['configmaps'],
          },
        ],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        failurePolicy: 'Fail',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        timeoutSeconds: 1,
      },
    ],
  };
}

function watchRole(plural: string): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: `watch-${plural}`, labels: { 'sealift.dev/aggregate-to-puller': 'true' } },
    rules: [{ apiGroups: ['faults.example'], resources: [plural], verbs: ['get', 'list', 'watch'] }],
  };
}

/** Somebody deletes the CustomResourceDefinition, and with it all objects of the kind. */
async function loseDefinition(bed: Bed, kind: string): Promise<void> {
  const singular = kind.toLowerCase();
  const definition = definitionOf(kind);
  const made = (name: string): object => ({
    apiVersion: 'faults.example/v1',
    kind,
    metadata: { name, namespace: bed.name },
    spec: { size: 1 },
  });
  await bed.deliver([definition, made('one'), made('two')]);
  const { name } = definition.metadata;
  const reference = clusterObject('apiextensions.k8s.io/v1', 'CustomResourceDefinition', name);
  const before = await bed.get(reference);
  await bed.remove(reference);
  await bed.untilObject(reference, 'again', ({ metadata }) => metadata.uid !== before?.metadata.uid);
  for (const object of ['one', 'two']) {
    const found = { apiVersion: 'faults.example/v1', kind, name: object };
    await bed.untilObject(found, 'again', ({ spec }) => spec?.['size'] === 1);
  }
  await bed.until('Ready', (found) => conditionOf(found, 'Ready')?.status === 'True');
  const writes = await writesTo(bed, `/${singular}s/`);
  assert.ok(writes.length < 25, `${writes.length} writes`);
}

function definitionOf(kind: string) {
  const singular = kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.faults.example` },
    spec: {
      group: 'faults.example',
      scope: 'Namespaced',
      names: { kind, plural: `${singular}s`, singular, listKind: `${kind}List` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  } as const;
}

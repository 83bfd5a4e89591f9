// An API server that rejects the account's requests by priority and fairness: 429 with Retry-After. Its word is kept,
// and once it lets go everything is corrected.
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { KubeError } from '../../src/errors.ts';
import { resourceSchema } from '../../src/resources/resource.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { readAuditTrail, type Audited } from '../helpers/chaos/audit-trail.ts';
import { withFaultSite } from '../helpers/chaos/fault-site.ts';
import { configMapOf } from './bed.ts';

const timeoutMs = 20_000;
const group = 'flowcontrol.apiserver.k8s.io/v1';
const names = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const windowMs = 4000;

test('an API server that rejects what is too much is asked again when it says so', async () => {
  await withFaultSite(async ({ site, bed: openBed, addPuller }) => {
    await using webhook = await startSilence();
    await addPuller({ identity: 'puller' });
    const bed = await openBed('throttled');
    await bed.deliver(names.map((name) => bed.configMap(name, { value: 'right' })));
    const ofAccount = async (): Promise<readonly Audited[]> =>
      (await readAuditTrail(site.plane.auditLogFile)).filter(({ as }) => as.endsWith(':throttled:deployer'));
    const rejected = async (): Promise<readonly Audited[]> =>
      (await ofAccount()).filter(({ status }) => status === 429);

    await site.apply(rejecting(webhook.port).map((object) => resourceSchema.parse(object)));
    const request = {
      method: 'GET',
      path: '/api/v1/namespaces/throttled/configmaps',
      impersonate: { user: 'system:serviceaccount:throttled:deployer' },
    } as const;
    const schema = await bed.get({ apiVersion: group, kind: 'FlowSchema', name: 'one-seat' });
    // The API server takes its own configuration in by and by, and names it in every answer.
    await waitUntil(
      async () => {
        const { headers } = await site.admin.request(request);
        return headers['x-kubernetes-pf-flowschema-uid'] === schema?.metadata.uid;
      },
      { what: 'the account to have one seat', timeoutMs },
    );
    // Somebody sits on it.
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'slow' } };
    const path = '/api/v1/namespaces/throttled/secrets';
    const sitting = site.admin.request({ ...request, method: 'POST', path, body: secret, retry: true });
    await waitUntil(
      () =>
        site.admin.request({ ...request, retry: false }).then(
          () => false,
          (error: unknown) => error instanceof KubeError && error.code === 'KUBE_THROTTLED',
        ),
      { what: 'the account to be rejected', timeoutMs },
    );
    await Promise.all(names.map((name) => bed.edit(configMapOf(name), { data: { value: 'spoiled' } })));
    const before = (await rejected()).length;
    const startMs = performance.now();
    await waitUntil(async () => performance.now() - startMs > windowMs, { what: 'a while', timeoutMs });
    const asked = (await rejected()).slice(before);
    const seconds = (performance.now() - startMs) / 1000;
    assert.ok(asked.length >= names.length, 'every object was tried');
    // Retry-After is one second.
    assert.ok(asked.length <= names.length * (seconds + 1), `${asked.length} requests in ${seconds} s`);
    for (const name of names) {
      const times = asked
        .filter(({ uri }) => uri.includes(`/${name}?`))
        .map(({ received }) => Date.parse(received));
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
      assert.ok(
        gaps.every((gap) => gap >= 990),
        `${name} was asked for after ${gaps.join(', ')} ms`,
      );
    }
    await sitting;
    for (const name of names) {
      await bed.untilObject(configMapOf(name), 'to be right', ({ data }) => data?.['value'] === 'right');
    }
    const delivery = await bed.look();
    assert.ok(!delivery.status?.conditions?.some(({ type }) => type === 'Contested'));
  });
});

/** A server that takes connections and says nothing. */
async function startSilence(): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One seat for the account, and a webhook for its Secrets that does not answer. */
function rejecting(port: number): readonly object[] {
  const subject = {
    kind: 'ServiceAccount',
    serviceAccount: { namespace: 'throttled', name: 'deployer' },
  };
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'silent' },
      webhooks: [
        {
          name: 'silent.test.example',
          clientConfig: { url: `https://127.0.0.1:${port}/` },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] }],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'throttled' } },
          failurePolicy: 'Ignore',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          timeoutSeconds: 8,
        },
      ],
    },
    {
      apiVersion: group,
      kind: 'PriorityLevelConfiguration',
      metadata: { name: 'one-seat' },
      spec: {
        type: 'Limited',
        limited: { nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } },
      },
    },
    {
      apiVersion: group,
      kind: 'FlowSchema',
      metadata: { name: 'one-seat' },
      spec: {
        priorityLevelConfiguration: { name: 'one-seat' },
        matchingPrecedence: 2,
        rules: [
          {
            subjects: [subject],
            resourceRules: [
              { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true },
            ],
          },
        ],
      },
    },
  ];
}

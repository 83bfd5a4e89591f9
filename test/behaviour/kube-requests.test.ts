// Requests to a real API server: server-side apply, impersonation, refusals, limits and cancelling.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';

import { KubeError } from '../../src/errors.ts';
import { kubeLimits } from '../../src/limits.ts';
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts';
import { acceptObjectMetadata, kubeObjectSchema } from '../../src/kube/object.ts';
import { type KubeClient, type KubeRequest, createKubeClient } from '../../src/kube/request.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { assertStatus } from '../control-plane/admin.ts';
import { type ControlPlane, startControlPlaneFor } from '../control-plane/control-plane.ts';
import { waitUntil } from '../control-plane/wait.ts';

const configMaps = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };
const secrets = { ...configMaps, plural: 'secrets' };

function makeClient(t: TestContext, config: Parameters<typeof createKubeClient>[0]['config']): KubeClient {
  const client = createKubeClient({ config, now: () => performance.now(), random: Math.random });
  t.after(() => client.close());
  return client;
}

function applyConfigMap(name: string, data: Record<string, string>): KubeRequest {
  return {
    method: 'PATCH',
    path: resourcePath(configMaps, 'default', name),
    query: { fieldManager: 'sealift-test', force: 'true' },
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data },
  };
}

async function rejectsWith(promise: Promise<unknown>, code: string): Promise<KubeError> {
  let caught: unknown;
  await assert.rejects(promise, (error) => {
    caught = error;
    return error instanceof KubeError && error.code === code;
  });
  assert.ok(caught instanceof KubeError);
  return caught;
}

test('requests to a real API server', async (t) => {
  const plane = await startControlPlaneFor(t, { controllerManager: false });
  const config = await loadKubeconfig(plane.adminKubeconfig);
  const client = makeClient(t, config);

  await t.test('a server-side apply is answered with metadata only', async () => {
    const answer = await client.request({
      ...applyConfigMap('applied', { a: '1' }),
      accept: acceptObjectMetadata,
    });
    const object = kubeObjectSchema.parse(answer.body);
    assert.equal(answer.status, 201);
    assert.equal(object.kind, 'PartialObjectMetadata');
    assert.equal(object['data'], undefined);
    const entry = object.metadata.managedFields?.[0];
    assert.deepEqual([entry?.manager, entry?.operation], ['sealift-test', 'Apply']);
    const again = await client.request({
      ...applyConfigMap('applied', { a: '1' }),
      accept: acceptObjectMetadata,
    });
    assert.equal(
      kubeObjectSchema.parse(again.body).metadata.resourceVersion,
      object.metadata.resourceVersion,
    );
  });

  await t.test('an apply over another manager is a conflict that names it', async () => {
    await client.request(applyConfigMap('contested', { a: '1' }));
    const error = await rejectsWith(
      client.request({ ...applyConfigMap('contested', { a: '2' }), query: { fieldManager: 'other' } }),
      'KUBE_CONFLICT',
    );
    assert.deepEqual(error.causes, ['conflict with "sealift-test"']);
    assert.equal(error.details['fields'], '.data.a');
    assert.equal(error.status, 409);
  });

  await t.test('what waits for its turn is not sent once it may not be any more', async () => {
    let mayWrite = true;
    const fence = (): KubeError | undefined =>
      mayWrite ? undefined : new KubeError('KUBE_UNAVAILABLE', 'fenced');
    const names = Array.from({ length: 60 }, (_, index) => `fenced-${index}`);
    const sent = names.map(async (name) => {
      await client.request({ ...applyConfigMap(name, {}), fence });
      mayWrite = false;
    });
    const outcomes = await Promise.allSettled(sent);
    const { body } = await client.request({ method: 'GET', path: resourcePath(configMaps, 'default') });
    const made = names.filter((name) => JSON.stringify(body).includes(`"${name}"`));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, made.length);
    // Those that were under way when the first one was answered.
    assert.ok(made.length <= kubeLimits.concurrency, `${made.length} were sent`);
  });

  await t.test('impersonation of a service account is what the API server decides by', async () => {
    const as = { user: 'system:serviceaccount:default:tenant' };
    const refused = await rejectsWith(
      client.request({ ...applyConfigMap('tenant', {}), impersonate: as }),
      'KUBE_FORBIDDEN',
    );
    assert.match(refused.message, /system:serviceaccount:default:tenant/u);
    await client.request({
      ...applyConfigMap('tenant', {}),
      impersonate: { ...as, groups: ['system:masters'] },
    });
    const review = await client.request({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      impersonate: { ...as, groups: ['system:authenticated', 'one', 'two'], uid: 'uid-1' },
    });
    const info = JSON.stringify(review.body);
    assert.match(info, /"groups":\["system:authenticated","one","two"\]/u);
    assert.match(info, /"uid":"uid-1"/u);
  });

  await t.test('what the API server refuses has the code of its reason', async () => {
    const missing = await rejectsWith(
      client.request({ method: 'GET', path: resourcePath(configMaps, 'default', 'nothing') }),
      'KUBE_NOT_FOUND',
    );
    assert.equal(missing.reason, 'NotFound');
    const unknownField = applyConfigMap('invalid', {});
    await rejectsWith(
      client.request({ ...unknownField, body: { ...Object(unknownField.body), spec: {} } }),
      'KUBE_INVALID',
    );
    await rejectsWith(
      client.request({ ...applyConfigMap('invalid', {}), body: Buffer.from('{') }),
      'KUBE_INVALID',
    );
    await rejectsWith(
      client.request({
        method: 'POST',
        path: resourcePath(configMaps, 'default'),
        body: { metadata: { name: 'Not A Name' } },
      }),
      'KUBE_INVALID',
    );
  });

  await t.test('a refusal never quotes what stands in a Secret', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'secret', namespace: 'default' } };
    for (const values of [
      { stringData: { password: { hunter: 'hunter2' } } },
      { stringData: { password: ['hunter2 }, {'] } },
      { stringData: { password: 74_201 } },
      { data: { password: 'hunter2 is not base64' } },
      { data: { password: 74_201 } },
      { data: 'got hunter2' },
      { immutable: 'hunter2' },
      { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': 'x: hunter2: "' } },
    ]) {
      const request = { method: 'PATCH', path: resourcePath(secrets, 'default', 'secret') } as const;
      const query = { fieldManager: 'sealift-test' };
      const error = await rejectsWith(
        client.request({ ...request, query, body: { ...secret, ...values } }),
        'KUBE_INVALID',
      );
      assert.doesNotMatch(`${error.message} ${error.causes.join(' ')}`, /hunter2|74201/u);
    }
  });

  await t.test('a token that nobody knows is refused after one more try with a fresh one', async (t) => {
    const asked: boolean[] = [];
    const stranger = makeClient(t, {
      ...config,
      token: (question) => {
        asked.push(question?.fresh ?? false);
        return Promise.resolve('stranger-token');
      },
    });
    const error = await rejectsWith(stranger.request({ method: 'GET', path: '/api' }), 'KUBE_UNAUTHORIZED');
    assert.deepEqual(asked, [false, true]);
    assert.doesNotMatch(JSON.stringify([error, error.message, error.stack]), /stranger-token/u);
    await rejectsWith(
      stranger.openStream({ path: '/api/v1/configmaps', query: { watch: 'true' } }),
      'KUBE_UNAUTHORIZED',
    );
  });

  await t.test('a token that was renewed is taken up without the caller seeing it', async (t) => {
    const renewed = makeClient(t, {
      ...config,
      token: async (question) => (question?.fresh === true ? await config.token?.() : 'expired-token'),
    });
    assert.equal((await renewed.request({ method: 'GET', path: '/api' })).status, 200);
  });

  await t.test('a signal cancels with its own reason, a deadline with KUBE_TIMEOUT', async () => {
    const reason = new Error('changed my mind');
    const request = { method: 'GET', path: '/api' } as const;
    await assert.rejects(client.request({ ...request, signal: AbortSignal.abort(reason) }), reason);
    const late = new AbortController();
    const watching = client.openStream({
      path: '/api/v1/configmaps',
      query: { watch: 'true' },
      signal: late.signal,
    });
    const stream = await watching;
    setImmediate(() => late.abort(reason));
    await assert.rejects(async () => {
      for await (const piece of stream.body) assert.ok(piece.length > 0);
    }, reason);
    // A watch has no end: only the deadline ends the request.
    const endless = { method: 'GET', path: '/api/v1/configmaps', query: { watch: 'true' } } as const;
    const timeout = await rejectsWith(client.request({ ...endless, timeoutMs: 100 }), 'KUBE_TIMEOUT');
    assert.equal(timeout.retryable, true);
  });

  await t.test('hundreds of requests at once share one connection and its streams', async () => {
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, index) =>
        client.request(applyConfigMap(`many-${index}`, { index: `${index}` })),
      ),
    );
    assert.equal(answers.filter((answer) => answer.status === 201).length, 400);
    const reads = await Promise.all(
      Array.from({ length: 400 }, (_, index) =>
        client.request({ method: 'GET', path: resourcePath(configMaps, 'default', `many-${index}`) }),
      ),
    );
    assert.equal(reads.length, 400);
  });

  await t.test('a throttled request waits as long as it is told to, unless it must not', async () => {
    await waitsForTurn(plane, client);
  });

  await t.test('requests go on after the API server was restarted', async () => {
    await plane.restartApiServer();
    assert.equal((await client.request(applyConfigMap('restarted', {}))).status, 201);
  });

  await t.test('a request that is made while the API server is away waits for it', async () => {
    await waitsForServer(plane, client);
  });
});

async function waitsForServer(plane: ControlPlane, client: KubeClient): Promise<void> {
  const restarted = plane.restartApiServer();
  const answers = Array.from({ length: 20 }, (_, index) =>
    client.request(applyConfigMap(`away-${index}`, {})),
  );
  await restarted;
  assert.equal((await Promise.all(answers)).length, 20);
}

/** The API server's own flow control lets one user make one request at a time. */
async function waitsForTurn(plane: ControlPlane, client: KubeClient): Promise<void> {
  const flow = '/apis/flowcontrol.apiserver.k8s.io/v1';
  const limited = { nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0 };
  const level = { type: 'Limited', limited: { ...limited, limitResponse: { type: 'Reject' } } };
  const metadata = { name: 'throttled' };
  const subjects = [{ kind: 'User', user: { name: 'throttled' } }];
  const everything = {
    verbs: ['*'],
    apiGroups: ['*'],
    resources: ['*'],
    namespaces: ['*'],
    clusterScope: true,
  };
  const schema = {
    matchingPrecedence: 2,
    priorityLevelConfiguration: metadata,
    rules: [{ subjects, resourceRules: [everything] }],
  };
  const levels = `${flow}/prioritylevelconfigurations`;
  assertStatus(await plane.request('POST', levels, { metadata, spec: level }), 'priority level');
  assertStatus(await plane.request('POST', `${flow}/flowschemas`, { metadata, spec: schema }), 'flow schema');
  const request = { ...applyConfigMap('throttled', {}), impersonate: { user: 'throttled' } };
  const many = async (options: Partial<KubeRequest>): Promise<readonly KubeError[]> => {
    const attempts = Array.from({ length: 20 }, () => client.request({ ...request, ...options }));
    const outcomes = await Promise.allSettled(attempts);
    return outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' && outcome.reason instanceof KubeError ? [outcome.reason] : [],
    );
  };
  // One request at a time is let in, to be told that it has no right; the others are told to wait.
  for (const options of [{ retry: false }, { timeoutMs: 900 }]) {
    let throttled: KubeError | undefined;
    await waitUntil(
      async () => {
        throttled = (await many(options)).find(({ code }) => code === 'KUBE_THROTTLED');
        return throttled !== undefined;
      },
      { what: '429', timeoutMs: 30_000 },
    );
    // How long is the server's to say: it asks for more the more it is asked.
    const retryAfterMs = throttled?.retryAfterMs ?? 0;
    assert.ok(retryAfterMs >= 1000 && retryAfterMs % 1000 === 0, `${retryAfterMs}`);
    assert.equal(throttled?.retryable, true);
  }
  assert.deepEqual(
    (await many({})).map(({ code }) => code),
    Array.from({ length: 20 }, () => 'KUBE_FORBIDDEN'),
  );
}

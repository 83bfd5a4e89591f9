// Whom `sealift hold` believes: a Delivery's status as far as it lists what is kept, and beyond that only with a word.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { deliveryAnnotation } from '../../../src/api/common.ts';
import { InputError } from '../../../src/errors.ts';
import type { KubeClient } from '../../../src/kube/request.ts';
import { pullerLimits } from '../../../src/limits.ts';
import { holdObject } from '../../../src/operations/hold.ts';
import { answeringClient } from '../../helpers/kube-client.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';

const hold = { until: '2026-01-01T00:00:00Z', reason: 'incident', nowMs: 0 };

/** A cluster with Delivery `shop/app`, whose name stands on every ConfigMap; its status lists ConfigMaps of these names. */
function clusterOf(names: readonly string[]): { readonly client: KubeClient; readonly holds: () => unknown } {
  let holds: unknown;
  const client = answeringClient(({ method, path, body }) => {
    const items = [
      {
        metadata: {},
        versions: [
          {
            version: 'v1',
            resources: [
              {
                resource: 'configmaps',
                responseKind: { kind: 'ConfigMap' },
                scope: 'Namespaced',
                verbs: ['get'],
              },
            ],
          },
        ],
      },
    ];
    if (path === '/api') return { kind: 'APIGroupDiscoveryList', items };
    if (path === '/apis') return { kind: 'APIGroupDiscoveryList', items: [] };
    if (path.includes('/configmaps/'))
      return {
        metadata: {
          name: path.split('/').at(-1),
          namespace: 'shop',
          uid: 'uid',
          resourceVersion: '1',
          annotations: { [deliveryAnnotation]: 'shop/app' },
        },
      };
    if (method === 'POST') return { status: { userInfo: { username: 'somebody' } } };
    if (method === 'PATCH') {
      holds = body;
      return {};
    }
    const entries = names.map((name) => ({ id: `shop_${name}__ConfigMap`, v: 'v1' }));
    return {
      metadata: { name: 'app', namespace: 'shop', resourceVersion: '1' },
      spec: {},
      status: { inventory: { entries } },
    };
  });
  return { client, holds: () => holds };
}

function holdIn(client: KubeClient, name: string) {
  return holdObject(client, { text: `configmap/${name}`, namespace: 'shop' }, hold);
}

suite('a Delivery that keeps more than its status lists', () => {
  const names = Array.from(
    { length: pullerLimits.inventoryEntries },
    (_, index) => `m-${10_000 + 2 * index}`,
  );

  test('is believed of what it lists', async () => {
    const { client, holds } = clusterOf(names);
    assert.equal((await holdIn(client, 'm-10002')).isUnproven, false);
    assert.ok(holds());
  });

  test('keeps nothing that would stand among what it lists', async () => {
    const { client, holds } = clusterOf(names);
    await assertRejectsWithCode(holdIn(client, 'm-10003'), InputError, 'INPUT_INVALID');
    await assertRejectsWithCode(holdIn(client, 'a'), InputError, 'INPUT_INVALID');
    assert.equal(holds(), undefined);
  });

  test('may keep what comes after it, which is told', async () => {
    const { client, holds } = clusterOf(names);
    assert.equal((await holdIn(client, 'z')).isUnproven, true);
    assert.ok(holds());
  });

  test('unless it lists all that it keeps', async () => {
    const { client } = clusterOf(names.slice(1));
    await assertRejectsWithCode(holdIn(client, 'z'), InputError, 'INPUT_INVALID');
  });
});

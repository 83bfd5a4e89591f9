// Autoscalers are followed for objects that are kept, and for no others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDesired } from '../../../puller/reconcile/desired.ts';
import { emptyRecord } from '../../../puller/reconcile/record.ts';
import { createRuntime } from '../../../puller/reconcile/runtime.ts';
import { isAutoscaled } from '../../../puller/report-drift.ts';
import type { Services } from '../../../puller/services.ts';
import { deliverySchema } from '../../../src/api/delivery.ts';
import { configMapKind as kind } from '../../helpers/keepers.ts';

const desired = toDesired(
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: {} },
  kind,
  { ownerId: 'owner', namespace: 'shop', name: 'app', hashKey: Buffer.from('key') },
);

for (const isKept of [true, false])
  test(`an object that is ${isKept ? 'kept' : 'let go'} while its autoscalers are asked for`, async () => {
    const delivery = deliverySchema.parse({
      metadata: { namespace: 'shop', name: 'app', uid: 'uid', resourceVersion: '1' },
      spec: {
        source: { url: 'oci://registry.site/app', ref: { tag: 'prod' } },
        prune: true,
        serviceAccountName: 'deployer',
      },
    });
    const runtime = createRuntime('owner', delivery, emptyRecord({ ...delivery.metadata }));
    const followed = new Set<string>();
    const autoscalers = {
      targets: async ({ key }: { readonly key: string }) => {
        followed.add(key);
        return true;
      },
      drop: (key: string) => void followed.delete(key),
    };
    const keeper = { get: () => (isKept ? { desired } : undefined) };
    const services = { keeper, pullerNamespace: 'sealift-system' } as unknown as Services; // all that is asked for
    await isAutoscaled(services, autoscalers, { runtime, desired });
    assert.deepEqual([...followed], isKept ? [desired.key] : []);
  });

// What a tenant is told of the way on which a Delivery depends on itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDependencies } from '../../../../puller/reconcile/dependencies.ts';
import { planDelivery } from '../../../../puller/reconcile/delivery-plan.ts';
import { ownerIdOf } from '../../../../puller/reconcile/owner.ts';
import { emptyRecord } from '../../../../puller/reconcile/record.ts';
import { createRuntime, type Runtime } from '../../../../puller/reconcile/runtime.ts';
import { deliverySchema } from '../../../../src/api/delivery.ts';

const installId = 'install';

/** @param waitsFor as `NAMESPACE/NAME` */
function runtimeOf(label: string, waitsFor: string): Runtime {
  const [namespace = '', name = ''] = label.split('/');
  const [targetNamespace, target] = waitsFor.split('/');
  const delivery = deliverySchema.parse({
    metadata: { namespace, name, uid: label, resourceVersion: '1', generation: 1 },
    spec: {
      source: { url: 'oci://registry.site/config/app', ref: { tag: 'prod' } },
      prune: true,
      dependsOn: [{ name: target, namespace: targetNamespace }],
    },
  });
  const record = emptyRecord({ namespace, name, uid: label });
  const runtime = createRuntime(ownerIdOf(installId, { namespace, name }), delivery, record);
  runtime.plan = planDelivery(delivery, { installId, pullerNamespace: 'sealift-system' });
  return runtime;
}

/** The cycle as each is told it. */
async function cyclesOf(
  edges: Readonly<Record<string, string>>,
): Promise<Record<string, string | undefined>> {
  const all = Object.entries(edges).map(([label, target]) => [label, runtimeOf(label, target)] as const);
  const runtimes = new Map(all.map(([, runtime]) => [runtime.ownerId, runtime]));
  const dependencies = createDependencies({
    runtimeOf: (ownerId) => runtimes.get(ownerId),
    lanes: { take: () => undefined, has: () => false, forget: () => undefined },
    now: () => 0,
    wake: () => undefined,
    touch: () => undefined,
  });
  for (const [, runtime] of all) dependencies.update(runtime);
  await new Promise(setImmediate);
  return Object.fromEntries(all.map(([label, { order }]) => [label, order.cycle]));
}

test('a cycle within a namespace is told whole', async () => {
  const cycles = await cyclesOf({ 'shop/a': 'shop/b', 'shop/b': 'shop/a' });
  assert.equal(cycles['shop/a'], 'shop/a → shop/b → shop/a');
});

test('of other namespaces a tenant learns no more than Deliveries of their own name', async () => {
  const cycles = await cyclesOf({
    'shop/a': 'platform/db',
    'platform/db': 'platform/secret',
    'platform/secret': 'bank/secret',
    'bank/secret': 'shop/b',
    'shop/b': 'shop/a',
  });
  assert.equal(cycles['shop/a'], 'shop/a → platform/db → Deliveries of other namespaces → shop/b → shop/a');
  assert.equal(
    cycles['platform/db'],
    'platform/db → platform/secret → bank/secret → Deliveries of other namespaces → platform/db',
  );
  assert.equal(cycles['bank/secret'], 'bank/secret → shop/b → Deliveries of other namespaces → bank/secret');
});

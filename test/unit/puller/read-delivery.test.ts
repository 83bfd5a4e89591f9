// What is read of a Delivery, and which events are news.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isStatusWrite, readDelivery } from '../../../puller/read-delivery.ts';
import { emptyRecord } from '../../../puller/reconcile/record.ts';
import { createRuntime } from '../../../puller/reconcile/runtime.ts';
import type { KubeObject } from '../../../src/kube/object.ts';

const namespace = 'tenant';

function objectOf(members: object = {}, metadata: object = {}): KubeObject {
  return {
    metadata: { name: 'app', namespace, uid: 'uid', resourceVersion: '1', generation: 1, ...metadata },
    spec: { source: { url: 'oci://registry.site/config/app', ref: { tag: 'prod' } }, prune: true },
    ...members,
  };
}

suite('a Delivery', () => {
  test('is followed whatever another version wrote into its status', () => {
    const { delivery, unreadable } = readDelivery(
      objectOf({ status: { conditions: [{ type: 'Ready', status: 'Later' }] } }),
      namespace,
    );
    assert.deepEqual([unreadable, delivery.spec.prune, delivery.status], [undefined, true, undefined]);
  });

  for (const [provider, message] of [
    ['generic', undefined],
    ['aws', /provider must be generic: .*secretRef/u],
  ] as const)
    test(`as Flux has it, with provider ${provider}`, () => {
      const source = { url: 'oci://registry.site/config/app', ref: { tag: 'prod' }, provider };
      const { unreadable } = readDelivery(objectOf({ spec: { source, prune: true } }), namespace);
      if (message === undefined) assert.equal(unreadable, undefined);
      else assert.match(unreadable ?? '', message);
    });

  test('that can not be read is one for which nothing is done', () => {
    const { delivery, unreadable } = readDelivery(objectOf({ spec: { prune: 'perhaps' } }), namespace);
    assert.notEqual(unreadable, undefined);
    assert.equal(delivery.spec.prune, false);
  });
});

suite('an event is no more than a status', () => {
  const isStatus = (metadata: object): boolean => {
    const { delivery } = readDelivery(objectOf({}, { labels: { stage: 'one' } }), namespace);
    const runtime = createRuntime('owner', delivery, emptyRecord({ namespace, name: 'app', uid: 'uid' }));
    return isStatusWrite(runtime, { ...delivery.metadata, resourceVersion: '2', ...metadata });
  };
  test('where nothing but the version has changed', () => assert.equal(isStatus({}), true));
  for (const [name, metadata] of Object.entries({
    generation: { generation: 2 },
    labels: { labels: { stage: 'two' } },
    'no labels': { labels: undefined },
    annotations: { annotations: { a: 'b' } },
    finalizers: { finalizers: ['a/b'] },
    'the end': { deletionTimestamp: '2026-01-01T00:00:00Z' },
  })) {
    test(`not where it brings ${name}`, () => assert.equal(isStatus(metadata), false));
  }
});

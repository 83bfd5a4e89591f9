// When a status is written: final ones at once, progress once it has lasted, its words now and then.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { emptyRecord } from '../../../../puller/reconcile/record.ts';
import { createRuntime, type Runtime } from '../../../../puller/reconcile/runtime.ts';
import { createPatience } from '../../../../puller/status/patience.ts';
import { deliverySchema } from '../../../../src/api/delivery.ts';
import type { DeliveryStatus } from '../../../../src/api/delivery-status.ts';
import { pullerLimits } from '../../../../src/limits.ts';

const identity = { namespace: 'tenant', name: 'app', uid: 'uid' };
const { progressHoldMs, progressEveryMs } = pullerLimits;

function makeRuntime(): Runtime {
  const delivery = deliverySchema.parse({
    metadata: { ...identity, resourceVersion: '1', generation: 1 },
    spec: { source: { url: 'oci://registry.site/config/app', ref: { tag: 'prod' } }, prune: true },
  });
  return createRuntime('owner', delivery, emptyRecord(identity));
}

function statusOf(status: 'True' | 'False' | 'Unknown', reason: string, message = ''): DeliveryStatus {
  return { conditions: [{ type: 'Ready', status, reason, message, lastTransitionTime: 'x' }] };
}

const progress = (message: string): DeliveryStatus => statusOf('Unknown', 'Progressing', message);

suite('patience', () => {
  test('is none for what is final', () => {
    const patience = createPatience(() => 0);
    assert.equal(patience.waitMs(makeRuntime(), statusOf('True', 'ReconciliationSucceeded')), 0);
    assert.equal(patience.waitMs(makeRuntime(), statusOf('False', 'HealthCheckFailed')), 0);
    assert.equal(patience.waitMs(makeRuntime(), statusOf('Unknown', 'Suspended')), 0);
  });

  test('waits for progress to last, from its beginning on', () => {
    let nowMs = 0;
    const runtime = makeRuntime();
    const patience = createPatience(() => nowMs);
    assert.equal(patience.waitMs(runtime, progress('a')), progressHoldMs);
    nowMs = 1000;
    assert.equal(patience.waitMs(runtime, progress('b')), progressHoldMs - 1000);
    nowMs = progressHoldMs;
    assert.equal(patience.waitMs(runtime, progress('b')), 0);
    // What ends in time is forgotten: the next apply has the whole time.
    patience.settle(runtime, statusOf('True', 'ReconciliationSucceeded'));
    assert.equal(patience.waitMs(runtime, progress('c')), progressHoldMs);
  });

  test('waits longer where only the words are others', () => {
    let nowMs = 0;
    const runtime = makeRuntime();
    const patience = createPatience(() => nowMs);
    patience.waitMs(runtime, progress('a'));
    nowMs = progressHoldMs;
    runtime.status = progress('a');
    patience.settle(runtime, runtime.status);
    assert.equal(patience.waitMs(runtime, progress('b')), progressEveryMs);
    assert.equal(patience.waitMs(runtime, { ...progress('b'), resources: 3 }), 0);
    assert.equal(patience.waitMs(runtime, statusOf('True', 'ReconciliationSucceeded')), 0);
  });

  test('waits for the end of a look, which has more to tell', () => {
    const runtime = makeRuntime();
    runtime.looks.isUnderWay = true;
    const patience = createPatience(() => 0);
    assert.equal(patience.waitMs(runtime, statusOf('True', 'ReconciliationSucceeded')), progressHoldMs);
  });
});

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

  test('waits for a dip of what was healthy to last, where nothing else has changed', () => {
    let nowMs = 0;
    const runtime = makeRuntime();
    const patience = createPatience(() => nowMs);
    const withHealth = (status: 'True' | 'Unknown', message: string, more: object = {}): DeliveryStatus => {
      const { conditions = [] } = statusOf('True', 'ReconciliationSucceeded');
      const reason = status === 'True' ? 'Succeeded' : 'Progressing';
      const health = { type: 'Healthy', status, reason, message, lastTransitionTime: 'x' } as const;
      return { conditions: [...conditions, health], ...more };
    };
    const good = withHealth('True', '');
    runtime.status = good;
    assert.equal(patience.waitMs(runtime, withHealth('Unknown', 'a')), progressHoldMs);
    nowMs = 1000;
    assert.equal(patience.waitMs(runtime, withHealth('Unknown', 'b')), progressHoldMs - 1000);
    // Over before it was told: the next one has the whole time.
    patience.settle(runtime, good);
    assert.equal(patience.waitMs(runtime, withHealth('Unknown', 'c')), progressHoldMs);
    nowMs += progressHoldMs;
    const dip = withHealth('Unknown', 'c');
    assert.equal(patience.waitMs(runtime, dip), 0);
    runtime.status = dip;
    patience.settle(runtime, dip);
    assert.equal(patience.waitMs(runtime, withHealth('Unknown', 'd')), progressEveryMs);
    // What else has changed is told at once, and so is the end of it.
    assert.equal(patience.waitMs(runtime, withHealth('Unknown', 'd', { resources: 3 })), 0);
    assert.equal(patience.waitMs(runtime, good), 0);
    assert.equal(patience.waitMs(runtime, statusOf('False', 'SignatureInvalid')), 0);
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

// A status that could not be written: what is tried again, and whom there is nobody to tell of.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyRecord } from '../../../../puller/reconcile/record.ts';
import { createRuntime } from '../../../../puller/reconcile/runtime.ts';
import type { Services } from '../../../../puller/services.ts';
import { createStatusWriter } from '../../../../puller/status/status-writer.ts';
import { deliverySchema } from '../../../../src/api/delivery.ts';
import { KubeError } from '../../../../src/errors.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

const identity = { namespace: 'tenant', name: 'app', uid: 'uid' };

for (const [name, isThere, expected] of [
  ['a race of writers is written by the next try', true, 2],
  ['a Delivery that was made anew is not tried again', false, 1],
] as const) {
  test(`a status that is refused for ${name}`, async () => {
    const delivery = deliverySchema.parse({
      metadata: { ...identity, resourceVersion: '1', generation: 1 },
      spec: {
        source: { url: 'oci://registry.site/config/app', ref: { tag: 'prod' } },
        suspend: true,
        prune: true,
      },
    });
    const runtime = createRuntime('owner', delivery, emptyRecord(identity));
    let writes = 0;
    const services = {
      client: answeringClient(() => {
        writes += 1;
        if (writes === 1) throw new KubeError('KUBE_CONFLICT', 'the object has been modified');
        return {};
      }),
      log: () => undefined,
      now: () => 0,
      monotonic: () => 0,
      runtimeOf: () => (isThere ? runtime : undefined),
    } as unknown as Services; // all that is asked for
    const ended = new AbortController();
    const writer = createStatusWriter(() => services, {
      updateHealth: () => undefined,
      onComputed: () => undefined,
      signal: ended.signal,
    });
    writer.touch(runtime);
    // With the half second before the next try.
    await writer.idle();
    assert.equal(writes, expected);
    ended.abort();
  });
}

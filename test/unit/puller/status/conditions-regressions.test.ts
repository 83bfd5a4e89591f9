// A hole in the conditions that a review found: what nobody signed was called verified.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { emptyRecord } from '../../../../puller/reconcile/record.ts';
import { createRuntime } from '../../../../puller/reconcile/runtime.ts';
import { acceptTag } from '../../../../puller/source/accept.ts';
import { computeConditions } from '../../../../puller/status/conditions.ts';
import { deliverySchema } from '../../../../src/api/delivery.ts';
import type { CompiledPolicy } from '../../../../src/trust/compiled-policy.ts';
import { parseSourceUrl } from '../../../../src/trust/source-url.ts';
import { createMemoryStore } from '../../../../src/oci/memory-store.ts';
import { noPromotions } from '../../../helpers/no-promotions.ts';
import { compileInput } from '../../../helpers/policies.ts';
import { noon, publishValue } from '../../../helpers/published.ts';

const identity = { namespace: 'tenant', name: 'app', uid: 'uid' };
const url = parseSourceUrl('oci://registry.site/config/app');

/** SourceVerified of an artifact that `release` signed, as its status, reason and message. */
async function sourceVerified(policies: readonly CompiledPolicy[]): Promise<readonly (string | undefined)[]> {
  const store = createMemoryStore();
  await publishValue(store, 'a', 'prod');
  const delivery = deliverySchema.parse({
    metadata: { ...identity, resourceVersion: '1', generation: 1 },
    spec: { source: { url: url.canonical, ref: { tag: 'prod' } }, prune: true },
  });
  const runtime = createRuntime('owner', delivery, emptyRecord(identity));
  runtime.accepted = await acceptTag({
    source: store,
    url,
    tag: 'prod',
    namespace: identity.namespace,
    policies: () => policies,
    mayBeUnverified: true,
    transforms: { path: './' },
    records: noPromotions,
    healthy: [],
    pullerNamespace: 'sealift-system',
    now: () => noon,
    signal: new AbortController().signal,
    onResolved: () => undefined,
  });
  const conditions = computeConditions(runtime, undefined, { nowMs: noon, monotonicMs: 0 });
  const found = conditions.find(({ type }) => type === 'SourceVerified');
  return [found?.status, found?.reason, found?.message];
}

suite('SourceVerified', () => {
  test('is true of what somebody signed who counts', async () => {
    const [status, reason, message] = await sourceVerified([await compileInput()]);
    assert.deepEqual([status, reason], ['True', 'Succeeded']);
    assert.match(message ?? '', /is signed by policy\/release$/u);
  });

  test('is false where no policy matches and the puller takes it unverified', async () => {
    const [status, reason, message] = await sourceVerified([]);
    assert.deepEqual([status, reason], ['False', 'Unverified']);
    assert.doesNotMatch(message ?? '', /is signed by/u);
  });

  test('is false where the only policy audits, and says what it would have refused', async () => {
    const policy = await compileInput({ keys: { release: 'other' }, spec: { mode: 'Audit' } });
    const [status, reason, message] = await sourceVerified([policy]);
    assert.deepEqual([status, reason], ['False', 'AuditRefused']);
    assert.match(message ?? '', /SIGNATURE_/u);
  });
});

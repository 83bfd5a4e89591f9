// When a Delivery is looked at next around the end of its promotion: once to tell that it is over, and no more often.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { areReferrersDue } from '../../../../puller/reconcile/read-source.ts';
import { emptyRecord } from '../../../../puller/reconcile/record.ts';
import { createRuntime, type Runtime } from '../../../../puller/reconcile/runtime.ts';
import { nextLookMs } from '../../../../puller/reconcile/timing.ts';
import type { Services } from '../../../../puller/services.ts';
import { judgeSource } from '../../../../puller/reconcile/judge.ts';
import type { AcceptedArtifact } from '../../../../puller/source/accepted-artifact.ts';
import { deliverySchema } from '../../../../src/api/delivery.ts';
import { PromotionError } from '../../../../src/errors.ts';
import type { Digest } from '../../../../src/oci/digest.ts';

const identity = { namespace: 'tenant', name: 'app', uid: 'uid' };
const HOUR = 3_600_000;
const deadlineMs = 100 * HOUR;
const digestOf = (character: string): Digest => `sha256:${character.repeat(64)}`;

function runtimeAt(begunMs: number): Runtime {
  const delivery = deliverySchema.parse({
    metadata: { ...identity, resourceVersion: '1', generation: 1 },
    spec: {
      source: { url: 'oci://registry.site/config/app', ref: { tag: 'prod' }, interval: '24h' },
      prune: true,
    },
  });
  const runtime = createRuntime('owner', delivery, emptyRecord(identity));
  const promotion = { channel: 'prod', sequence: 1, statementDigest: digestOf('f'), deadlineMs };
  // All that the time of the next look goes by.
  runtime.accepted = { digest: digestOf('a'), promotion } as unknown as AcceptedArtifact;
  runtime.course.deadlineMs = deadlineMs;
  runtime.looks.count = 5;
  runtime.looks.begunMs = begunMs;
  return runtime;
}

function waitMs(runtime: Runtime, nowMs: number): number | undefined {
  const services = {
    now: () => nowMs,
    monotonic: () => nowMs,
    policies: () => [],
    mayBeUnverified: true,
  } as unknown as Services; // all that is asked for
  return nextLookMs(services, runtime, { untilNetMs: 10 * HOUR, random: () => 0.5 });
}

suite('a promotion that ends', () => {
  test('is looked at when it has ended', () => {
    assert.equal(waitMs(runtimeAt(deadlineMs - HOUR), deadlineMs - HOUR), HOUR + 1000);
  });

  test('and ends during a look is looked at once more, soon', () => {
    assert.equal(waitMs(runtimeAt(deadlineMs - 10), deadlineMs + 10), 1000);
  });

  test('and was looked at since, with its referrers read, is looked at as often as any other', () => {
    assert.equal(waitMs(runtimeAt(deadlineMs + 1), deadlineMs + 10), 10 * HOUR);
  });

  test('while the registry is away is tried ever later, not every second', () => {
    const runtime = runtimeAt(deadlineMs + 1);
    runtime.outage = { code: 'REGISTRY_NETWORK', message: 'nobody answers' };
    const waits = Array.from({ length: 12 }, () => waitMs(runtime, deadlineMs + 10) ?? 0);
    assert.ok((waits.at(-1) ?? 0) > 30_000, waits.join(' '));
  });

  test('is verified by the first look after its end, though its tag and its heartbeats are read rarely', () => {
    const runtime = runtimeAt(deadlineMs + 1);
    runtime.verifiedMs = deadlineMs - HOUR;
    runtime.referrersReadMs = deadlineMs - HOUR;
    const at = (nowMs: number) => ({ now: () => nowMs, monotonic: () => nowMs }) as unknown as Services;
    assert.equal(areReferrersDue(at(deadlineMs - 1), runtime), false);
    assert.equal(areReferrersDue(at(deadlineMs + 1), runtime), true);
  });

  test('while something before it runs is overdue, and not refused', () => {
    const runtime = runtimeAt(deadlineMs + 1);
    const head = { digest: digestOf('b'), revision: `prod@${digestOf('b')}` };
    runtime.course.detour = { reason: 'AskedBySpec', head };
    const error = new PromotionError('STATEMENT_EXPIRED', 'it is overdue');
    judgeSource({ log: () => undefined, tell: () => undefined }, runtime, error, head.digest);
    assert.deepEqual([runtime.overdue?.code, runtime.refusal], ['STATEMENT_EXPIRED', undefined]);
    judgeSource({ log: () => undefined, tell: () => undefined }, runtime, error, digestOf('c'));
    assert.equal(runtime.refusal?.digest, digestOf('c'), 'another artifact is refused');
  });
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { ContentError, RegistryError } from '../../../src/errors.ts';
import { httpLimits } from '../../../src/limits.ts';
import type { HttpAnswer, HttpRequest, Send } from '../../../src/registry/http.ts';
import { markSourceError } from '../../../src/registry/network-errors.ts';
import { pauseAfter, retryAfterMs, retryDelayMs, withRetry } from '../../../src/registry/retry.ts';

const request: HttpRequest = { method: 'GET', url: new URL('https://registry.test/v2/') };

function answer(status: number, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return {
    status,
    header: (name) => headers[name],
    body: (async function* body() {})(),
    discard: () => undefined,
  };
}

type Step = HttpAnswer | Error;

/** Goes through the steps, the last of them again and again; tells how often it was asked and how long was waited. */
function play(...steps: readonly Step[]): { send: Send; waits: number[]; count: () => number } {
  return playWith({}, ...steps);
}

function playWith(
  options: { readonly tries?: number },
  ...steps: readonly Step[]
): { send: Send; waits: number[]; count: () => number } {
  const waits: number[] = [];
  let count = 0;
  const send = withRetry(
    async () => {
      const step = steps[Math.min(count, steps.length - 1)];
      count += 1;
      assert.ok(step);
      if (step instanceof Error) throw step;
      return step;
    },
    {
      ...options,
      random: () => 0.5,
      sleep: async (ms, signal) => {
        waits.push(ms);
        signal?.throwIfAborted();
      },
    },
  );
  return { send, waits, count: () => count };
}

test('a number of tries that is given holds for requests, and for what takes several', async () => {
  for (const tries of [1, 2, 7]) {
    const { send, count } = playWith({ tries }, answer(503));
    assert.equal((await send(request)).status, 503);
    assert.equal(count(), tries);
    const options = { random: () => 0, sleep: async () => undefined, tries };
    const failure = { error: broken, signal: undefined };
    for (let failures = 1; failures < tries; failures += 1) {
      await pauseAfter({ ...failure, count: failures }, options);
    }
    await assert.rejects(pauseAfter({ ...failure, count: tries }, options), broken);
  }
});

const broken = new RegistryError('REGISTRY_NETWORK', 'broken', { retryable: true });

suite('another try', () => {
  for (const status of [408, 429, 500, 502, 503, 504]) {
    test(`follows ${status}, with longer and longer waits below a bound`, async () => {
      const { send, waits, count } = play(answer(status));
      assert.equal((await send(request)).status, status);
      assert.equal(count(), httpLimits.tries);
      assert.deepEqual(
        waits,
        [1, 2, 4, 8].map((factor) => (factor * httpLimits.minRetryDelayMs) / 2),
      );
    });
  }

  test('follows an error of the network', async () => {
    const { send } = play(broken, broken, answer(200));
    assert.equal((await send(request)).status, 200);
    await assert.rejects(play(broken).send(request), (error) => error === broken);
  });

  const finals: readonly Step[] = [
    answer(200),
    answer(404),
    answer(501),
    new RegistryError('REGISTRY_TLS', 'no'),
    new ContentError('CONTENT_MISSING', 'gone'),
    new Error('no'),
  ];
  for (const step of finals) {
    test(`does not follow ${step instanceof Error ? step.name : step.status}`, async () => {
      const { send, count } = play(step);
      await send(request).catch(() => undefined);
      assert.equal(count(), 1);
    });
  }

  test('does not follow a body’s source, whatever it threw', async () => {
    const { send, count } = play(
      markSourceError(new RegistryError('REGISTRY_NETWORK', 'source', { retryable: true })) as Error,
    );
    await assert.rejects(send(request), { message: 'source' });
    assert.equal(count(), 1);
  });

  test('does not follow once the caller has left', async () => {
    const stop = new AbortController();
    const { send, count } = play(broken);
    stop.abort();
    await assert.rejects(send({ ...request, signal: stop.signal }));
    assert.equal(count(), 1);
    const answered = play(answer(503));
    await answered.send({ ...request, signal: stop.signal });
    assert.equal(answered.count(), 1);
  });

  test('ends where the caller leaves while it is waited', async () => {
    const stop = new AbortController();
    const send = withRetry(async () => answer(503), {
      random: () => 0.5,
      sleep: async (_, signal) => {
        stop.abort();
        signal?.throwIfAborted();
      },
    });
    await assert.rejects(send({ ...request, signal: stop.signal }), { name: 'AbortError' });
  });

  test('does not follow a chunk, nor what is sent once', async () => {
    for (const step of [answer(503), broken]) {
      for (const more of [{ method: 'PATCH' }, { method: 'PUT', isSentOnce: true }] as const) {
        const { send, count } = play(step);
        await send({ ...request, ...more }).catch(() => undefined);
        assert.equal(count(), 1);
      }
    }
  });

  test('waits as long as it was asked to, and a bit', async () => {
    const { send, waits } = play(answer(429, { 'retry-after': '7' }), answer(200));
    await send(request);
    assert.deepEqual(waits, [7000 + httpLimits.minRetryDelayMs / 2]);
  });

  test('does not follow where the wait would be too long', async () => {
    const { send, waits, count } = play(answer(503, { 'retry-after': '31' }));
    assert.equal((await send(request)).status, 503);
    assert.deepEqual([waits, count()], [[], 1]);
  });
});

suite('Retry-After', () => {
  const date = 'Wed, 21 Oct 2015 07:28:00 GMT';
  const table: readonly (readonly [string, string, number | undefined])[] = [
    ['seconds', '120', 120_000],
    ['none', '0', 0],
    ['a fraction', '1.5', 1500],
    ['a date', 'Wed, 21 Oct 2015 07:28:30 GMT', 30_000],
    ['a date that is past', 'Wed, 21 Oct 2015 07:27:00 GMT', 0],
    ['nothing', '', undefined],
    ['words', 'soon', undefined],
    ['a negative number', '-5', undefined],
    ['an exponent', '1e3', undefined],
    ['another unit', '1.16ms', undefined],
    ['no real date', 'Wed, 99 Oct 2015 07:28:30 GMT', undefined],
  ];
  for (const [name, value, expected] of table) {
    test(`of ${name}`, () => {
      assert.equal(retryAfterMs(answer(429, { 'retry-after': value, date })), expected);
    });
  }

  test('a date counts from the answer’s own, else from our clock, else not at all', () => {
    const later = 'Wed, 21 Oct 2015 07:28:30 GMT';
    const now = (): number => Date.parse(date) + 10_000;
    assert.equal(retryAfterMs(answer(429, { 'retry-after': later, date }), now), 30_000);
    assert.equal(retryAfterMs(answer(429, { 'retry-after': later }), now), 20_000);
    assert.equal(retryAfterMs(answer(429, { 'retry-after': later })), undefined);
  });

  test('of any text is a bounded time or none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.date().map(String), fc.double().map(String)), (value) => {
        const ms = retryAfterMs(answer(429, { 'retry-after': value }), () => 0);
        assert.ok(ms === undefined || (ms >= 0 && Number.isFinite(ms)));
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test('and back-off are never above the bound, nor early', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(100), fc.nat(httpLimits.maxRetryDelayMs), random, (failures, askedMs, part) => {
        const ms = retryDelayMs(failures, askedMs, () => part);
        assert.ok(ms >= askedMs && ms <= httpLimits.maxRetryDelayMs);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

test('a pause is as long as the refusal asks for, or is none', async () => {
  const waits: number[] = [];
  const options = { random: () => 0, sleep: async (ms: number) => void waits.push(ms) };
  const refusal = (ms: number): RegistryError =>
    new RegistryError('REGISTRY_RATE_LIMITED', 'no', { retryable: true, details: { retryAfterMs: ms } });
  await pauseAfter({ error: refusal(5000), count: 1, signal: undefined }, options);
  assert.deepEqual(waits, [5000]);
  const tooLong = refusal(httpLimits.maxRetryDelayMs + 1);
  await assert.rejects(
    pauseAfter({ error: tooLong, count: 1, signal: undefined, isRepeatable: true }, options),
    (error) => error === tooLong,
  );
});

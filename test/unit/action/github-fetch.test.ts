// How GitHub's API is reached: what is tried again and how long that waits, which redirects are followed, and how much
// of an answer is read.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createGitHubFetch } from '../../../action/shared/github-fetch.ts';
import { githubLimits } from '../../../src/limits.ts';
import type { HttpAnswer, HttpRequest } from '../../../src/registry/http.ts';
import { RegistryError } from '../../../src/errors.ts';

type Scripted = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

const url = 'https://ghes.example/api/v3/repos/org/app/statuses/1';
const date = 'Thu, 26 Nov 2026 10:00:00 GMT';

/** Answers in order; the last one stays. */
function makeFetch(answers: readonly (Scripted | Error)[]): {
  readonly call: (method?: string) => Promise<Response>;
  readonly seen: HttpRequest[];
  readonly waits: number[];
} {
  const seen: HttpRequest[] = [];
  const waits: number[] = [];
  const fetch = createGitHubFetch(
    async (request) => {
      seen.push(request);
      const answer = answers[Math.min(seen.length, answers.length) - 1];
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no answer is scripted');
      return toAnswer(answer);
    },
    { random: () => 0, now: () => Date.parse(date), sleep: async (ms) => void waits.push(ms) },
  );
  return {
    call: (method = 'POST') => fetch(url, { method, headers: { authorization: 'token t' }, body: '{}' }),
    seen,
    waits,
  };
}

function toAnswer({ status, headers = {}, body = '{}' }: Scripted): HttpAnswer {
  return {
    status,
    header: (name) => headers[name],
    body: (async function* () {
      yield Buffer.from(body);
    })(),
    discard: () => undefined,
  };
}

const done: Scripted = { status: 201, headers: { 'content-type': 'application/json' }, body: '{"id":1}' };

suite('another try', () => {
  const cases: readonly (readonly [string, Scripted, readonly number[]])[] = [
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '7' } }, [7000]],
    ['a secondary limit with Retry-After', { status: 403, headers: { 'retry-after': '2' } }, [2000]],
    [
      'a secondary limit in words',
      { status: 403, body: '{"message":"You have exceeded a secondary rate limit"}' },
      [githubLimits.maxRetryDelayMs],
    ],
    ['429 without words', { status: 429 }, [githubLimits.maxRetryDelayMs]],
    [
      'a primary limit that ends soon, by the clock of GitHub',
      {
        status: 403,
        headers: {
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': String(Date.parse('2026-11-26T11:00:30Z') / 1000),
          date: 'Thu, 26 Nov 2026 11:00:00 GMT',
        },
      },
      [30_000],
    ],
  ];
  for (const [name, answer, expected] of cases) {
    test(`${name}, also for what writes`, async () => {
      const { call, waits } = makeFetch([answer, done]);
      const response = await call();
      assert.equal(response.status, 201);
      assert.deepEqual(await response.json(), { id: 1 });
      assert.deepEqual(waits, expected);
    });
  }

  test('a wait that is longer than the bound is none', async () => {
    const hour = { status: 429, headers: { 'retry-after': '3600' } };
    const { call, waits, seen } = makeFetch([hour, done]);
    assert.equal((await call()).status, 429);
    assert.deepEqual([waits, seen.length], [[], 1]);
  });

  test('there are so many and no more', async () => {
    const { call, seen } = makeFetch([{ status: 429, headers: { 'retry-after': '1' } }]);
    assert.equal((await call()).status, 429);
    assert.equal(seen.length, githubLimits.tries);
  });

  test('a missing permission is none, nor is a write that may have been done', async () => {
    for (const answer of [{ status: 403 }, { status: 404 }, { status: 502 }]) {
      const { call, seen } = makeFetch([answer, done]);
      assert.equal((await call()).status, answer.status);
      assert.equal(seen.length, 1);
    }
    const broken = new RegistryError('REGISTRY_NETWORK', 'ECONNRESET', { retryable: true });
    const { call, seen } = makeFetch([broken, done]);
    await assert.rejects(call(), broken);
    assert.equal(seen.length, 1);
  });

  test('reading goes on after an outage', async () => {
    const broken = new RegistryError('REGISTRY_NETWORK', 'ECONNRESET', { retryable: true });
    const { call, seen } = makeFetch([broken, { status: 503 }, done]);
    assert.equal((await call('GET')).status, 201);
    assert.equal(seen.length, 3);
  });
});

suite('redirects', () => {
  test('of the same origin are followed with method, body and token', async () => {
    const moved = { status: 307, headers: { location: '/api/v3/repositories/1/statuses/1' } };
    const { call, seen } = makeFetch([moved, done]);
    assert.equal((await call()).status, 201);
    assert.deepEqual(
      seen.map((request) => [request.method, request.url.pathname, request.body?.byteLength]),
      [
        ['POST', '/api/v3/repos/org/app/statuses/1', 2],
        ['POST', '/api/v3/repositories/1/statuses/1', 2],
      ],
    );
  });

  test('to elsewhere are not: the token stays here', async () => {
    const { call, seen } = makeFetch([{ status: 307, headers: { location: 'https://evil.example/' } }, done]);
    await assert.rejects(call(), /redirects to https:\/\/evil\.example/u);
    assert.equal(seen.length, 1);
  });

  test('end', async () => {
    const { call, seen } = makeFetch([{ status: 307, headers: { location: url } }]);
    await assert.rejects(call(), /redirects more than 3 times/u);
    assert.equal(seen.length, 4);
  });
});

test('an answer without end is given up', async () => {
  const chunk = Buffer.alloc(1024 * 1024);
  let given = 0;
  const fetch = createGitHubFetch(
    async () => ({
      status: 200,
      header: () => undefined,
      discard: () => undefined,
      body: (async function* () {
        for (;;) {
          given += chunk.byteLength;
          yield chunk;
        }
      })(),
    }),
    { random: () => 0, now: () => 0, sleep: async () => undefined },
  );
  await assert.rejects(fetch(url, { method: 'GET', headers: {} }), { code: 'REGISTRY_PROTOCOL' });
  assert.ok(given <= githubLimits.answerBytes + 2 * chunk.byteLength);
});

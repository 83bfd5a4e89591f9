import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SigningError } from '../../../../src/errors.ts';
import { signingLimits } from '../../../../src/limits.ts';
import { openServices, type ServiceRequest } from '../../../../src/signing/keyless/ask.ts';
import { assertRejectsWithCode } from '../../../helpers/assert-rejects.ts';
import { startService } from '../../../helpers/service.ts';

const ask = openServices({ random: () => 0, sleep: async () => undefined });

function requestTo(url: string): ServiceRequest {
  return {
    service: 'log',
    code: 'LOG_ENTRY_FAILED',
    hint: 'h',
    method: 'POST',
    url: new URL('/p?secret=1', url),
  };
}

const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln';

suite('an answer', () => {
  test('is given with its body', async (t) => {
    const { url, asked } = await startService(t, () => ({
      status: 201,
      body: 'entry',
      headers: { location: '/x' },
    }));
    const answer = await ask({ ...requestTo(url), body: Buffer.from('b'), headers: { 'x-a': '1' } });
    assert.deepEqual(
      [answer.status, answer.body.toString(), answer.header('location')],
      [201, 'entry', '/x'],
    );
    assert.deepEqual(
      asked.map(({ method, path, body, headers }) => [method, path, body.toString(), headers['x-a']]),
      [['POST', '/p?secret=1', 'b', '1']],
    );
  });

  test('is tried for again where the service is busy', async (t) => {
    let count = 0;
    const { url } = await startService(t, () => ({ status: (count += 1) < 3 ? 503 : 200, body: 'late' }));
    assert.equal((await ask(requestTo(url))).body.toString(), 'late');
  });

  test('of an error has the status, and the words as a cause without tokens', async (t) => {
    const body = JSON.stringify({ code: 3, message: `bad token ${token}\u{1b}[0m in ${token}` });
    const { url } = await startService(t, () => ({ status: 400, body }));
    const error = await assertRejectsWithCode(ask(requestTo(url)), SigningError, 'LOG_ENTRY_FAILED');
    assert.equal(error.message, `log ${new URL(url).host} answered 400`);
    assert.deepEqual([error.hint, error.retryable, error.details], ['h', false, { status: 400 }]);
    assert.ok(error.cause instanceof Error);
    assert.match(error.cause.message, /^it says: bad token … ?.?\[0m in …$/u);
  });

  test('of an error may be anything', async (t) => {
    for (const body of ['', '<html>', 'null', '{"message":null}', Buffer.alloc(10_000, 0xff)]) {
      const { url } = await startService(t, () => ({ status: 404, body }));
      const error = await assertRejectsWithCode(ask(requestTo(url)), SigningError, 'LOG_ENTRY_FAILED');
      assert.ok(!(error.cause instanceof Error) || error.cause.message.length < 400);
    }
  });

  test('that is too large is cut off', async (t) => {
    const { url } = await startService(t, () => ({
      body: Buffer.alloc(signingLimits.serviceAnswerBytes + 1),
    }));
    await assertRejectsWithCode(ask(requestTo(url)), SigningError, 'LOG_ENTRY_FAILED');
  });

  test('with a redirect is not followed', async (t) => {
    const target = await startService(t, () => ({ body: 'elsewhere' }));
    const { url } = await startService(t, () => ({ status: 307, headers: { location: target.url } }));
    await assertRejectsWithCode(ask(requestTo(url)), SigningError, 'LOG_ENTRY_FAILED');
    assert.equal(target.asked.length, 0);
  });

  test('that never comes ends with the interrupt', async (t) => {
    const controller = new AbortController();
    const reason = new Error('stop');
    const { url } = await startService(t, () => {
      controller.abort(reason);
      return {};
    });
    await assert.rejects(ask(requestTo(url), controller.signal), (error) => !(error instanceof SigningError));
  });
});

test('services are reached by the proxies that are given, and tried as often as is said', async (t) => {
  const seen: string[] = [];
  let count = 0;
  const { url } = await startService(t, () => ({ status: (count += 1) > 0 ? 503 : 200 }));
  const own = openServices({
    random: () => 0,
    sleep: async () => undefined,
    tries: 2,
    chooseProxy: (asked) => {
      seen.push(asked.host);
      return { proxy: undefined, why: 'none' };
    },
  });
  await assertRejectsWithCode(own(requestTo(url)), SigningError, 'LOG_ENTRY_FAILED');
  assert.equal(count, 2);
  assert.ok(seen.includes(new URL(url).host));
});

test('a service that is not there may come back', async () => {
  const error = await assertRejectsWithCode(
    ask(requestTo('http://127.0.0.1:1')),
    SigningError,
    'LOG_ENTRY_FAILED',
  );
  assert.equal(error.retryable, true);
  assert.ok(!JSON.stringify([error.message, String(error.cause)]).includes('secret'));
});

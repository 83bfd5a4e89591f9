import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ServerResponse } from 'node:http';
import { suite, test } from 'node:test';
import { RegistryError } from '../../../src/errors.ts';
import { httpLimits } from '../../../src/limits.ts';
import { createTransport } from '../../../src/registry/transport.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { startFakeRegistry } from '../../servers/fake-registry.ts';

suite('an exchange', () => {
  test('waits for a free connection as long as others need theirs', async (t) => {
    const waiting: ServerResponse[] = [];
    const { host, asked } = await startFakeRegistry(t, (_, response) => void waiting.push(response));
    const transport = createTransport({ deadlines: { connectMs: 40, idleMs: 40 } });
    t.after(() => transport.close());
    const url = new URL(`http://${host}/`);
    const body = {
      byteLength: 100_000,
      open: async function* open() {
        yield Buffer.alloc(100_000);
      },
    };
    const held = Array.from({ length: httpLimits.connections }, () => transport.send({ method: 'GET', url }));
    const queued = [transport.send({ method: 'GET', url }), transport.send({ method: 'PUT', url, body })];
    while (waiting.length < httpLimits.connections) await once(AbortSignal.timeout(10), 'abort');
    await once(AbortSignal.timeout(120), 'abort');
    assert.equal(asked.length, httpLimits.connections);
    for (const response of waiting.splice(0)) response.end();
    for (const answer of await Promise.all(held)) answer.discard();
    while (waiting.length < queued.length) await once(AbortSignal.timeout(10), 'abort');
    for (const response of waiting) response.req.resume().on('end', () => response.end());
    for (const answer of await Promise.all(queued)) {
      assert.equal(answer.status, 200);
      answer.discard();
    }
  });

  test('ends where nobody speaks TLS, and where nobody speaks at all', async (t) => {
    const server = createServer((socket) => void socket.on('error', () => undefined).resume());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const transport = createTransport({ deadlines: { connectMs: 50, responseMs: 50 } });
    t.after(() => transport.close());
    for (const scheme of ['https', 'http']) {
      const url = new URL(`${scheme}://127.0.0.1:${address.port}/`);
      const { retryable } = await assertRejectsWithCode(
        transport.send({ method: 'GET', url }),
        RegistryError,
        'REGISTRY_TIMEOUT',
      );
      assert.equal(retryable, true);
    }
  });

  test('gives a registry more time for its answer after a larger body', async (t) => {
    const { host } = await startFakeRegistry(t, (request, response) => {
      request.resume().on('end', () => {
        AbortSignal.timeout(150).addEventListener('abort', () => response.end());
      });
    });
    const transport = createTransport({ deadlines: { responseMs: 30 } });
    t.after(() => transport.close());
    const url = new URL(`http://${host}/`);
    const large = Buffer.alloc(httpLimits.responseBytesPerSecond);
    await assert.rejects(transport.send({ method: 'PUT', url, body: large.subarray(0, 100_000) }), {
      code: 'REGISTRY_TIMEOUT',
    });
    const answer = await transport.send({ method: 'PUT', url, body: large });
    assert.equal(answer.status, 200);
    answer.discard();
  });

  test('uses a connection again, also after what nobody wanted', async (t) => {
    const ports = new Set<number | undefined>();
    const { host } = await startFakeRegistry(t, ({ socket }, response) => {
      ports.add(socket.remotePort);
      response.writeHead(404).end('x'.repeat(10_000));
    });
    const transport = createTransport();
    t.after(() => transport.close());
    for (let count = 0; count < 5; count += 1) {
      const answer = await transport.send({ method: 'GET', url: new URL(`http://${host}/`) });
      if (count % 2 === 0) answer.discard();
      else for await (const _ of answer.body);
      // Its end comes with the next turn.
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(ports.size, 1);
  });

  test('ends with its signal before, while and after it is sent', { timeout: 10_000 }, async (t) => {
    const closed: Promise<unknown>[] = [];
    const { host } = await startFakeRegistry(t, ({ socket }) => {
      closed.push(new Promise((resolve) => socket.once('close', resolve)));
    });
    const transport = createTransport();
    t.after(() => transport.close());
    const url = new URL(`http://${host}/`);
    const isAbort = { name: 'AbortError' };
    await assert.rejects(transport.send({ method: 'GET', url, signal: AbortSignal.abort() }), isAbort);
    const stop = new AbortController();
    const sending = transport.send({ method: 'GET', url, signal: stop.signal });
    stop.abort();
    await assert.rejects(sending, isAbort);
    await assert.rejects(transport.send({ method: 'GET', url, signal: AbortSignal.timeout(30) }), isAbort);
    assert.equal(closed.length, 1);
    await Promise.all(closed);
  });
});

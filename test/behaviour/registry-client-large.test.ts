// Content so large that a connection ends with it: its bytes pass node's parser by, and are what was sent nevertheless,
// whatever the registry does with the connection.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { suite, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { ContentError, RegistryError } from '../../src/errors.ts';
import { httpLimits } from '../../src/limits.ts';
import type { Bytes, ReadOptions } from '../../src/oci/content-store.ts';
import { describe, type Descriptor } from '../../src/oci/descriptor.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { openRepository } from '../../src/registry/repository.ts';
import { createTransport } from '../../src/registry/transport.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startFakeRegistry } from '../servers/fake-registry.ts';
import { createTestAuthority, lookupLoopback } from '../servers/test-authority.ts';

const bytes = Buffer.alloc(httpLimits.largeBytes + 123_457, Buffer.from('0123456789abcdef!'));
const blob: Descriptor = describe('application/octet-stream', bytes);
const head = `HTTP/1.1 200 OK\r\ncontent-length: ${bytes.byteLength}\r\n\r\n`;

/** Reads with chunks that are lent, as an image layout does, or with chunks to keep. */
async function read(store: { fetch: RegistryStore['fetch'] }, options: ReadOptions = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const source: Bytes = store.fetch(blob, undefined, options);
  for await (const chunk of source)
    chunks.push(
      options.isChunkLent === true
        ? Buffer.from(chunk)
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength),
    );
  return Buffer.concat(chunks);
}

async function assertWhole(store: { fetch: RegistryStore['fetch'] }): Promise<void> {
  for (const isChunkLent of [false, true])
    assert.ok((await read(store, { isChunkLent })).equals(bytes), `lent: ${isChunkLent}`);
}

type RawRegistry = { readonly store: RegistryStore; readonly open: ReadonlySet<Socket> };

/** A registry that writes what it likes once it was asked. */
async function startRaw(
  t: TestContext,
  answer: (socket: Socket, count: number) => void,
): Promise<RawRegistry> {
  const open = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    socket.on('data', () => answer(socket, (count += 1)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { store: openStore(t, `127.0.0.1:${address.port}/app`, { idleMs: 2000 }), open };
}

const untilAlone = (open: ReadonlySet<Socket>): Promise<unknown> =>
  waitUntil(async () => open.size === 0, { what: 'the end of all connections', timeoutMs: 5000 });

suite('large content', () => {
  test('is whole, and its connection ends with it while others are used again', async (t) => {
    const ports = new Set<number | undefined>();
    const registry = await startFakeRegistry(t, ({ socket, method }, response) => {
      if (method === 'HEAD') ports.add(socket.remotePort);
      response.writeHead(200, { 'content-length': bytes.byteLength }).end(method === 'HEAD' ? '' : bytes);
    });
    const store = openStore(t, `${registry.host}/app`);
    await assertWhole(store);
    await registry.untilAlone();
    await store.exists(blob);
    await assertWhole(store);
    await store.exists(blob);
    assert.equal(ports.size, 1);
  });

  test('is whole over TLS', async (t) => {
    const authority = createTestAuthority();
    const { certificate, key } = authority.issue(['registry.test']);
    const server = createSecureServer({ cert: certificate, key, keepAliveTimeout: 0 }, (_, response) => {
      response.writeHead(200, { 'content-length': bytes.byteLength }).end(bytes);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const { send, close } = createTransport({ ca: authority.pem, lookup: lookupLoopback });
    t.after(() => {
      close();
      server.closeAllConnections();
      server.close();
    });
    const reference = parseReference(`registry.test:${address.port}/app`);
    await assertWhole(openRepository({ send, reference }));
    const count = promisify(server.getConnections.bind(server));
    await waitUntil(async () => (await count()) === 0, {
      what: 'the end of all connections',
      timeoutMs: 5000,
    });
  });

  test('is whole however it is cut, and what comes after it is nobody’s', async (t) => {
    const { store, open } = await startRaw(t, (socket) => {
      socket.setNoDelay(true);
      for (const part of [head.slice(0, 20), head.slice(20), bytes.subarray(0, 1), bytes.subarray(1, 70_000)])
        socket.write(part);
      socket.write(bytes.subarray(70_000));
      socket.write(`${head}${'x'.repeat(1_000_000)}`);
    });
    await assertWhole(store);
    await untilAlone(open);
  });

  test('is whole over a connection that had another answer before', async (t) => {
    const ports: (number | undefined)[] = [];
    const { host } = await startFakeRegistry(t, ({ socket }, response) => {
      ports.push(socket.remotePort);
      if (ports.length === 1) response.writeHead(404).end('{"errors":[]}');
      else response.writeHead(200, { 'content-length': bytes.byteLength }).end(bytes);
    });
    const store = openStore(t, `${host}/app`);
    await assertRejectsWithCode(read(store), ContentError, 'CONTENT_MISSING');
    assert.ok((await read(store)).equals(bytes));
    assert.deepEqual(ports, [ports[0], ports[0]]);
  });

  test('comes in the usual way where its length is not said', async (t) => {
    const { host } = await startFakeRegistry(t, (_, response) => void response.writeHead(200).end(bytes));
    await assertWhole(openStore(t, `${host}/app`));
  });

  test('that breaks off goes on where it was', async (t) => {
    const starts: number[] = [];
    const { host } = await startFakeRegistry(t, ({ headers }, response) => {
      const start = Number(/^bytes=(\d+)-$/u.exec(headers.range ?? 'bytes=0-')?.[1]);
      starts.push(start);
      const range = { 'content-range': `bytes ${start}-${bytes.byteLength - 1}/${bytes.byteLength}` };
      response.writeHead(start === 0 ? 200 : 206, {
        'content-length': bytes.byteLength - start,
        ...(start === 0 ? {} : range),
      });
      if (start > 0) response.end(bytes.subarray(start));
      else response.write(bytes.subarray(0, 1_000_000), () => response.socket?.end());
    });
    await assertWhole(openStore(t, `${host}/app`));
    // What came before the end counts, to the last byte.
    assert.deepEqual(starts, [0, 1_000_000, 0, 1_000_000]);
  });

  test('that gets stuck ends with its code, and the connection with it', async (t) => {
    const registry = await startFakeRegistry(t, (_, response) => {
      response.writeHead(200, { 'content-length': bytes.byteLength }).write(bytes.subarray(0, 100_000));
    });
    const store = openStore(t, `${registry.host}/app`, { idleMs: 50 });
    await assertRejectsWithCode(read(store), RegistryError, 'REGISTRY_TIMEOUT');
    await registry.untilAlone();
  });

  test('of other bytes is refused', async (t) => {
    const { store, open } = await startRaw(t, (socket) => {
      socket.write(head);
      socket.write(Buffer.alloc(bytes.byteLength));
    });
    await assertRejectsWithCode(read(store), ContentError, 'DIGEST_MISMATCH');
    await untilAlone(open);
  });

  test('waits for whoever reads it, and ends with its signal or where nobody reads on', async (t) => {
    const full: Socket[] = [];
    const { store, open } = await startRaw(t, (socket) => {
      socket.write(head);
      socket.write(bytes);
      full.push(socket);
    });
    const ending = new AbortController();
    for (const end of [() => undefined, () => ending.abort()]) {
      const chunks = store.fetch(blob, ending.signal)[Symbol.asyncIterator]();
      await chunks.next();
      // The system's own buffers hold some MiB of it, and we a few reads.
      const socket = full.at(-1);
      assert.ok(socket !== undefined && socket.bytesWritten - socket.writableLength < bytes.byteLength);
      end();
      if (ending.signal.aborted)
        await assert.rejects(async () => {
          for (;;) if ((await chunks.next()).done === true) return;
        });
      else await chunks.return?.();
      await untilAlone(open);
    }
  });
});

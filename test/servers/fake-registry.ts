// A registry that is whatever a test makes of it: one listener, and what was asked of it.
import assert from 'node:assert/strict';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { TestContext } from 'node:test';
import { waitUntil } from '../control-plane/wait.ts';

export type Asked = {
  /** `METHOD PATH` */
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
};

export type FakeRegistry = {
  /** `HOST:PORT` */
  readonly host: string;
  readonly asked: readonly Asked[];
  /** The same, lines only. */
  readonly lines: () => readonly string[];
  /** Waits until no connection is open. */
  readonly untilAlone: () => Promise<void>;
};

export type FakeListener = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts it; it goes away with the test, and its connections too. */
export async function startFakeRegistry(
  t: Pick<TestContext, 'after'>,
  listener: FakeListener,
): Promise<FakeRegistry> {
  const asked: Asked[] = [];
  // It closes no connection by itself: that is for the client, or for a test.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    host: `127.0.0.1:${address.port}`,
    asked,
    lines: () => asked.map(({ line }) => line),
    untilAlone: () =>
      waitUntil(async () => (await countConnections(server)) === 0, {
        what: 'the end of all connections',
        timeoutMs: 5000,
      }),
  };
}

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

/** The body of a request, to its end. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

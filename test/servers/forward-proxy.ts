// A forward proxy: it takes requests in absolute form and opens tunnels, resolves every name to loopback, may want a
// user, may speak TLS itself, and may do what proxies do wrong.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer,
  request as sendRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';

/** Instead of the tunnel that was asked for. */
export type Misdeed = (socket: Duplex) => void;

export type ForwardProxyOptions = {
  /** `USER:PASSWORD` that it wants. */
  readonly user?: string;
  /** PEM; with it it speaks TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  readonly misdeed?: Misdeed;
  /** Ports of tunnels that lead to another one. */
  readonly ports?: Readonly<Record<number, number>>;
};

export type Passed = { readonly line: string; readonly headers: IncomingHttpHeaders };

export type ForwardProxy = {
  /** `HOST:PORT` */
  readonly host: string;
  /** What it was asked, `METHOD TARGET` each. */
  readonly passed: readonly Passed[];
  readonly lines: () => readonly string[];
  /** Connections that are open to it. */
  readonly openCount: () => number;
};

/** Starts it; it goes away with the test, and its connections too. */
export async function startForwardProxy(
  t: Pick<TestContext, 'after'>,
  options: ForwardProxyOptions = {},
): Promise<ForwardProxy> {
  const passed: Passed[] = [];
  const open = new Set<Duplex>();
  const { tls } = options;
  const server: Server =
    tls === undefined ? createServer() : createSecureServer({ cert: tls.certificate, key: tls.key });
  const note = ({ method, url, headers }: IncomingMessage): void => {
    passed.push({ line: `${method} ${url}`, headers });
  };
  const track = (socket: Duplex): void => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  };
  server.on(tls === undefined ? 'connection' : 'secureConnection', track);
  server.on('tlsClientError', () => undefined);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    note(request);
    if (isWelcome(request, options)) forward(request, response);
    else response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
  });
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    note(request);
    if (!isWelcome(request, options)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
    } else if (options.misdeed === undefined) track(tunnel(request.url ?? '', socket, options));
    else {
      socket.on('end', () => socket.end()).resume();
      options.misdeed(socket);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    host: `127.0.0.1:${address.port}`,
    passed,
    lines: () => passed.map(({ line }) => line),
    openCount: () => open.size,
  };
}

function isWelcome({ headers }: IncomingMessage, { user }: ForwardProxyOptions): boolean {
  if (user === undefined) return true;
  return headers['proxy-authorization'] === `Basic ${Buffer.from(user).toString('base64')}`;
}

function tunnel(target: string, socket: Duplex, { ports = {} }: ForwardProxyOptions): Socket {
  const port = Number(/:(\d+)$/u.exec(target)?.[1]);
  const upstream = connect(ports[port] ?? port, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    socket.pipe(upstream).pipe(socket);
  });
  socket.once('close', () => upstream.destroy());
  upstream.once('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  return upstream;
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const { 'proxy-authorization': _mine, ...headers } = request.headers;
  const url = new URL(request.url ?? '');
  const options = { host: '127.0.0.1', port: url.port, path: url.pathname + url.search, agent: false };
  const upstream = sendRequest({ ...options, method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => response.writeHead(502).end());
  request.pipe(upstream);
}

// Connections to a proxy, and tunnels through it (RFC 9110, section 9.3.6). All that happens before a request is sent is
// within one deadline. What comes out of a tunnel is bare: TLS to the registry is spoken over it, and the proxy sees none
// of it.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { RegistryError } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import { proxyNetworkError, proxyRefusal } from './proxy-errors.ts';
import { nameProxy, type Proxy } from './proxy.ts';
import { watchCertificate } from './tls-errors.ts';
import type { SecureSettings } from './tls.ts';

export type ProxyOptions = {
  readonly proxy: Proxy;
  /** For proxies that speak TLS. */
  readonly secure: () => SecureSettings;
  readonly lookup?: LookupFunction | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/**
 * A connection to a proxy.
 * @throws RegistryError `REGISTRY_NETWORK`, `REGISTRY_TLS`, `REGISTRY_TIMEOUT`
 */
export function connectProxy(options: ProxyOptions): Promise<Socket> {
  const event = options.proxy.url.protocol === 'https:' ? 'secureConnect' : 'connect';
  return reach(options, ({ socket, resolve }) => socket.once(event, () => resolve(socket)));
}

/**
 * A tunnel to `HOST:PORT`, where an address of version 6 has brackets.
 * @throws RegistryError `REGISTRY_NETWORK`, `REGISTRY_UNAVAILABLE`, `REGISTRY_TLS`, `REGISTRY_TIMEOUT`, `REGISTRY_PROTOCOL`
 */
export function openTunnel(options: ProxyOptions, target: string): Promise<Socket> {
  const { proxy } = options;
  return reach(options, ({ socket, resolve, fail }) => {
    const message = httpRequest({
      createConnection: () => socket,
      method: 'CONNECT',
      path: target,
      setHost: false,
      headers: { host: target, 'user-agent': 'sealift', ...authorizationOf(proxy) },
      maxHeaderSize: httpLimits.headerBytes,
    });
    message.once('connect', (answer: IncomingMessage, _socket: unknown, rest: Buffer) => {
      const error = refusalOf({ proxy, target, status: answer.statusCode ?? 0, rest });
      if (error === undefined) resolve(socket);
      else fail(error);
    });
    message.on('error', (error) => fail(proxyNetworkError(proxy, error)));
    message.end();
  });
}

/** What goes to the proxy and to nobody else. */
export function authorizationOf({ authorization }: Proxy): Readonly<Record<string, string>> {
  return authorization === undefined ? {} : { 'proxy-authorization': authorization.reveal() };
}

type Reaching = {
  readonly socket: Socket;
  resolve(socket: Socket): void;
  fail(error: unknown): void;
};

function reach(options: ProxyOptions, arrange: (reaching: Reaching) => void): Promise<Socket> {
  const { proxy, timeoutMs, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = startConnection(options);
  const fail = (error: unknown): void => {
    reject(error);
    socket.destroy();
  };
  // It stays: what is destroyed by a failure may fail once more.
  socket.on('error', (error) => fail(proxyNetworkError(proxy, error)));
  const timer = setTimeout(() => fail(silence(proxy, timeoutMs)), timeoutMs);
  const onAbort = (): void => fail(signal.reason);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  else arrange({ socket, resolve, fail });
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  });
}

function startConnection({ proxy: { url }, secure, lookup }: ProxyOptions): Socket {
  const isSecure = url.protocol === 'https:';
  const host = url.hostname.replaceAll(/[[\]]/gu, '');
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  const place = { host, port, ...(lookup === undefined ? {} : { lookup }) };
  if (!isSecure) return connectTcp({ ...place, noDelay: true });
  const socket = connectTls({ ...place, ...secure(), servername: isIP(host) === 0 ? host : '' });
  watchCertificate(socket);
  return socket;
}

function refusalOf({
  proxy,
  target,
  status,
  rest,
}: {
  readonly proxy: Proxy;
  readonly target: string;
  readonly status: number;
  readonly rest: Buffer;
}): RegistryError | undefined {
  if (status < 200 || status > 299) return proxyRefusal(proxy, target, status);
  if (rest.byteLength === 0) return undefined;
  // In TLS we speak first: what came along is the proxy's own, and would be taken for the registry's.
  return new RegistryError(
    'REGISTRY_PROTOCOL',
    `${nameProxy(proxy)} sent bytes of its own into the tunnel to ${target}`,
  );
}

function silence(proxy: Proxy, timeoutMs: number): RegistryError {
  return new RegistryError(
    'REGISTRY_TIMEOUT',
    `${nameProxy(proxy)} let nobody through within ${timeoutMs} ms`,
    {
      retryable: true,
      hint: 'See whether the proxy answers at all, and whether it reaches the registry.',
    },
  );
}

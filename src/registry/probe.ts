// A look at one connection to a registry, made as those are that requests go by, but each part for itself: `doctor` asks
// where it fails.
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { RegistryError } from '../errors.ts';
import { networkLimits } from '../limits.ts';
import { connectionError } from './network-errors.ts';
import type { Proxy } from './proxy.ts';
import { factsOf, watchCertificate, type CertificateFacts } from './tls-errors.ts';
import { proxySettings, secureSettings, type HostTls, type TlsSettings } from './tls.ts';
import { connectProxy, openTunnel } from './tunnel.ts';

export type ProbeOptions = TlsSettings & {
  readonly url: URL;
  readonly proxy: Proxy | undefined;
  readonly lookup?: LookupFunction | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/**
 * A connection to where a URL's requests would go: for HTTPS by a proxy that is the end of the tunnel.
 * @throws RegistryError
 */
export async function probeConnection(options: ProbeOptions): Promise<Socket> {
  const { url, proxy } = options;
  if (proxy !== undefined) {
    const through = { ...options, proxy, secure: () => proxySettings(options) };
    if (url.protocol === 'http:') return connectProxy(through);
    return openTunnel(through, `${url.hostname}:${portOf(url)}`);
  }
  const { lookup } = options;
  const host = url.hostname.replaceAll(/[[\]]/gu, '');
  const socket = connectTcp({ host, port: portOf(url), ...(lookup === undefined ? {} : { lookup }) });
  return settled(socket, 'connect', options);
}

export type TlsFacts = {
  readonly protocol: string;
  readonly cipher: string;
  /** The registry's own certificate first. */
  readonly chain: readonly CertificateFacts[];
};

/**
 * TLS over a connection, which is ended.
 * @throws RegistryError; InputError `INPUT_INVALID`
 */
export async function probeTls(
  connection: Socket,
  options: ProbeOptions & { readonly hostTls?: HostTls | undefined },
): Promise<TlsFacts> {
  const host = options.url.hostname.replaceAll(/[[\]]/gu, '');
  const socket = connectTls({
    socket: connection,
    host,
    servername: isIP(host) === 0 ? host : '',
    ALPNProtocols: ['http/1.1'],
    ...secureSettings(options, options.hostTls),
  });
  watchCertificate(socket);
  try {
    await settled(socket, 'secureConnect', options);
    return {
      protocol: socket.getProtocol() ?? 'TLS',
      cipher: socket.getCipher().standardName,
      chain: chainOf(socket).map(factsOf),
    };
  } finally {
    socket.destroy();
  }
}

/** The port that a URL means. */
export function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'http:' ? 80 : 443;
}

function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = socket.getPeerCertificate(true);
  // A root is its own issuer.
  for (
    let before: Buffer | undefined;
    chain.length < networkLimits.chainLength;
    next = next.issuerCertificate
  ) {
    if (next?.raw === undefined || before?.equals(next.raw) === true) break;
    chain.push(new X509Certificate(next.raw));
    before = next.raw;
  }
  return chain;
}

function settled<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  { url, timeoutMs, signal }: ProbeOptions,
): Promise<S> {
  const { promise, resolve, reject } = Promise.withResolvers<S>();
  const fail = (error: unknown): void => {
    reject(error);
    socket.destroy();
  };
  const onAbort = (): void => fail(signal.reason);
  const timer = setTimeout(() => fail(silence(url, timeoutMs)), timeoutMs);
  signal.addEventListener('abort', onAbort);
  socket.on('error', (error) => fail(connectionError(url, error)));
  socket.once(event, () => resolve(socket));
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  });
}

function silence({ host }: URL, timeoutMs: number): RegistryError {
  return new RegistryError('REGISTRY_TIMEOUT', `${host} gave no answer within ${timeoutMs} ms`, {
    retryable: true,
    hint: 'A firewall may drop what goes there; where a proxy leads there, set HTTPS_PROXY.',
  });
}

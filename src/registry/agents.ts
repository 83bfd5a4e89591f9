// Connections to registries, directly or by a proxy: a pool for each way there (scheme, proxy, certificates), all closed
// together. HTTPS goes through a tunnel of the proxy, plain HTTP to the proxy itself. Node's own proxy support knows no
// networks in NO_PROXY, no CA for the proxy and no abort: see docs/adr/0015-registry-network.md.
import { Agent as HttpAgent, type AgentOptions, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, Socket, type LookupFunction, type OnReadOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { httpLimits, networkLimits } from '../limits.ts';
import { tapped } from './content-tap.ts';
import { noProxies, type ChooseProxy, type Proxy } from './proxy.ts';
import { watchCertificate } from './tls-errors.ts';
import { proxySettings, secureSettings, type HostTls, type TlsSettings } from './tls.ts';
import { authorizationOf, connectProxy, openTunnel, type ProxyOptions } from './tunnel.ts';

/** What users' networks are like. */
export type NetworkOptions = TlsSettings & {
  /** By default nothing goes by a proxy. */
  readonly chooseProxy?: ChooseProxy | undefined;
  /** What a host (`HOST[:PORT]`) has for itself; what is given for all hosts counts more. */
  readonly hostTls?: ((host: string) => Promise<HostTls | undefined>) | undefined;
  /** In place of the system's resolver. */
  readonly lookup?: LookupFunction | undefined;
};

/** The way of one request. */
export type Route = {
  readonly agent: HttpAgent | HttpsAgent;
  readonly proxy: Proxy | undefined;
  /** What the request differs in on this way. */
  readonly request: { readonly path?: string; readonly headers?: Readonly<Record<string, string>> };
};

export type Agents = {
  /** @throws InputError `INPUT_INVALID` where a proxy or a certificate that is set can't be used */
  routeTo(url: URL): Promise<Route>;
  close(): void;
};

/**
 * Pools that fill as they are used.
 * @param connectMs for what it takes to get through a proxy
 * @throws InputError `INPUT_INVALID` where a certificate that is given can't be used
 */
export function createAgents(
  options: NetworkOptions = {},
  connectMs: number = httpLimits.connectTimeoutMs,
): Agents {
  const { chooseProxy = noProxies, lookup } = options;
  const ending = new AbortController();
  const agents = new Set<HttpAgent>();
  const keep = <A extends HttpAgent>(agent: A): A => {
    agents.add(agent);
    return agent;
  };
  const common = once(() => secureSettings(options));
  const secureProxies = once(() => proxySettings(options));
  const throughOf = (proxy: Proxy): ProxyOptions => {
    return { proxy, secure: secureProxies, lookup, timeoutMs: connectMs, signal: ending.signal };
  };
  const pool = poolOptions(options);
  const plain = byProxy((proxy) => {
    if (proxy === undefined) return keep(new PlainAgent(pool));
    return keep(new WaitingAgent(pool, () => connectProxy(throughOf(proxy))));
  });
  const secureAgent = (proxy: Proxy | undefined, host?: HostTls): HttpsAgent => {
    const settings = { ...pool, ...(host === undefined ? common() : secureSettings(options, host)) };
    if (proxy === undefined) return keep(new SecureAgent(settings));
    return keep(new SecureAgent(settings, (target) => openTunnel(throughOf(proxy), target)));
  };
  const secure = byProxy((proxy) => secureAgent(proxy));
  const ofHosts = hostAgents(options.hostTls, secureAgent);
  // A certificate that can't be used is better known before the first request.
  if (options.ca !== undefined || options.clientCertificate !== undefined) common();
  return {
    routeTo: async (url) => {
      const { proxy } = chooseProxy(url);
      if (url.protocol === 'https:') {
        return { agent: (await ofHosts(url.host, proxy)) ?? secure(proxy), proxy, request: {} };
      }
      return { agent: plain(proxy), proxy, request: proxy === undefined ? {} : absoluteForm(url, proxy) };
    },
    close: () => {
      ending.abort();
      for (const agent of agents) agent.destroy();
    },
  };
}

function poolOptions({ lookup }: NetworkOptions): AgentOptions {
  const { connections, idleTimeoutMs } = httpLimits;
  return {
    keepAlive: true,
    maxSockets: connections,
    maxFreeSockets: connections,
    timeout: idleTimeoutMs,
    ...(lookup === undefined ? {} : { lookup }),
  };
}

/** What a proxy is asked with that is to send the request itself (RFC 9112, section 3.2.2). */
function absoluteForm(url: URL, proxy: Proxy): Route['request'] {
  return { path: `${url.origin}${url.pathname}${url.search}`, headers: authorizationOf(proxy) };
}

type SecureAgentOf = (proxy: Proxy | undefined, host: HostTls) => HttpsAgent;

/** Pools of the hosts that have certificates of their own; a host has one way, and so one pool. */
function hostAgents(
  hostTls: NetworkOptions['hostTls'],
  create: SecureAgentOf,
): (host: string, proxy: Proxy | undefined) => Promise<HttpsAgent | undefined> {
  const known = new Map<string, Promise<HttpsAgent | undefined>>();
  return async (host, proxy) => {
    if (hostTls === undefined) return undefined;
    const before = known.get(host);
    if (before !== undefined) return before;
    const agent = hostTls(host).then((tls) => tls && create(proxy, tls));
    // What can't be used today may be mended tomorrow.
    agent.catch(() => known.delete(host));
    known.set(host, agent);
    const [oldest] = known.keys();
    if (known.size > networkLimits.hosts && oldest !== undefined) known.delete(oldest);
    return agent;
  };
}

function byProxy<T>(create: (proxy: Proxy | undefined) => T): (proxy: Proxy | undefined) => T {
  const known = new Map<Proxy | undefined, T>();
  return (proxy) => {
    const found = known.get(proxy) ?? create(proxy);
    known.set(proxy, found);
    return found;
  };
}

function once<T>(create: () => T): () => T {
  let created: { readonly value: T } | undefined;
  return () => (created ??= { value: create() }).value;
}

type Created = (error: Error | null, stream: Duplex) => void;

/** What a request asks of its connection. */
export type ConnectionOptions = RequestOptions & {
  /** Large content is to come: it may be tapped, unless a proxy is on the way. */
  readonly isTapped?: boolean;
};

/** Apart from the others, which other requests use again. */
function poolName(name: string, { isTapped }: ConnectionOptions = {}): string {
  return isTapped === true ? `${name}:tapped` : name;
}

/** Classes, since overriding `createConnection` is node's way to say how agents connect. */
class PlainAgent extends HttpAgent {
  override getName(options?: ConnectionOptions): string {
    return poolName(super.getName(options), options);
  }

  override createConnection(options: ConnectionOptions): Duplex | null | undefined {
    return connect(options, (how) => super.createConnection(how));
  }
}

class WaitingAgent extends HttpAgent {
  readonly #connect: () => Promise<Socket>;

  constructor(options: AgentOptions, connect: () => Promise<Socket>) {
    super(options);
    this.#connect = connect;
  }

  override createConnection(_options: RequestOptions, created?: Created): undefined {
    this.#connect().then(
      (socket) => created?.(null, socket),
      (error: unknown) => created?.(toError(error), new Socket()),
    );
  }
}

class SecureAgent extends HttpsAgent {
  readonly #tunnel: ((target: string) => Promise<Socket>) | undefined;

  constructor(options: AgentOptions, tunnel?: (target: string) => Promise<Socket>) {
    super(options);
    this.#tunnel = tunnel;
  }

  override getName(options?: ConnectionOptions): string {
    return poolName(super.getName(options), options);
  }

  override createConnection(options: ConnectionOptions, created?: Created): Duplex | null | undefined {
    if (this.#tunnel === undefined) return watched(connect(options, (how) => super.createConnection(how)));
    this.#tunnel(targetOf(options)).then(
      (socket) => {
        const overTunnel = { ...options, socket };
        created?.(null, watched(super.createConnection(overTunnel)) ?? socket);
      },
      (error: unknown) => created?.(toError(error), new Socket()),
    );
    return undefined;
  }
}

type Connect = (options: RequestOptions & { readonly onread?: OnReadOpts }) => Duplex | null | undefined;

function connect(options: ConnectionOptions, create: Connect): Duplex | null | undefined {
  return options.isTapped === true ? tapped((onread) => create({ ...options, onread })) : create(options);
}

function watched(stream: Duplex | null | undefined): Duplex | null | undefined {
  if (stream instanceof TLSSocket) watchCertificate(stream);
  return stream;
}

function targetOf({ host, port }: RequestOptions): string {
  const name = host ?? '';
  return `${isIP(name) === 6 ? `[${name}]` : name}:${port ?? 443}`;
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

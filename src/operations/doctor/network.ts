// Examining the way to a registry: proxy, name, connection, TLS.
import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { isIP, type Socket } from 'node:net';
import { InputError, RegistryError } from '../../errors.ts';
import { httpLimits } from '../../limits.ts';
import type { NetworkOptions } from '../../registry/agents.ts';
import { probeConnection, probeTls, type ProbeOptions } from '../../registry/probe.ts';
import { nameProxy, noProxies, type Proxy, type ProxyChoice } from '../../registry/proxy.ts';
import type { Examiner, Finding } from './step.ts';

export type NetworkCase = {
  /** The registry's origin. */
  readonly url: URL;
  readonly network: NetworkOptions;
  readonly timeoutMs?: number | undefined;
  readonly signal: AbortSignal;
};

export async function examineNetwork(examiner: Examiner, given: NetworkCase): Promise<void> {
  const { url, network, timeoutMs = httpLimits.connectTimeoutMs, signal } = given;
  const { chooseProxy = noProxies, lookup } = network;
  let proxy: Proxy | undefined;
  let connection: Socket | undefined;
  await examiner.take('proxy', ['reference'], async () => {
    const choice = chooseProxy(url);
    proxy = choice.proxy;
    return findProxy(choice);
  });
  await examiner.take('name', ['proxy'], () => findAddresses(proxy?.url ?? url, lookup));
  const probe = (): ProbeOptions => ({ ...network, url, proxy, timeoutMs, signal });
  await examiner.take('connection', ['name'], async () => {
    connection = await probeConnection(probe());
    return findConnection(connection, url, proxy);
  });
  try {
    await examiner.take('TLS', ['connection'], () => findTls(connection, probe(), network));
  } finally {
    connection?.destroy();
  }
}

function findProxy({ proxy, why }: ProxyChoice): Finding {
  if (proxy === undefined) return { words: `directly: ${why}` };
  const user = proxy.authorization === undefined ? 'without a user' : 'with a user and a password';
  return {
    words: `by ${nameProxy(proxy)}, ${user} (${why})`,
    details: { proxy: proxy.url.origin, from: why },
  };
}

async function findAddresses(url: URL, lookup: NetworkOptions['lookup'] = lookUp): Promise<Finding> {
  const host = url.hostname.replaceAll(/[[\]]/gu, '');
  if (isIP(host) !== 0) return { words: `${host} is an address`, outcome: 'skipped' };
  const addresses = await resolveName(host, lookup);
  return { words: `${host} is ${addresses.join(', ')}`, details: { addresses: addresses.join(' ') } };
}

function resolveName(
  host: string,
  lookup: NonNullable<NetworkOptions['lookup']>,
): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error: NodeJS.ErrnoException | null, found: string | LookupAddress[]) => {
      if (error === null) {
        resolve(typeof found === 'string' ? [found] : found.map(({ address }) => address));
        return;
      }
      const { code = 'an error' } = error;
      reject(
        new RegistryError('REGISTRY_NETWORK', `name ${host} is not found: ${code}`, {
          cause: error,
          retryable: true,
          hint: 'See /etc/resolv.conf and /etc/hosts; where a proxy leads there, set HTTPS_PROXY.',
        }),
      );
    });
  });
}

function findConnection({ remoteAddress, remotePort }: Socket, url: URL, proxy: Proxy | undefined): Finding {
  const end = `${remoteAddress ?? 'somebody'} port ${remotePort ?? 0}`;
  if (proxy === undefined) return { words: `to ${end}` };
  if (url.protocol === 'http:') return { words: `to the proxy at ${end}` };
  return { words: `to the proxy at ${end}, which opened a tunnel to ${url.host}` };
}

async function findTls(
  connection: Socket | undefined,
  probe: ProbeOptions,
  { hostTls, ca, clientCertificate }: NetworkOptions,
): Promise<Finding> {
  const { url } = probe;
  if (url.protocol === 'http:') return { words: 'plain HTTP is spoken', outcome: 'skipped' };
  if (connection === undefined) throw new InputError('INPUT_MISSING', 'there is no connection');
  const own = await hostTls?.(url.host);
  const { protocol, cipher, chain } = await probeTls(connection, { ...probe, hostTls: own });
  const [leaf] = chain;
  const trusted =
    ca !== undefined ? 'the CA that is given' : own?.ca === undefined ? 'the usual CAs' : 'certs.d';
  const shown = clientCertificate !== undefined || own?.clientCertificate !== undefined;
  return {
    words: `${protocol}; certificate for ${leaf?.names ?? url.host} until ${leaf?.validTo ?? 'an unknown time'}, trusted by ${trusted}`,
    details: {
      protocol,
      cipher,
      ...Object.fromEntries(
        chain.map(({ subject, issuer, validTo }, index) => [
          `certificate ${index + 1}`,
          `${subject}; signed by ${issuer}; until ${validTo}`,
        ]),
      ),
      'trusted by': trusted,
      'client certificate': shown ? 'ready to be shown' : 'none',
    },
  };
}

// Kubeconfig files, read by @kubernetes/client-node: it knows their many ways to get credentials. This is the only
// file that imports it, and only when a kubeconfig is used: in a cluster it would cost 80 MB for nothing.
// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/

import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';

import { InputError } from '../errors.ts';
import type { ClusterConfig } from './config.ts';

export type KubeconfigOptions = {
  /** Default: the file's current context. */
  readonly context?: string;
};

/**
 * Reads a kubeconfig file. Credentials of plugins are asked for again when they have run out or were refused.
 * @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID`
 */
export async function loadKubeconfig(file: string, options: KubeconfigOptions = {}): Promise<ClusterConfig> {
  let loaded = await loadFile(file, options);
  const cluster = loaded.getCurrentCluster();
  const user = loaded.getCurrentUser();
  if (cluster === null) throw invalid(file, 'the context names no cluster');
  if (!URL.canParse(cluster.server) || !cluster.server.startsWith('https:')) {
    throw invalid(file, `${cluster.server} is not an https URL`);
  }
  refuseUnsupported(file, { ...cluster }, { ...user });
  const first = await credentials(file, loaded);
  let { token } = first;
  const namespace = loaded.getContextObject(loaded.getCurrentContext())?.namespace;
  return {
    server: new URL(cluster.server),
    ...(first.ca === undefined ? {} : { ca: first.ca }),
    ...(first.cert === undefined ? {} : { clientCertificate: first.cert }),
    ...(first.key === undefined ? {} : { clientKey: first.key }),
    ...(first.servername === undefined ? {} : { serverName: first.servername }),
    ...(first.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: first.rejectUnauthorized }),
    ...(namespace === undefined ? {} : { namespace }),
    async token(question) {
      // The plugin's answer is cached inside; a new object forgets it.
      const isFresh = question?.fresh === true;
      if (isFresh) loaded = await loadFile(file, options);
      // Asking the library makes agents and reads certificates, for each request: only plugins have news.
      if (isFresh || asksPlugin(loaded)) ({ token } = await credentials(file, loaded));
      return token;
    },
  };
}

async function loadFile(file: string, options: KubeconfigOptions): Promise<KubeConfig> {
  // Not the package's index: that loads 15 MB of API models.
  const library = await import('@kubernetes/client-node/dist/config.js');
  const config = new library.KubeConfig();
  try {
    config.loadFromFile(file);
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause;
    throw isMissing
      ? new InputError('FILE_UNREADABLE', `${file} can't be read`, { cause })
      : invalid(file, 'it is not a kubeconfig', cause);
  }
  if (options.context !== undefined) config.setCurrentContext(options.context);
  if (config.getContextObject(config.getCurrentContext()) === null) {
    throw invalid(file, `it has no context ${JSON.stringify(config.getCurrentContext())}`);
  }
  return config;
}

function asksPlugin(config: KubeConfig): boolean {
  const user = config.getCurrentUser();
  // The library has null or undefined where there is none.
  const asked: unknown = user?.exec ?? user?.authProvider ?? undefined;
  return asked !== undefined;
}

type Credentials = {
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  servername?: string;
  rejectUnauthorized?: boolean;
  token?: string;
};

async function credentials(file: string, config: KubeConfig): Promise<Credentials> {
  const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    throw invalid(file, 'the credentials can not be had', cause);
  }
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  const authorization = new Headers(
    Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)]),
  ).get('authorization');
  return {
    ...(isPem(ca) ? { ca } : {}),
    ...(isPem(cert) ? { cert } : {}),
    ...(isPem(key) ? { key } : {}),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(authorization?.startsWith('Bearer ') === true
      ? { token: authorization.slice('Bearer '.length) }
      : {}),
  };
}

function isPem(value: unknown): value is string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value);
}

/** What would be left out silently is refused: a request must not go out as somebody else or another way. */
function refuseUnsupported(
  file: string,
  cluster: Readonly<Record<string, unknown>>,
  user: Readonly<Record<string, unknown>>,
): void {
  const refused: readonly (readonly [string, unknown])[] = [
    ['proxy-url', cluster['proxyUrl']],
    ['username', user['username']],
    ['as', user['impersonateUser']],
  ];
  for (const [name, value] of refused) {
    if (typeof value === 'string' && value !== '') throw invalid(file, `${name} is not supported`);
  }
}

function invalid(file: string, why: string, cause?: unknown): InputError {
  return new InputError('INPUT_INVALID', `${file}: ${why}`, cause === undefined ? {} : { cause });
}

// Where the API server is and how to prove who we are: the type that every connection is made from, and its
// in-cluster form, read from what the kubelet mounts. Tokens rotate, so a token is always asked for, never kept.
// https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/

import { InputError } from '../errors.ts';

/** How to ask for a token: `fresh` passes any cache, after the API server refused the last one. */
export type TokenQuestion = { readonly fresh: boolean };

/** The API server's address and our credentials. */
export type ClusterConfig = {
  /** An `https:` URL; a path in it is put before every request's path. */
  readonly server: URL;
  /** PEM; without it the system's roots are trusted. */
  readonly ca?: string | Buffer;
  readonly clientCertificate?: string | Buffer;
  readonly clientKey?: string | Buffer;
  /** Name to send and to check in the server's certificate instead of the URL's host. */
  readonly serverName?: string;
  /** False only where a kubeconfig says `insecure-skip-tls-verify`. */
  readonly rejectUnauthorized?: boolean;
  readonly token?: (question?: TokenQuestion) => Promise<string | undefined>;
  /** Our own namespace, or the kubeconfig context's. */
  readonly namespace?: string;
};

export type InClusterOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<string>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
};

const mountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Time for which a token that was read is used; the kubelet renews it long before it expires. */
const tokenLifeMs = 60_000;

/**
 * Reads the configuration of a pod's service account. The token is re-read at most every 60 s.
 * @throws InputError `INPUT_MISSING` outside a cluster, `INPUT_INVALID`, `FILE_UNREADABLE`
 */
export async function loadInClusterConfig(options: InClusterOptions): Promise<ClusterConfig> {
  const server = inClusterServer(options.env);
  const ca = await readMounted(options, 'ca.crt');
  const namespace = (await readMounted(options, 'namespace')).trim();
  return { server, ca, namespace, token: rereadToken(options) };
}

function inClusterServer(env: InClusterOptions['env']): URL {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '';
  if (host === '' || port === '') {
    throw new InputError('INPUT_MISSING', 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set', {
      hint: 'outside a cluster name a kubeconfig file',
    });
  }
  const text = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (!/^[0-9]{1,5}$/u.test(port) || !URL.canParse(text)) {
    throw new InputError('INPUT_INVALID', `KUBERNETES_SERVICE_HOST and _PORT make no address: ${text}`);
  }
  return new URL(text);
}

function rereadToken(options: InClusterOptions): NonNullable<ClusterConfig['token']> {
  let token: string | undefined;
  let readAtMs = 0;
  let reading: Promise<string> | undefined;
  async function read(): Promise<string> {
    const text = (await readMounted(options, 'token')).trim();
    token = text;
    readAtMs = options.now();
    return text;
  }
  return async (question) => {
    const isFresh = token !== undefined && options.now() - readAtMs < tokenLifeMs;
    if (isFresh && question?.fresh !== true) return token;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return await reading;
  };
}

async function readMounted(options: InClusterOptions, name: string): Promise<string> {
  const path = `${mountDirectory}/${name}`;
  try {
    return await options.readFile(path);
  } catch (cause) {
    throw new InputError('FILE_UNREADABLE', `${path} can't be read`, {
      cause,
      hint: 'the pod needs a service account with automountServiceAccountToken',
    });
  }
}

// The embedded registry: OCI distribution-spec 1.1 over image layouts in a directory, for tests, demos and the far side
// of an air gap. It listens on loopback unless told otherwise, and takes no passwords from other machines without TLS.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { realpath } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import { lockTree } from '../layout/tree-lock.ts';
import type { WriterLock } from '../layout/writer-lock.ts';
import { serverLimits } from '../limits.ts';
import { isLoopback } from '../oci/reference.ts';
import { createAccess, type AccountOptions } from './access.ts';
import { refuse, sendAnswer, type Answer } from './answers.ts';
import { blobsEndpoint } from './blobs.ts';
import { startHousekeeping, type Housekeeping, type HousekeepingOptions } from './housekeeping.ts';
import { createListener, type TlsFiles } from './listener.ts';
import { manifestsEndpoint } from './manifests.ts';
import { referrersEndpoint } from './referrers.ts';
import { createRepositories, type Repositories } from './repositories.ts';
import { baseEndpoint, route, type Routes } from './router.ts';
import { createSessions, type SessionOptions, type Sessions } from './sessions.ts';
import { catalogEndpoint, tagsEndpoint } from './tags.ts';
import { uploadEndpoint, uploadsEndpoint } from './uploads.ts';

/** One answered request, for a log. */
export type RegistryLogEntry = {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  /** 0 where the connection broke before the answer. */
  readonly status: number;
  /** Why it is 500, or why the answer broke off. */
  readonly error?: unknown;
};

export type RegistryOptions = {
  /** Where the repositories are, one image layout each; it is made if need be, unless `readOnly`. */
  readonly directory: string;
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  readonly readOnly?: boolean;
  /** Serves HTTPS, and nothing without TLS. */
  readonly tls?: TlsFiles;
  /** Asks for log-ins; without it whoever reaches the registry may read and write. */
  readonly accounts?: AccountOptions;
  /** Takes log-ins from other machines without TLS, where a network lets passwords be seen. */
  readonly allowPlainLogin?: boolean;
  /** Collects garbage while it runs, unless it is read-only. */
  readonly garbage?: HousekeepingOptions;
  /** Is told of what goes wrong beside the requests: changed files that are not usable, garbage that stays. */
  readonly onProblem?: (error: unknown) => void;
  readonly log?: (entry: RegistryLogEntry) => void;
  /** Uploads under way at once; {@link serverLimits} has the default. */
  readonly maxUploads?: number;
  /** Closes the registry. */
  readonly signal?: AbortSignal;
  /** Timers: of idle uploads, of files that are looked at again, of garbage collections. */
  readonly startTimer?: SessionOptions['startTimer'];
};

export type Registry = {
  /** `http://HOST:PORT`, or with `https` */
  readonly url: string;
  /** `HOST:PORT`, as references name it. */
  readonly host: string;
  readonly port: number;
  /** Stops listening and waits for the requests under way, for a while; then their connections are cut. */
  close(): Promise<void>;
};

/**
 * Starts the registry; the promise resolves when it listens.
 * @throws InputError `INPUT_CONFLICT` where another process writes to the directory, above or below it, or where passwords could be seen;
 *   `FILE_UNREADABLE`, `INPUT_INVALID` for files of certificates and accounts; and the system's error where the directory
 *   or the port can't be used
 */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const { directory, readOnly = false, signal } = options;
  signal?.throwIfAborted();
  refusePlainLogin(options);
  const lock = readOnly ? undefined : await lockTree(directory);
  try {
    return await startOn(await realpath(directory), lock, options);
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

async function startOn(
  root: string,
  lock: WriterLock | undefined,
  options: RegistryOptions,
): Promise<Registry> {
  const { host = '127.0.0.1', port = 0, log, signal, tls } = options;
  const { answer, startGarbage, endUploads, ...watching } = await createParts(root, options);
  const { startTimer } = watching;
  let isClosing = false;
  const underWay = new Set<Promise<void>>();
  const { server, cutHandshakes } = await createListener(
    (request, response) => {
      const served = serve(request, response, () => answer(request)).then((entry) => {
        if (isClosing) request.socket.end();
        underWay.delete(served);
        log?.(entry);
      });
      underWay.add(served);
    },
    { tls, ...watching },
  );
  const boundPort = await listen(server, host, port);
  const housekeeping = startGarbage();
  let closing: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    isClosing = true;
    signal?.removeEventListener('abort', abort);
    const stopTimer = startTimer(() => server.closeAllConnections(), serverLimits.closeGraceMs);
    try {
      const closed = closeServer(server);
      cutHandshakes();
      await closed;
      // A client that went away does not end the work for its request.
      await Promise.all([...underWay, housekeeping?.stop()]);
      await endUploads();
    } finally {
      stopTimer();
      await lock?.release();
    }
  };
  const close = (): Promise<void> => (closing ??= end());
  const abort = (): void => {
    // Whoever closes it hears of a failure; after an abort nobody listens.
    close().catch(() => {});
  };
  signal?.addEventListener('abort', abort, { once: true });
  const authority = `${host.includes(':') ? `[${host}]` : host}:${boundPort}`;
  const scheme = tls === undefined ? 'http' : 'https';
  return { url: `${scheme}://${authority}`, host: authority, port: boundPort, close };
}

type Parts = Required<Pick<RegistryOptions, 'startTimer' | 'onProblem'>> & {
  answer(request: IncomingMessage): Promise<Answer>;
  startGarbage(): Housekeeping | undefined;
  endUploads(): Promise<void>;
};

async function createParts(root: string, options: RegistryOptions): Promise<Parts> {
  const { readOnly = false, accounts, garbage } = options;
  const { startTimer = startSystemTimer, onProblem = () => undefined } = options;
  const repositories = createRepositories(root, !readOnly);
  const sessions = createSessions({
    maxSessions: options.maxUploads ?? serverLimits.uploads,
    idleMs: serverLimits.uploadIdleMs,
    startTimer,
  });
  const access = accounts === undefined ? undefined : await createAccess(accounts, { startTimer, onProblem });
  const routes = createRoutes(repositories, sessions);
  return {
    startTimer,
    onProblem,
    answer: async (request) => (await access?.refuse(request)) ?? route(routes, request, readOnly),
    startGarbage: () =>
      garbage === undefined || readOnly
        ? undefined
        : startHousekeeping(repositories, garbage, { startTimer, onProblem }),
    endUploads: () => sessions.endAll(),
  };
}

function refusePlainLogin({
  host = '127.0.0.1',
  tls,
  accounts,
  allowPlainLogin = false,
}: RegistryOptions): void {
  if (accounts === undefined || tls !== undefined || allowPlainLogin || isLoopback(host)) return;
  throw new InputError('INPUT_CONFLICT', `log-ins at ${host} would be sent in the clear`, {
    hint: 'Give a certificate with --tls-cert and --tls-key, or allow it with --plain-http.',
  });
}

function createRoutes(repositories: Repositories, sessions: Sessions): Routes {
  return {
    base: baseEndpoint,
    catalog: catalogEndpoint(repositories),
    tags: tagsEndpoint(repositories),
    referrers: referrersEndpoint(repositories),
    manifests: manifestsEndpoint(repositories),
    blobs: blobsEndpoint(repositories),
    uploads: uploadsEndpoint(repositories, sessions),
    upload: uploadEndpoint(sessions),
  };
}

/** Answers one request and tells what became of it; it never throws. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: () => Promise<Answer>,
): Promise<RegistryLogEntry> {
  const { method = '', url = '' } = request;
  const isHead = method === 'HEAD';
  try {
    const { error, ...sent } = await answerOrFail(request, answer);
    if (response.destroyed) return { method, url, status: 0, error };
    const isBounded = dropBody(request);
    if (!request.complete && !isBounded) response.shouldKeepAlive = false;
    await sendAnswer(response, sent, isHead);
    return { method, url, status: sent.status, ...(error === undefined ? {} : { error }) };
  } catch (error) {
    // The head may be out already: a connection that breaks is the only sign left.
    response.destroy();
    return { method, url, status: 0, error };
  }
}

/**
 * Takes what was not read of a refused body off the connection, for the next request on it, up to a bound ("endless
 * body").
 * @returns whether it says itself that it stays within it, or says nothing
 */
function dropBody(request: IncomingMessage): boolean {
  let left = serverLimits.unwantedBytes;
  request.on('data', (chunk: Uint8Array) => {
    left -= chunk.byteLength;
    if (left < 0) request.socket.destroy();
  });
  request.resume();
  return Number(request.headers['content-length'] ?? 0) <= left;
}

async function answerOrFail(
  request: IncomingMessage,
  answer: () => Promise<Answer>,
): Promise<Answer & { readonly error?: unknown }> {
  try {
    return await answer();
  } catch (error) {
    if (request.destroyed && !request.complete) request.socket.destroy();
    return { ...refuse({ status: 500, code: 'UNKNOWN', message: 'registry failed' }), error };
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Idle connections end at once, the others after their answer. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function startSystemTimer(callback: () => void, afterMs: number): () => void {
  const timer = setTimeout(callback, afterMs);
  timer.unref();
  return () => clearTimeout(timer);
}

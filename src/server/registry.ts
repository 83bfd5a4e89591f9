// The embedded registry: OCI distribution-spec 1.1 over image layouts in a directory, without accounts and without
// TLS, for tests, demos and the far side of an air gap. It listens on loopback unless told otherwise.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdir, realpath } from 'node:fs/promises';
import { httpLimits } from '../limits.ts';
import { refuse, sendAnswer, type Answer } from './answers.ts';
import { blobsEndpoint } from './blobs.ts';
import { manifestsEndpoint } from './manifests.ts';
import { referrersEndpoint } from './referrers.ts';
import { createRepositories, type Repositories } from './repositories.ts';
import { baseEndpoint, route, type Routes } from './router.ts';
import { createSessions, type SessionOptions, type Sessions } from './sessions.ts';
import { catalogEndpoint, tagsEndpoint } from './tags.ts';
import { uploadEndpoint, uploadsEndpoint } from './uploads.ts';

const MINUTE_MS = 60_000;

/** Bounds of one registry process. */
export const serverLimits = {
  uploads: 256,
  uploadIdleMs: 10 * MINUTE_MS,
  connections: 1024,
  /** Time without a byte on a connection, in either direction. */
  connectionIdleMs: 2 * MINUTE_MS,
} as const;

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
  readonly log?: (entry: RegistryLogEntry) => void;
  /** Uploads under way at once; {@link serverLimits} has the default. */
  readonly maxUploads?: number;
  /** Closes the registry. */
  readonly signal?: AbortSignal;
  /** Timers of idle uploads. */
  readonly startTimer?: SessionOptions['startTimer'];
};

export type Registry = {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** `HOST:PORT`, as references name it. */
  readonly host: string;
  readonly port: number;
  /** Stops listening and waits for the requests under way. */
  close(): Promise<void>;
};

/**
 * Starts the registry; the promise resolves when it listens.
 * @throws the system's error where the directory or the port can't be used
 */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const { directory, host = '127.0.0.1', port = 0, readOnly = false, log, signal, startTimer } = options;
  signal?.throwIfAborted();
  if (!readOnly) await mkdir(directory, { recursive: true });
  const repositories = createRepositories(await realpath(directory), !readOnly);
  const sessions = createSessions({
    maxSessions: options.maxUploads ?? serverLimits.uploads,
    idleMs: serverLimits.uploadIdleMs,
    startTimer: startTimer ?? startSystemTimer,
  });
  const routes = createRoutes(repositories, sessions);
  let isClosing = false;
  const underWay = new Set<Promise<void>>();
  const server = createHttpServer((request, response) => {
    const served = serve(request, response, () => route(routes, request, readOnly)).then((entry) => {
      if (isClosing) request.socket.end();
      underWay.delete(served);
      log?.(entry);
    });
    underWay.add(served);
  });
  const boundPort = await listen(server, host, port);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    isClosing = true;
    signal?.removeEventListener('abort', abort);
    closing ??= closeServer(server)
      // A client that went away does not end the work for its request.
      .then(() => Promise.all(underWay))
      .then(() => sessions.endAll());
    return closing;
  };
  const abort = (): void => {
    // Whoever closes it hears of a failure; after an abort nobody listens.
    close().catch(() => {});
  };
  signal?.addEventListener('abort', abort, { once: true });
  const authority = `${host.includes(':') ? `[${host}]` : host}:${boundPort}`;
  return { url: `http://${authority}`, host: authority, port: boundPort, close };
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

function createHttpServer(listener: (request: IncomingMessage, response: ServerResponse) => void): Server {
  // requestTimeout is for whole requests, which large blobs would exceed; idle connections are cut instead.
  const server = createServer({ maxHeaderSize: httpLimits.headerBytes, requestTimeout: 0 }, listener);
  server.setTimeout(serverLimits.connectionIdleMs);
  server.maxConnections = serverLimits.connections;
  return server;
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
    await sendAnswer(response, sent, isHead);
    return { method, url, status: sent.status, ...(error === undefined ? {} : { error }) };
  } catch (error) {
    // The head may be out already: a connection that breaks is the only sign left.
    response.destroy();
    return { method, url, status: 0, error };
  } finally {
    // What was not read of a refused body is taken off the connection, for the next request on it.
    request.resume();
  }
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

// The HTTP server under the registry, with TLS where there is a certificate. A certificate that is replaced on disk is
// used for the connections that come later, without a restart.
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { errorMessageOf, InputError } from '../errors.ts';
import { httpLimits, serverLimits } from '../limits.ts';
import { watchFiles, type Watched, type WatchOptions } from './watched-files.ts';

/** Names of PEM files. */
export type TlsFiles = {
  /** The server's certificate, and behind it those between it and the authority. */
  readonly cert: string;
  readonly key: string;
};

type Secrets = { readonly cert: Buffer; readonly key: Buffer; readonly minVersion: 'TLSv1.2' };

export type ListenerOptions = Pick<WatchOptions<unknown>, 'startTimer' | 'onProblem'> & {
  readonly tls?: TlsFiles | undefined;
};

export type Listener = {
  /** It does not listen yet. */
  readonly server: Server | HttpsServer;
  /** Ends connections that wait for their handshake; those with a request under way are left alone. */
  cutHandshakes(): void;
};

/**
 * Makes the server.
 * @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID` where certificate and key are not usable
 */
export async function createListener(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  { tls, startTimer, onProblem }: ListenerOptions,
): Promise<Listener> {
  // requestTimeout is for whole requests, which large blobs would exceed; idle connections are cut instead.
  const http = {
    maxHeaderSize: httpLimits.headerBytes,
    requestTimeout: 0,
    // It would be 0 as well.
    headersTimeout: serverLimits.headersMs,
  };
  if (tls === undefined) {
    return { server: bound(createHttpServer(http, listener)), cutHandshakes: () => undefined };
  }
  const secrets = await watchFiles({
    paths: [tls.cert, tls.key],
    parse: ([cert = Buffer.of(), key = Buffer.of()]) => parseSecrets(cert, key),
    startTimer,
    onProblem,
  });
  const used = await secrets.current();
  const server = createHttpsServer(
    { ...http, ...used, handshakeTimeout: serverLimits.handshakeMs },
    listener,
  );
  renewOnConnection(server, secrets, used);
  return { server: bound(server), cutHandshakes: trackHandshakes(server) };
}

/** A server that closes waits for all its connections, also for one that is silent until its handshake times out. */
function trackHandshakes(server: HttpsServer): () => void {
  const waiting = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    waiting.set(peer, socket);
    socket.once('close', () => waiting.delete(peer));
  });
  server.on('secureConnection', (socket) => waiting.delete(peerOf(socket)));
  return () => {
    for (const socket of waiting.values()) socket.destroy();
  };
}

/** What the connection and TLS above it have in common. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function bound<T extends Server | HttpsServer>(server: T): T {
  server.setTimeout(serverLimits.connectionIdleMs);
  server.maxConnections = serverLimits.connections;
  return server;
}

function renewOnConnection(server: HttpsServer, secrets: Watched<Secrets>, first: Secrets): void {
  let used = first;
  server.on('connection', () => {
    // It never rejects: what is not usable is told to onProblem.
    void secrets.current().then((found) => {
      if (found === used) return;
      used = found;
      server.setSecureContext(found);
    });
  });
}

/** Both at once: of files that are replaced one after the other, no pair that doesn't fit is used. */
function parseSecrets(cert: Buffer, key: Buffer): Secrets {
  const secrets: Secrets = { cert, key, minVersion: 'TLSv1.2' };
  try {
    createSecureContext(secrets);
    return secrets;
  } catch (cause) {
    throw new InputError('INPUT_INVALID', `certificate and key are not usable: ${errorMessageOf(cause)}`, {
      cause,
      hint: 'Give PEM files, the key without a password and of this certificate.',
    });
  }
}

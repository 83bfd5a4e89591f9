// Lets a server of ours listen on a loopback port that is its own.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Listening = { readonly url: string; stop(): Promise<void> };

/** Listens on 127.0.0.1; for a TLS server `scheme` is https. */
export async function listenOnLoopback(
  server: Server,
  scheme: 'http' | 'https' = 'http',
): Promise<Listening> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A test that crashes must not hang because of it.
  server.unref();
  // A TCP server that listens has an AddressInfo, never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

// Liveness and readiness for the kubelet: alive while the process answers, ready once it holds or waits for the lease.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Probes = { readonly port: number; close(): void };

export async function startProbes(
  { host, port }: { readonly host: string; readonly port: number },
  isReady: () => boolean,
): Promise<Probes> {
  const server = createServer({ maxHeaderSize: 8192 }, (request, response) => {
    const isOk = request.url === '/livez' || (request.url === '/readyz' && isReady());
    response.writeHead(isOk ? 200 : request.url === '/readyz' ? 503 : 404, { 'content-type': 'text/plain' });
    response.end(isOk ? 'ok\n' : 'no\n');
  });
  server.listen(port, host);
  await once(server, 'listening');
  // A TCP server's address is never a path.
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

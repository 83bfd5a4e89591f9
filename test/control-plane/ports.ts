// Free loopback ports. Between finding and using one another process may take it, so a start that fails for that
// reason is tried again with another one.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { ControlPlaneError } from './errors.ts';
import type { ServerProcess } from './server-process.ts';

const tries = 5;

/** Ports on 127.0.0.1 that were free a moment ago, all different. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    // A TCP server that listens has an AddressInfo, never a pipe's name.
    ports.push((server.address() as AddressInfo).port);
  }
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** Whether a process ended because its port was taken. */
export async function lostItsPort(server: ServerProcess): Promise<boolean> {
  return !server.isRunning() && (await server.readLog()).includes('address already in use');
}

/** Runs `start` with fresh ports until it does not fail for a taken one. */
export async function withFreePorts<T>(
  count: number,
  start: (ports: readonly number[]) => Promise<T | 'port taken'>,
): Promise<T> {
  for (let left = tries; left > 0; left -= 1) {
    const result = await start(await findFreePorts(count));
    if (result !== 'port taken') return result;
  }
  throw new ControlPlaneError('PORT_TAKEN', `lost a free port to another process ${tries} times`);
}

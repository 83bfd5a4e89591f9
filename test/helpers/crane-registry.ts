// The registry of `crane registry serve`: another implementation than ours, in memory, without the referrers API.
import { once } from 'node:events';
import { get } from 'node:http';
import { withFreePorts, lostItsPort } from '../control-plane/ports.ts';
import { startServerProcess } from '../control-plane/server-process.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { requireComponents } from '../components/locate.ts';

export type CraneRegistry = {
  /** `HOST:PORT` */
  readonly host: string;
  stop(): Promise<void>;
};

/** Starts it and waits until it answers. */
export async function startCraneRegistry(directory: string): Promise<CraneRegistry> {
  const { crane } = await requireComponents(['crane']);
  return withFreePorts(1, async ([port]) => {
    const host = `127.0.0.1:${port}`;
    const server = await startServerProcess({
      name: 'crane-registry',
      path: crane,
      arguments: ['registry', 'serve', '--address', host],
      directory,
    });
    try {
      await waitUntil(async () => (await statusOf(`http://${host}/v2/`)) === 200, {
        what: 'crane registry serve',
        timeoutMs: 20_000,
        assertPossible: () => server.assertRunning(),
      });
    } catch (error) {
      if (await lostItsPort(server)) return 'port taken';
      await server.stop();
      throw error;
    }
    return { host, stop: () => server.stop() };
  });
}

async function statusOf(url: string): Promise<number | undefined> {
  const request = get(url);
  const [response] = await once(request, 'response');
  response.resume();
  return response.statusCode;
}

// A registry that is a program of others: started on a loopback port of its own, ready when it answers.
import { sendRequest } from '../control-plane/http.ts';
import { lostItsPort, withFreePorts } from '../control-plane/ports.ts';
import { startServerProcess } from '../control-plane/server-process.ts';
import { waitUntil } from '../control-plane/wait.ts';

export type RegistryProcess = {
  /** `HOST:PORT` */
  readonly host: string;
  readonly name: string;
  readonly pid: number;
  stop(): Promise<void>;
};

export type RegistryProgram = {
  readonly name: string;
  readonly path: string;
  readonly directory: string;
  /** The arguments with which it serves on `HOST:PORT`. */
  argumentsFor(host: string): readonly string[] | Promise<readonly string[]>;
  /** What it answers to `GET /v2/` once it serves; one that wants credentials answers too. */
  readonly readyStatuses?: readonly number[];
};

/** Starts a registry and waits until it answers. */
export function startRegistryProcess(program: RegistryProgram): Promise<RegistryProcess> {
  const { name, path, directory, readyStatuses = [200, 401] } = program;
  return withFreePorts(1, async ([port]) => {
    const host = `127.0.0.1:${port}`;
    const server = await startServerProcess({
      name,
      path,
      directory,
      arguments: await program.argumentsFor(host),
    });
    try {
      const ping = { method: 'GET', url: new URL(`http://${host}/v2/`) };
      await waitUntil(async () => readyStatuses.includes((await sendRequest(ping)).status), {
        what: name,
        timeoutMs: 20_000,
        assertPossible: () => server.assertRunning(),
      });
    } catch (error) {
      if (await lostItsPort(server)) return 'port taken';
      await server.stop();
      throw error;
    }
    return { host, name, pid: server.pid, stop: () => server.stop() };
  });
}

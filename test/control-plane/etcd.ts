// Starts etcd for tests: loopback only, no fsync, and proven by its random name to be the one that was started.
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type LocateOptions, requireComponents } from '../components/locate.ts';
import { ControlPlaneError } from './errors.ts';
import { sendRequest } from './http.ts';
import { lostItsPort, withFreePorts } from './ports.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { waitUntil } from './wait.ts';

const readyWithinMs = 30_000;
const namePrefix = 'sealift-test-';
const memberListSchema = z.object({ members: z.array(z.object({ name: z.string().optional() })) });

export type EtcdOptions = LocateOptions & {
  /** Where its data and its log go; the caller removes it. */
  readonly directory: string;
};

export type Etcd = ServerProcess & {
  /** The client URL. */
  readonly endpoint: string;
};

/** Starts an etcd of its own; several control planes can share it, each under another prefix. */
export async function startEtcd(options: EtcdOptions): Promise<Etcd> {
  const { directory } = options;
  await mkdir(directory, { recursive: true });
  const { etcd: path } = await requireComponents(['etcd'], options);
  return withFreePorts(2, async ([clientPort, peerPort]) => {
    const name = `${namePrefix}${randomBytes(8).toString('hex')}`;
    const endpoint = `http://127.0.0.1:${clientPort}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    const server = await startServerProcess({
      name: 'etcd',
      path,
      directory,
      arguments: [
        `--name=${name}`,
        `--data-dir=${join(directory, name)}`,
        `--listen-client-urls=${endpoint}`,
        `--advertise-client-urls=${endpoint}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=${name}=${peer}`,
        '--unsafe-no-fsync',
        '--log-level=warn',
      ],
    });
    const isReady = await becomesReady(server, endpoint, name, options.signal);
    return isReady ? { ...server, endpoint } : 'port taken';
  });
}

/** Throws ControlPlaneError ETCD_FOREIGN unless an etcd that tests started answers at the endpoint: a stranger's must not get our data. */
export async function assertTestEtcd(endpoint: string): Promise<void> {
  const names = await fetchMemberNames(endpoint);
  if (names.length === 1 && names[0]?.startsWith(namePrefix) === true) return;
  const text = `etcd at ${endpoint} was not started by startEtcd: its members are ${names.join(', ')}`;
  throw new ControlPlaneError('ETCD_FOREIGN', text);
}

async function becomesReady(
  server: ServerProcess,
  endpoint: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await waitUntil(async () => (await fetchMemberNames(endpoint)).includes(name), {
      what: 'etcd to answer under its name',
      timeoutMs: readyWithinMs,
      signal,
      assertPossible: () => server.assertRunning(),
    });
    return true;
  } catch (error) {
    if (await lostItsPort(server)) return false;
    await server.stop();
    throw error;
  }
}

async function fetchMemberNames(endpoint: string): Promise<string[]> {
  const url = new URL('/v3/cluster/member/list', endpoint);
  const { status, text } = await sendRequest({ method: 'POST', url, body: '{}' });
  if (status !== 200) throw new Error(`etcd answers ${status}: ${text}`);
  return memberListSchema.parse(JSON.parse(text)).members.map((member) => member.name ?? '');
}

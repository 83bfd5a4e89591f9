// A puller's place: the process of one identity, with its own line to the API server. Like a kubelet it starts the
// process again whenever it has ended; unlike one it can also freeze it.
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { writeKubeconfig } from '../../control-plane/files.ts';
import { startServerProcess, type ServerProcess } from '../../control-plane/server-process.ts';
import { waitUntil } from '../../control-plane/wait.ts';
import { startKubeProxy, type KubeProxy } from '../../servers/kube-proxy.ts';
import type { Site } from '../../site/site.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const restartDelayMs = 200;
const endWithinMs = 10_000;

export type LogLine = {
  readonly level: string;
  readonly message: string;
  readonly code?: string;
  readonly error?: string;
  readonly kind?: string;
  readonly state?: string;
};

export type PullerSlot = {
  readonly identity: string;
  readonly proxy: KubeProxy;
  /** Id of its token, as the audit log names it. */
  readonly credentialId: string;
  process(): ServerProcess;
  isFrozen(): boolean;
  /** Ends the process; the slot starts it again, unless it is held back. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** From now on an ended process stays ended. */
  hold(): void;
  /** Processes are started again; resolves when there is one. */
  release(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** What all of its processes wrote. */
  log(): Promise<readonly LogLine[]>;
  /** Processes that were started so far. */
  starts(): number;
  close(): Promise<void>;
};

export type SlotOptions = {
  readonly identity: string;
  /** Further flags of the puller. */
  readonly flags?: readonly string[];
};

/** Starts a puller that is started again whenever it ends. */
export async function startPullerSlot(
  { plane }: Pick<Site, 'plane'>,
  { identity, flags = [] }: SlotOptions,
): Promise<PullerSlot> {
  const proxy = await startKubeProxy(plane.server);
  const token = await plane.serviceAccountToken('sealift-system', 'sealift-puller');
  const cluster = { server: proxy.server, caFile: plane.caFile };
  const kubeconfig = await writeKubeconfig(join(plane.directory, `${identity}.kubeconfig`), cluster, {
    name: identity,
    token,
    namespace: 'sealift-system',
  });
  const given = ['--kubeconfig', kubeconfig, '--namespace', 'sealift-system', '--identity', identity];
  const closing = new AbortController();
  let starts = 0;
  let isHeld = false;
  let isFrozen = false;
  const start = (): Promise<ServerProcess> => {
    starts += 1;
    return startServerProcess({
      name: identity,
      path: process.execPath,
      arguments: [join(root, 'puller', 'main.ts'), ...given, ...flags],
      directory: plane.directory,
    });
  };
  let current = await start();

  const supervise = async (): Promise<void> => {
    for (;;) {
      await delay(restartDelayMs, undefined, { ref: false });
      if (closing.signal.aborted) return;
      if (!isHeld && !current.isRunning()) current = await start();
    }
  };
  const supervising = supervise();
  const signal = (name: NodeJS.Signals): void => {
    if (current.isRunning()) process.kill(current.pid, name);
  };
  const thaw = (): void => {
    if (isFrozen) signal('SIGCONT');
    isFrozen = false;
  };
  return {
    identity,
    proxy,
    credentialId: `JTI=${idOfToken(token)}`,
    process: () => current,
    isFrozen: () => isFrozen,
    kill: async (name) => {
      const { isRunning } = current;
      // A frozen process takes no SIGTERM.
      if (name === 'SIGTERM') thaw();
      isFrozen = false;
      signal(name);
      await waitUntil(async () => !isRunning(), { what: `the end of ${identity}`, timeoutMs: endWithinMs });
    },
    hold: () => {
      isHeld = true;
    },
    release: async () => {
      isHeld = false;
      await waitUntil(async () => current.isRunning(), { what: identity, timeoutMs: endWithinMs });
    },
    freeze: () => {
      signal('SIGSTOP');
      isFrozen = current.isRunning();
    },
    thaw,
    log: async () => parseLog(await readFile(current.logFile, 'utf8')),
    starts: () => starts,
    close: async () => {
      closing.abort();
      await supervising;
      thaw();
      await current.stop();
      await proxy.close();
    },
  };
}

/** A line that is no JSON is what the runtime printed as it died. */
function parseLog(text: string): readonly LogLine[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    try {
      return JSON.parse(line) as LogLine; // as puller/log.ts writes it
    } catch {
      return { level: 'raw', message: line };
    }
  });
}

function idOfToken(token: string): string {
  const [, claims = ''] = token.split('.');
  const { jti } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { jti: string }; // a JWT of the API server
  return jti;
}

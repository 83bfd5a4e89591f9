// One server process: its output goes to a log file, it ends with us, and its early death is told with its last words.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ControlPlaneError } from './errors.ts';
import { guard } from './guardian.ts';

const defaultKillAfterMs = 8000;
const shownLogLines = 12;

export type ServerProcessOptions = {
  readonly name: string;
  readonly path: string;
  readonly arguments: readonly string[];
  /** Its working directory, home, and the place of its log. */
  readonly directory: string;
  /** Variables beside PATH, HOME and TMPDIR. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** How long it has to end by itself when it is stopped. */
  readonly killAfterMs?: number;
};

export type ServerProcess = {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  isRunning(): boolean;
  /** What it wrote since this start. */
  readLog(): Promise<string>;
  /** Throws ControlPlaneError PROCESS_EXITED with the end of the log when it does not run any more. */
  assertRunning(): Promise<void>;
  /** SIGTERM, and SIGKILL if that does not help; returns when it is gone. */
  stop(): Promise<void>;
};

/** Starts a program as a child that ends when this process ends. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { name, path, directory, killAfterMs = defaultKillAfterMs } = options;
  const logFile = join(directory, `${name}.log`);
  const log = await open(logFile, 'a');
  const { size: logStart } = await log.stat();
  const child = spawn(path, options.arguments, {
    cwd: directory,
    stdio: ['ignore', log.fd, log.fd],
    // Not the caller's environment: etcd reads ETCD_*, the others proxies and KUBECONFIG.
    env: { ...options.env, PATH: process.env['PATH'], HOME: directory, TMPDIR: directory },
  });
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new ControlPlaneError('PROCESS_EXITED', `${name} does not start`, { cause: error });
  } finally {
    await log.close();
  }
  guard(child);
  // A test that crashes must not hang because of its servers; the guardian ends them.
  child.unref();
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const readLog = async (): Promise<string> => (await readFile(logFile)).subarray(logStart).toString('utf8');
  const { pid } = child;
  if (pid === undefined) throw new ControlPlaneError('PROCESS_EXITED', `${name} has no process id`);
  return {
    name,
    pid,
    logFile,
    isRunning,
    readLog,
    async assertRunning() {
      if (isRunning()) return;
      const status = child.signalCode ?? `code ${child.exitCode}`;
      const lines = (await readLog()).trimEnd().split('\n').slice(-shownLogLines);
      throw new ControlPlaneError('PROCESS_EXITED', `${name} ended with ${status}\n  ${lines.join('\n  ')}`, {
        hint: `see ${logFile}`,
      });
    },
    async stop() {
      if (!isRunning()) return;
      child.ref();
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

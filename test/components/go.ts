// Runs the Go command: its version, and runs that end with the signal and keep the last lines of what it said.
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { errorMessageOf } from '../../src/errors.ts';
import { goEnvironment } from './build-command.ts';
import type { Environment } from './cache.ts';

const minimum = { major: 1, minor: 26 } as const;
const killAfterMs = 5000;
const keptCharacters = 4000;

export type GoOptions = {
  readonly cwd: string;
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
};

/** Why Go can't build the components here, or undefined when it can. */
export async function checkGo(environment: Environment): Promise<string | undefined> {
  let output: string;
  try {
    output = await runGo(['version'], { cwd: tmpdir(), environment });
  } catch (error) {
    return errorMessageOf(error);
  }
  const match = /\bgo(\d+)\.(\d+)/u.exec(output);
  const [major, minor] = [Number(match?.[1]), Number(match?.[2])];
  if (major > minimum.major || (major === minimum.major && minor >= minimum.minor)) return undefined;
  return `go is ${match?.[0] ?? 'of an unknown version'}, wanted go${minimum.major}.${minimum.minor} or newer`;
}

/** Runs `go` and returns its stdout. An aborted run is interrupted, so that Go removes its own temporary files. */
export async function runGo(args: readonly string[], options: GoOptions): Promise<string> {
  const { cwd, environment, signal } = options;
  signal?.throwIfAborted();
  const child = spawn('go', args, {
    cwd,
    env: goEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = `${stderr}${text}`.slice(-keptCharacters);
  });
  let killTimer: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    child.kill('SIGINT');
    killTimer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  };
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve);
    });
    signal?.throwIfAborted();
    if (code === 0) return stdout;
    throw new Error(`go ${args[0]} failed: ${stderr.trim().split('\n').slice(-6).join('; ')}`);
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw isAbsent ? new Error('go is not installed (not found in PATH)', { cause: error }) : error;
  } finally {
    clearTimeout(killTimer);
    signal?.removeEventListener('abort', interrupt);
  }
}

// Runs the sealift command as people do: as a process.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const mainFile = join(import.meta.dirname, '../../src/cli/main.ts');

export type Finished = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Running = {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Waits for the first line on stdout. */
  firstLine(): Promise<string>;
};

/** Starts a command in a folder; of our own environment only PATH, and where compiled sources are, is passed on. */
export function startCommand(
  path: string,
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Running {
  const child = spawn(path, args, {
    cwd,
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      HOME: cwd,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const finished = once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr }));
  return {
    child,
    finished,
    firstLine: async () => {
      while (!stdout.includes('\n')) {
        const ended = await Promise.race([
          once(child.stdout, 'data').then(() => false),
          finished.then(() => true),
        ]);
        if (ended && !stdout.includes('\n')) throw new Error(`ended without a line: ${stderr}`);
      }
      return stdout.slice(0, stdout.indexOf('\n'));
    },
  };
}

/** Runs sealift to its end. */
export function sealift(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Finished> {
  return startCommand(process.execPath, [mainFile, ...args], options).finished;
}

/** Starts sealift and leaves it running. */
export function startSealift(args: readonly string[], options: { readonly cwd: string }): Running {
  return startCommand(process.execPath, [mainFile, ...args], options);
}

/** The text of the last line. */
export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

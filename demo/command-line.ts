// Runs the sealift command as its users do: a process of its own, arguments, environment, exit code.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Story } from './story.ts';

const cli = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts');

export type Sealift = (...args: readonly string[]) => Promise<string>;

/**
 * @param cwd folder that the command runs in
 * @param env variables beside the process's own
 * @returns a function that runs the command, tells it, and gives the last line of its stdout
 */
export function createSealift(
  story: Story,
  {
    cwd,
    env,
    signal,
  }: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Sealift {
  return async (...args) => {
    story.command(`sealift ${args.join(' ')}`);
    const child = spawn(process.execPath, [cli, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await once(child, 'close');
    story.output(`${stderr}${stdout}`);
    if (child.exitCode !== 0)
      throw new Error(`sealift ${args[0] ?? ''} ended with exit code ${child.exitCode ?? 'none'}`);
    return stdout.trimEnd().split('\n').at(-1) ?? '';
  };
}

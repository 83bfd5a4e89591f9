// Runs one program that renders: found on PATH first, without a shell, in a home of its own, with an environment that
// holds nothing of the caller's, within bounds of time and bytes. It ends with all that it started.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Readable } from 'node:stream';
import { errorMessageOf, RenderError } from '../errors.ts';
import { renderLimits } from '../limits.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a tool may see of the world around it. */
export type ToolWorld = {
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
};

/** A program that was found. */
export type Tool = {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
};

export type ToolRun = {
  readonly tool: Tool;
  readonly args: readonly string[];
  /** Folder that it runs in. */
  readonly cwd: string;
  /** Folder of its own, as {@link withToolHome} makes it. */
  readonly home: string;
  /** Whether it may use the network, and with that PATH and the environment's proxies. */
  readonly allowNetwork: boolean;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
};

export type ToolOutput = {
  readonly stdout: Buffer;
  /** The last of its words. */
  readonly words: string;
};

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** The first of the names that is a program in a folder of PATH; relative folders of it are passed over. */
export async function findTool(names: readonly string[], env: Environment): Promise<Tool | undefined> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  const suffix = process.platform === 'win32' ? '.exe' : '';
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, `${name}${suffix}`);
      if (await isProgram(path)) return { name, path };
    }
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Gives a folder that a tool may write to, and removes it afterwards. */
export async function withToolHome<T>(use: (home: string) => Promise<T>): Promise<T> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'sealift-render-')));
  try {
    await Promise.all(['bin', 'tmp'].map((name) => mkdir(join(home, name))));
    return await use(home);
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Runs a tool to its end.
 * @throws RenderError `RENDER_FAILED` with its last words, `RENDER_LIMIT`
 */
export function runTool(run: ToolRun, { env, signal }: ToolWorld): Promise<ToolOutput> {
  const { tool, args, cwd, timeoutMs = renderLimits.toolTimeoutMs } = run;
  const { maxBytes = renderLimits.outputBytes } = run;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    // In a process group of its own: what it starts ends with it.
    const child: Child = spawn(tool.path, args, {
      cwd,
      env: environmentOf(run, env),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    const words = keepLast(child.stderr, renderLimits.wordsBytes);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      killGroup(child);
      // What it started may hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
      settle();
    };
    const fail = (code: 'RENDER_FAILED' | 'RENDER_LIMIT', what: string, cause?: Error): void => {
      const options = cause === undefined ? {} : { cause };
      end(() => reject(new RenderError(code, `${tool.name} ${what}`, options)));
    };
    const onAbort = (): void => end(() => reject(signal?.reason));
    const timer = setTimeout(() => fail('RENDER_LIMIT', `did not end within ${timeoutMs} ms`), timeoutMs);
    signal?.addEventListener('abort', onAbort);
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size > maxBytes) fail('RENDER_LIMIT', `gave more than ${maxBytes} bytes`);
      else chunks.push(chunk);
    });
    child.on('error', (error) => fail('RENDER_FAILED', `could not be run: ${errorMessageOf(error, 200)}`));
    child.on('close', (code, killedBy) => {
      if (code === 0) end(() => resolve({ stdout: Buffer.concat(chunks), words: words() }));
      else fail('RENDER_FAILED', `ended with ${code ?? killedBy ?? 'nothing'}`, saidBy(words()));
    });
  });
}

/**
 * What a tool says of its version.
 * @throws RenderError `RENDER_FAILED`, `RENDER_LIMIT`
 */
export async function askVersion(
  tool: Tool,
  args: readonly string[],
  { home, world }: { readonly home: string; readonly world: ToolWorld },
): Promise<string> {
  const { versionTimeoutMs: timeoutMs, wordsBytes: maxBytes } = renderLimits;
  const run = { tool, args, cwd: home, home, allowNetwork: false, timeoutMs, maxBytes };
  return (await runTool(run, world)).stdout.toString('utf8');
}

function saidBy(words: string): Error | undefined {
  // Its last lines say why; those before tell of its way there.
  const said = errorMessageOf(words.slice(-1000), 1000);
  return said === '' ? undefined : new Error(`it says: ${said}`);
}

/** Nothing of the caller's environment, save what a network that is allowed needs: no token, no kubeconfig, no agent. */
function environmentOf({ home, allowNetwork }: ToolRun, env: Environment): NodeJS.ProcessEnv {
  const own = {
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_DATA_HOME: join(home, 'data'),
    HELM_CACHE_HOME: join(home, 'cache/helm'),
    HELM_CONFIG_HOME: join(home, 'config/helm'),
    HELM_DATA_HOME: join(home, 'data/helm'),
    HELM_PLUGINS: join(home, 'data/helm/plugins'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  };
  // Windows starts nothing without it.
  const system = env['SYSTEMROOT'] === undefined ? {} : { SYSTEMROOT: env['SYSTEMROOT'] };
  return { ...own, ...system, ...(allowNetwork ? openNetwork(env) : closedNetwork(home)) };
}

/** An empty PATH, so that no git is found, and a proxy at a port that nobody can listen on. */
function closedNetwork(home: string): Record<string, string> {
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  return {
    PATH: join(home, 'bin'),
    ...Object.fromEntries(proxies.map((name) => [name, 'http://127.0.0.1:0'])),
    NO_PROXY: '',
    no_proxy: '',
  };
}

const networkVariables = ['PATH', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

function openNetwork(env: Environment): Record<string, string> {
  const names = networkVariables.flatMap((name) => (name === 'PATH' ? [name] : [name, name.toLowerCase()]));
  const given = names.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  // Git without the user's keys, and without a program that asks for a password.
  return { ...Object.fromEntries(given), GIT_ALLOW_PROTOCOL: 'https:http', GIT_TERMINAL_PROMPT: '0' };
}

function killGroup(child: Child): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

/** Keeps the last bytes of a stream. */
function keepLast(stream: Readable, maxBytes: number): () => string {
  let kept = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-maxBytes);
  });
  return () => kept.toString('utf8');
}

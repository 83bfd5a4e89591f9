// Runs a docker credential helper: `docker-credential-NAME ACTION` from PATH, without a shell. Its input is never an
// argument, which all who may list processes could read, and its output never becomes part of an error.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { errorMessageOf, RegistryError } from '../../errors.ts';
import { authLimits } from '../../limits.ts';

export type HelperCall = {
  /** What comes after `docker-credential-`. */
  readonly helper: string;
  readonly action: 'get' | 'store' | 'erase';
  readonly input: string;
  readonly signal?: AbortSignal | undefined;
};

export type HelperOutput = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** @throws RegistryError `CREDENTIAL_HELPER_FAILED` where it could not be run to its end */
export type RunHelper = (call: HelperCall) => Promise<HelperOutput>;

export type HelperOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
};

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Runs a helper; a code other than 0 is an answer too. */
export function spawnHelper(
  { helper, action, input, signal }: HelperCall,
  { env, timeoutMs = authLimits.helperTimeoutMs }: HelperOptions,
): Promise<HelperOutput> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const program = `docker-credential-${helper}`;
    // In our own process group: it may have to ask for a password on the terminal.
    const child: Child = spawn(program, [action], { env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      // What it started may hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
      child.kill('SIGKILL');
      settle();
    };
    const fail = (what: string, hint?: string): void => {
      end(() => reject(helperError(helper, what, hint === undefined ? {} : { hint })));
    };
    const onAbort = (): void => end(() => reject(signal?.reason));
    const timer = setTimeout(() => fail(`did not end within ${timeoutMs} ms`), timeoutMs);
    signal?.addEventListener('abort', onAbort);
    const stderr = collect(child.stderr, authLimits.helperErrorBytes, () => undefined);
    const stdout = collect(child.stdout, authLimits.helperOutputBytes, () =>
      fail(`gave more than ${authLimits.helperOutputBytes} bytes`),
    );
    child.on('error', (error) =>
      fail(
        `could not be run: ${errorMessageOf(error, 200)}`,
        `Install ${program} on PATH, or take it out of the file that names it.`,
      ),
    );
    // One that does not read its input may answer all the same.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('close', (code, killedBy) => {
      if (code === null) fail(`ended with ${killedBy ?? 'nothing'}`);
      else end(() => resolve({ code, stdout: stdout(), stderr: stderr() }));
    });
  });
}

/** Keeps the first bytes of a stream. */
function collect(stream: Readable, maxBytes: number, onTooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    const room = Math.max(0, maxBytes - size);
    size += chunk.byteLength;
    chunks.push(chunk.subarray(0, room));
    if (size > maxBytes) onTooMuch();
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

/** A failure of a helper, named. */
export function helperError(
  helper: string,
  what: string,
  options: { readonly hint?: string; readonly cause?: unknown } = {},
): RegistryError {
  return new RegistryError(
    'CREDENTIAL_HELPER_FAILED',
    `credential helper docker-credential-${helper} ${what}`,
    options,
  );
}

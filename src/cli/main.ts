#!/usr/bin/env node
// The sealift command: picks the verb, gives it the world, turns what happened into an exit code.
import { InputError } from '../errors.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { printError } from './output.ts';
import { openStdin } from './stdin.ts';
import { usage } from './usage.ts';
import type { World } from './world.ts';

/** A verb that says nothing of its exit code has done what it was asked for. */
type Verb = (args: readonly string[], world: World) => Promise<ExitCode | void>;

/** Loaded on demand: a verb must not wait for what the others need. */
const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  keygen: async () => (await import('./keygen.ts')).runKeygen,
  init: async () => (await import('./init.ts')).runInit,
  check: async () => (await import('./check.ts')).runCheck,
  push: async () => (await import('./push.ts')).runPush,
  sign: async () => (await import('./sign.ts')).runSign,
  verify: async () => (await import('./verify.ts')).runVerify,
  promote: async () => (await import('./promote.ts')).runPromote,
  history: async () => (await import('./history.ts')).runHistory,
  explain: async () => (await import('./explain.ts')).runExplain,
  hold: async () => (await import('./hold.ts')).runHold,
  pull: async () => (await import('./pull.ts')).runPull,
  copy: async () => (await import('./copy.ts')).runCopy,
  resolve: async () => (await import('./resolve.ts')).runResolve,
  list: async () => (await import('./list.ts')).runList,
  inspect: async () => (await import('./inspect.ts')).runInspect,
  diff: async () => (await import('./diff.ts')).runDiff,
  images: async () => (await import('./images.ts')).runImages,
  login: async () => (await import('./login.ts')).runLogin,
  logout: async () => (await import('./login.ts')).runLogout,
  doctor: async () => (await import('./doctor.ts')).runDoctor,
  serve: async () => (await import('./serve.ts')).runServe,
  gc: async () => (await import('./gc.ts')).runGc,
};

async function run(args: readonly string[], world: World): Promise<number> {
  const [verb, ...rest] = args;
  // Asked for before anything is parsed, so that errors of parsing come in the form that was asked for.
  const isJson = rest.some(
    (arg, index) =>
      /^(?:-o|--output)=?json$/u.test(arg) ||
      (arg === 'json' && /^(?:-o|--output)$/u.test(rest[index - 1] ?? '')),
  );
  if (verb === undefined || verb === 'help' || rest.includes('--help') || verb === '--help') {
    if (verb === undefined) world.stderr(usage);
    else world.stdout(usage);
    return verb === undefined ? exitCodes.input : exitCodes.ok;
  }
  try {
    const loadVerb = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (loadVerb === undefined) {
      throw new InputError('INPUT_INVALID', `verb ${JSON.stringify(verb.slice(0, 50))} is not known`, {
        hint: `Verbs are ${Object.keys(verbs).join(', ')}; run \`sealift help\`.`,
      });
    }
    const runVerb = await loadVerb();
    return (await runVerb(rest, world)) ?? exitCodes.ok;
  } catch (error) {
    return printError(world, isJson ? 'json' : 'text', error);
  }
}

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Asked twice, it ends at once.
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
    interrupt.abort();
  });
}

/** Names of files and words of registries come through here: no control character may steer the terminal. */
function neutralise(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '\u{fffd}');
}

/** Bytes are left alone where no terminal reads them. */
function writeStdout(data: string | Uint8Array): void {
  if (typeof data === 'string') process.stdout.write(neutralise(data));
  else process.stdout.write(process.stdout.isTTY ? neutralise(Buffer.from(data).toString('utf8')) : data);
}

const ERASE_LINE = '\r\u{1b}[2K';

/** Words, and the line below them: words that come while it is drawn take its place. */
function openStderr(output: typeof process.stderr): Pick<World, 'stderr' | 'terminal'> {
  const stderr = (text: string): void => void output.write(neutralise(text));
  if (!output.isTTY || process.env['TERM'] === 'dumb') return { stderr };
  let isDrawn = false;
  return {
    stderr: (text) => {
      if (isDrawn) output.write(ERASE_LINE);
      isDrawn = false;
      stderr(text);
    },
    terminal: {
      columns: () => output.columns,
      draw: (line) => {
        isDrawn = line !== '';
        output.write(`${ERASE_LINE}${neutralise(line)}`);
      },
    },
  };
}

for (const output of [process.stdout, process.stderr]) {
  // Whoever read it has gone, as `head` does: there is nobody to tell anything.
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? exitCodes.ok);
    throw error;
  });
}

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  stdout: writeStdout,
  ...openStderr(process.stderr),
  stdin: openStdin(process.stdin, process.stderr, interrupt.signal),
  now: Date.now,
  random: Math.random,
  signal: interrupt.signal,
});
// What an interrupted verb has under way, as a token server that hangs, keeps nobody waiting.
if (interrupt.signal.aborted) process.exit();

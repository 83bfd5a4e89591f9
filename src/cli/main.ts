#!/usr/bin/env node
// The sealift command: picks the verb, gives it the world, turns what happened into an exit code.
import { InputError } from '../errors.ts';
import { runExplain } from './explain.ts';
import { runHistory } from './history.ts';
import { runKeygen } from './keygen.ts';
import { exitCodes } from './exit-codes.ts';
import { printError } from './output.ts';
import { runPromote } from './promote.ts';
import { runPush } from './push.ts';
import { runServe } from './serve.ts';
import { runSign } from './sign.ts';
import { openStdin } from './stdin.ts';
import { usage } from './usage.ts';
import { runVerify } from './verify.ts';
import type { World } from './world.ts';

const verbs: Readonly<Record<string, (args: readonly string[], world: World) => Promise<void>>> = {
  keygen: runKeygen,
  push: runPush,
  sign: runSign,
  verify: runVerify,
  promote: runPromote,
  history: runHistory,
  explain: runExplain,
  serve: runServe,
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
    const runVerb = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (runVerb === undefined) {
      throw new InputError('INPUT_INVALID', `verb ${JSON.stringify(verb.slice(0, 50))} is not known`, {
        hint: `Verbs are ${Object.keys(verbs).join(', ')}; run \`sealift help\`.`,
      });
    }
    await runVerb(rest, world);
    return 0;
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

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  stdout: (text) => void process.stdout.write(neutralise(text)),
  stderr: (text) => void process.stderr.write(neutralise(text)),
  stdin: openStdin(process.stdin, process.stderr, interrupt.signal),
  now: Date.now,
  random: Math.random,
  signal: interrupt.signal,
});

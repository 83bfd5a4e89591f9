// sealift doctor: how a registry is reached, step by step, with the connections and credentials of every other verb.
import { parseReference } from '../oci/reference.ts';
import { examine, type Step } from '../operations/doctor.ts';
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.ts';
import { connectOptions, registryOptions } from './registries.ts';
import type { World } from './world.ts';

const marks = { ok: 'ok', failed: 'FAILED', skipped: 'skipped' } as const satisfies Record<
  Step['outcome'],
  string
>;

export async function runDoctor(args: readonly string[], world: World): Promise<ExitCode> {
  const { values, positionals } = parseVerb(args, { ...registryOptions, ...outputOptions });
  const format = parseFormat(values.output);
  const [reference] = takePositionals(positionals, 'REFERENCE');
  const steps = await examine({
    reference,
    plainHttp: values['plain-http'],
    connect: await connectOptions(values, world, registryOf(reference)),
    signal: world.signal,
    ...(format === 'json' ? {} : { onStep: (step: Step) => world.stdout(formatStep(step)) }),
  });
  const failed = steps.find(({ outcome }) => outcome === 'failed');
  if (format === 'json') world.stdout(`${JSON.stringify({ healthy: failed === undefined, steps })}\n`);
  if (failed === undefined) return exitCodes.ok;
  return failed.code === undefined ? exitCodes.error : exitCodeOf(failed.code);
}

/** Where the reference can't be read, that is the first step's to say. */
function registryOf(reference: string): string {
  try {
    return parseReference(reference).registry;
  } catch {
    return reference;
  }
}

function formatStep({ name, outcome, words, durationMs, code, hint }: Step): string {
  const time = outcome === 'skipped' ? '' : ` (${durationMs.toFixed(0)} ms)`;
  const line = `${marks[outcome].padEnd(8)}${name.padEnd(12)}${code === undefined ? '' : `${code}: `}${words}${time}\n`;
  return hint === undefined ? line : `${line}${' '.repeat(20)}${hint}\n`;
}

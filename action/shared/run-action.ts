// One run of an action that tells its result in a title and a few facts: the summary, the last line of the log, and what
// went wrong.
import { errorMessageOf } from '../../src/errors.ts';
import { reportEnd, withDeadline } from './deadline.ts';
import type { Host } from './host.ts';
import { code, escape, failureLines } from './markdown.ts';
import type { RegistryAccess } from './registry-inputs.ts';
import { reportError } from './report.ts';
import type { ActionWorld } from './world.ts';

export type Told = {
  readonly title: string;
  /** Last line of the log. */
  readonly line: string;
  readonly facts: readonly (readonly [string, string])[];
};

type Steps<Inputs> = {
  /** Problems of the inputs are annotated alone: whether a summary is wanted is not known then. */
  readonly read: () => Promise<Inputs>;
  /** @param world whose signal ends with the time that the inputs give */
  readonly act: (inputs: Inputs, world: ActionWorld) => Promise<Told>;
};

type Needed = { readonly hasSummary: boolean; readonly registry: Pick<RegistryAccess, 'timeoutMs'> };

/** Reads the inputs and acts; never throws, gives the exit code. */
export async function runAction<Inputs extends Needed>(
  given: ActionWorld,
  { read, act }: Steps<Inputs>,
): Promise<0 | 1> {
  const { host } = given;
  let world = given;
  let hasSummary = false;
  try {
    const inputs = await read();
    ({ hasSummary } = inputs);
    world = withDeadline(given, inputs.registry.timeoutMs);
    const told = await act(inputs, world);
    host.info(told.line);
    if (hasSummary) await writeSummary(host, factLines(told));
    return 0;
  } catch (error) {
    if (world.signal.aborted) {
      reportEnd(host, world.signal);
      return 1;
    }
    // What these actions read are artifacts of a registry: a file of the workspace has another's name by chance.
    reportError(host, error, () => ({}));
    if (hasSummary) await writeSummary(host, failureLines('Nothing was done', error));
    return 1;
  }
}

/** A summary that can't be written makes no failure of what was done. */
async function writeSummary(host: Host, lines: readonly string[]): Promise<void> {
  try {
    await host.summary(`${lines.join('\n')}\n`);
  } catch (error) {
    host.warning(`the job summary could not be written: ${errorMessageOf(error)}`, { title: 'Job summary' });
  }
}

function factLines({ title, facts }: Told): readonly string[] {
  const rows = facts.map(([name, value]) => `| ${name} | ${code(value)} |`);
  return [`### ${escape(title)}`, '', '| | |', '| --- | --- |', ...rows];
}

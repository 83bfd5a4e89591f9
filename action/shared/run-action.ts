// One run of an action that tells its result in a title and a few facts: the summary, the last line of the log, and what
// went wrong.
import { errorCodeOf, errorMessageOf } from '../../src/errors.ts';
import { describeError, problemsOf, reportError } from './report.ts';
import { titleOf } from './titles.ts';
import type { ActionWorld } from './world.ts';

export type Told = {
  readonly hasSummary: boolean;
  readonly title: string;
  /** Last line of the log. */
  readonly line: string;
  readonly facts: readonly (readonly [string, string])[];
};

const valueLength = 300;
const problemsShown = 20;

/** Runs the body; never throws, gives the exit code. */
export async function runAction(world: ActionWorld, body: () => Promise<Told>): Promise<0 | 1> {
  const { host, signal } = world;
  try {
    const told = await body();
    host.info(told.line);
    if (told.hasSummary) await write(world, renderFacts(told));
    return 0;
  } catch (error) {
    if (signal.aborted) {
      host.error('the run was cancelled', { title: 'Cancelled' });
      return 1;
    }
    reportError(host, error, (file) => file);
    await write(world, renderProblems(error));
    return 1;
  }
}

/** A summary that can't be written makes no failure of what was done. */
async function write({ host }: ActionWorld, markdown: string): Promise<void> {
  try {
    await host.summary(markdown);
  } catch (error) {
    host.warning(`the job summary could not be written: ${errorMessageOf(error)}`);
  }
}

function renderFacts({ title, facts }: Told): string {
  const rows = facts.map(([name, value]) => `| ${name} | ${code(value)} |`);
  return [`### ${escape(title)}`, '', '| | |', '| --- | --- |', ...rows, ''].join('\n');
}

function renderProblems(error: unknown): string {
  const lines = problemsOf(error)
    .slice(0, problemsShown)
    .map((problem) => {
      const text = describeError(problem).map((line) => escape(line));
      return `- **${escape(titleOf(errorCodeOf(problem)))}**: ${text.join('<br>')}`;
    });
  return ['### Nothing was done', '', ...lines, ''].join('\n');
}

/** Text that is neither markup nor a mention. */
function escape(text: string): string {
  return text
    .slice(0, valueLength * 4)
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(/[&<>"'`*_~|[\]()#!\\@{}$]/gu, (found) => `&#${found.codePointAt(0) ?? 0};`);
}

function code(text: string): string {
  return `<code>${escape(text.slice(0, valueLength))}</code>`;
}

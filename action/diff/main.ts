// Diff as an action: compares, or reads the report of a run without rights, then tells of it in the outputs, the
// summary and the one comment. A comment that can not be written makes no failure of the plan.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessageOf } from '../../src/errors.ts';
import { planLimits } from '../../src/limits.ts';
import { formatTime } from '../../src/operations/ports.ts';
import type { Rendering } from '../../src/operations/read-sources.ts';
import { renderComment, renderPlan } from '../../src/plan/comment.ts';
import { planChanges } from '../../src/plan/compare.ts';
import { countsOf, formatReport, type PlanReport } from '../../src/plan/report.ts';
import { readContext, repositoryOf, type RunContext } from '../shared/context.ts';
import { reportEnd, withDeadline } from '../shared/deadline.ts';
import { describeGitHubFailure, withGitHub } from '../shared/github.ts';
import type { Host } from '../shared/host.ts';
import { withRepository } from '../shared/open-registry.ts';
import { placesIn, reportError } from '../shared/report.ts';
import type { ActionWorld } from '../shared/world.ts';
import { readInputs, type Comparison, type Inputs } from './inputs.ts';
import { writeOutputs } from './outputs.ts';
import { readEvent, type PlanEvent } from './pull-request.ts';
import { isOfArtifact, readBase, readHead } from './sides.ts';
import { writeComment } from './sticky-comment.ts';

/** Runs the action; never throws, gives the exit code. */
export async function run(given: ActionWorld): Promise<0 | 1> {
  const { host } = given;
  let world = given;
  let inputs: Inputs | undefined;
  let rendering: Rendering | undefined;
  const onRendered = (made: Rendering): void => void (rendering = made);
  try {
    const context = readContext(world.env);
    inputs = await readInputs(host, context);
    world = withDeadline(given, inputs.timeoutMs);
    const event = await readEvent(context);
    const report = await makeReport(inputs, event, { ...world, onRendered });
    const reportPath = 'show' in inputs.task ? '' : await writeReport(report, context, world);
    const commentUrl = await comment(report, { inputs, event, context }, world);
    writeOutputs(host, { report, reportPath, commentUrl });
    await writeSummary(host, inputs, report);
    return judge(host, inputs.failOn, report);
  } catch (error) {
    if (world.signal.aborted) reportEnd(host, world.signal);
    else {
      const inFolder = placesIn(folderOf(inputs), rendering);
      reportError(host, error, (location, problem) =>
        isOfArtifact(problem) ? {} : inFolder(location, problem),
      );
    }
    return 1;
  }
}

type DiffWorld = ActionWorld & { readonly onRendered: (rendering: Rendering) => void };

async function makeReport({ task }: Inputs, { commit }: PlanEvent, world: DiffWorld): Promise<PlanReport> {
  const report = 'show' in task ? task.show : await compare(task.compare, world);
  return { ...report, head: { ...report.head, commit: commit ?? null } };
}

async function compare(comparison: Comparison, world: DiffWorld): Promise<PlanReport> {
  const { repository, base, head, contextLines, ignore, registry } = comparison;
  const { host, now, env, signal, onRendered } = world;
  return withRepository(repository, registry, world, async (store) => {
    const before = await host.group('Read base', () => readBase(store, base, signal));
    const after = await host.group('Read head', () =>
      readHead(store, head, { env, signal, log: (line) => host.info(line), onRendered }),
    );
    return planChanges({
      base: { name: base, digest: before.digest },
      head: {
        name: 'reference' in head ? head.reference : `files of ${head.path.folder.slice(0, 500)}`,
        digest: after.digest,
        commit: null,
      },
      madeAt: formatTime(now()),
      before: before.resources,
      after: after.resources,
      ignore,
      contextLines,
    });
  });
}

async function writeReport(
  report: PlanReport,
  { workspace }: RunContext,
  { env }: ActionWorld,
): Promise<string> {
  const path = join(env['RUNNER_TEMP'] ?? workspace, 'sealift-report.json');
  await writeFile(path, formatReport(report));
  return path;
}

type Told = { readonly inputs: Inputs; readonly event: PlanEvent; readonly context: RunContext };

/** The comment's address; empty where none is wanted, or none can be written. */
async function comment(report: PlanReport, told: Told, world: ActionWorld): Promise<string> {
  const { inputs, event, context } = told;
  const { host, signal } = world;
  const repository = repositoryOf(context);
  if (!inputs.hasComment || repository === undefined || inputs.token === '') return '';
  try {
    return await withGitHub({ token: inputs.token, context }, world, async (github) => {
      const number = await event.findPullRequest(github.request, repository);
      if (number === undefined) {
        host.info('no comment: the event is of no pull request whose head is this commit');
        return '';
      }
      const body = renderComment(report, inputs.commentKey);
      return writeComment(github, { repository, number, body, isNews: report.changes.length > 0 });
    });
  } catch (error) {
    signal.throwIfAborted();
    const why = describeGitHubFailure(error, 'pull-requests: write');
    host.warning(
      `the comment could not be written: ${why}. The plan stands in the job summary; for forks show its report in a workflow_run.`,
      { title: 'Comment' },
    );
    return '';
  }
}

/** A summary that can't be written makes no failure of the plan. */
async function writeSummary(host: Host, { hasSummary }: Inputs, report: PlanReport): Promise<void> {
  if (!hasSummary) return;
  try {
    const options = { maxCharacters: planLimits.summaryCharacters, restPlace: 'in the report' };
    await host.summary(renderPlan(report, options));
  } catch (error) {
    host.warning(`the job summary could not be written: ${errorMessageOf(error)}`, { title: 'Job summary' });
  }
}

function judge(host: Host, failOn: Inputs['failOn'], report: PlanReport): 0 | 1 {
  const { created, configured, deleted, unchanged } = countsOf(report);
  host.info(`${created} created, ${configured} configured, ${deleted} deleted, ${unchanged} unchanged`);
  const isFailed =
    (failOn === 'changes' && report.changes.length > 0) || (failOn === 'deletes' && deleted > 0);
  if (isFailed)
    host.error(`the plan has ${failOn}, and fail-on is ${failOn}`, { title: 'Plan is not empty' });
  return isFailed ? 1 : 0;
}

function folderOf(inputs: Inputs | undefined): string {
  if (inputs === undefined || !('compare' in inputs.task)) return '';
  const { head } = inputs.task.compare;
  return 'path' in head ? head.path.folder : '';
}

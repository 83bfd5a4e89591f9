// The inputs of diff. action/diff/action.yml has the same names (a test compares them); all problems are reported at
// once.
import { resolve } from 'node:path';
import * as z from 'zod';
import { InputError } from '../../src/errors.ts';
import { planLimits } from '../../src/limits.ts';
import type { Reference } from '../../src/oci/reference.ts';
import type { SourceOptions } from '../../src/operations/read-sources.ts';
import { parseIgnoreRule, type IgnoreRule } from '../../src/plan/ignore.ts';
import { parseReport, type PlanReport } from '../../src/plan/report.ts';
import type { RunContext } from '../shared/context.ts';
import { flag, lines, parsed, text } from '../shared/fields.ts';
import type { Host } from '../shared/host.ts';
import type { Problems } from '../shared/problems.ts';
import { readAll } from '../shared/read-all.ts';
import {
  maskRegistrySecrets,
  parseRepository,
  parseVersion,
  readRegistry,
  registryFields,
  type RegistryAccess,
} from '../shared/registry-inputs.ts';
import { renderShape, toSourceOptions } from '../shared/render-inputs.ts';
import { readText, resolveInWorkspace, type WorkspacePath } from '../shared/workspace.ts';

/** One member an input of action.yml. */
export const inputsSchema = z.object({
  repository: parsed(text, optionalRepository),
  base: parsed(text.min(1, 'is missing'), parseVersion),
  path: text,
  ...renderShape,
  head: parsed(text, (value) => (value === '' ? '' : parseVersion(value))),
  context: text.regex(/^(?:\d|[1-9]\d)$/u, 'is no number from 0 to 99').transform(Number),
  ignore: lines,
  'fail-on': z.enum(['none', 'changes', 'deletes'], 'is neither none nor changes nor deletes'),
  comment: flag,
  'comment-key': text.max(300, 'is longer than 300 characters'),
  'report-file': text,
  ...registryFields,
  summary: flag,
  'github-token': text,
});

type Values = z.infer<typeof inputsSchema>;

/** What is compared. */
export type Comparison = {
  readonly repository: Pick<Reference, 'registry' | 'repository'>;
  readonly base: string;
  readonly head:
    { readonly reference: string } | { readonly path: WorkspacePath; readonly render: SourceOptions };
  readonly contextLines: number;
  readonly ignore: readonly IgnoreRule[];
  readonly registry: RegistryAccess;
};

/** What a run of diff is to do: compare, or show what another run compared. */
export type Inputs = {
  readonly task: { readonly compare: Comparison } | { readonly show: PlanReport };
  readonly failOn: Values['fail-on'];
  readonly hasComment: boolean;
  readonly commentKey: string;
  readonly hasSummary: boolean;
  /** For the whole action. */
  readonly timeoutMs: number;
  readonly token: string;
};

/**
 * Masks what is secret, then reads and checks every input.
 * @throws FailuresError of InputError
 */
export function readInputs(host: Host, context: RunContext): Promise<Inputs> {
  host.mask(host.input('github-token').trim());
  maskRegistrySecrets(host);
  return readAll(host, inputsSchema, async (_, problems, values) => {
    if (values === undefined) return undefined;
    const task = await readTask(values, context, problems);
    if (task === undefined) return undefined;
    const repository = values.repository === undefined ? '' : `${values.repository.repository}/`;
    return {
      task,
      failOn: values['fail-on'],
      hasComment: values.comment,
      commentKey: values['comment-key'] === '' ? `${repository}${values.base}` : values['comment-key'],
      hasSummary: values.summary,
      timeoutMs: values.timeout,
      token: values['github-token'],
    };
  });
}

async function readTask(
  values: Values,
  context: RunContext,
  problems: Problems,
): Promise<Inputs['task'] | undefined> {
  const { path, head, 'report-file': file } = values;
  if (file !== '') {
    if (path !== '' || head !== '') problems.add(conflict('report-file: excludes path and head'));
    const show = await problems.attempt('report-file', async () =>
      parseReport(await readText(resolve(context.workspace, file), planLimits.reportBytes)),
    );
    return show === undefined ? undefined : { show };
  }
  if ((path === '') === (head === '')) problems.add(conflict('path: exactly one of path and head is needed'));
  if (values.repository === undefined)
    problems.add(new InputError('INPUT_MISSING', 'repository: is missing'));
  const ignore = await problems.attempt('ignore', () => values.ignore.map(parseIgnoreRule));
  const found =
    path === ''
      ? undefined
      : await problems.attempt('path', () => resolveInWorkspace(context.workspace, path));
  const registry = await readRegistry(values, context, problems);
  if (values.repository === undefined || ignore === undefined || registry === undefined) return undefined;
  const { base, context: contextLines } = values;
  const render = await toSourceOptions(values, context, problems);
  const side = found === undefined ? { reference: head } : { path: found, render };
  const { repository } = values;
  return { compare: { repository, base, head: side, contextLines, ignore, registry } };
}

function conflict(message: string): InputError {
  return new InputError('INPUT_CONFLICT', message, { hint: 'Leave out one of them.' });
}

/** Undefined where it is not given: a report that was made before needs none. */
function optionalRepository(value: string): Pick<Reference, 'registry' | 'repository'> | undefined {
  return value === '' ? undefined : parseRepository(value);
}

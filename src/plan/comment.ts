// A plan as markdown, for the one comment of a pull request and for job summaries. It stays within its characters by
// leaving out whole objects from the end; marker, counts and the last line are always there.
import { planLimits } from '../limits.ts';
import { fencedBlock, inlineCode, markerOf } from './markdown.ts';
import { countsOf, type PlannedChange, type PlanReport } from './report.ts';

export type RenderOptions = {
  readonly maxCharacters: number;
  /** Where the rest is, behind "3 more ". */
  readonly restPlace: string;
};

/** Room for the words that say what was left out, and for the tags that fold. */
const reservedCharacters = 500;

/** The comment with its marker. */
export function renderComment(report: PlanReport, key: string): string {
  const marker = markerOf(key);
  const body = renderPlan(report, {
    maxCharacters: planLimits.commentCharacters - marker.length - 1,
    restPlace: 'in the job summary',
  });
  return `${marker}\n${body}`;
}

/** The plan without a marker. */
export function renderPlan(report: PlanReport, { maxCharacters, restPlace }: RenderOptions): string {
  const head = [`### ${heading(report)}`, '', sides(report), ''];
  const tail = [...warningsOf(report), lastLine(report), ''];
  const budget = { left: maxCharacters - lengthOf([...head, ...tail]) - reservedCharacters };
  const isEmpty = report.changes.length === 0;
  const table = isEmpty ? [] : renderTable(report.changes, { budget, restPlace });
  const details = isEmpty ? [] : renderDetails(report.changes, { budget, restPlace });
  return [...head, ...table, ...details, ...tail].join('\n');
}

function heading(report: PlanReport): string {
  const { created, configured, deleted, unchanged } = countsOf(report);
  const name = inlineCode(report.base.name, planLimits.cellCharacters);
  if (report.changes.length === 0) return `Plan for ${name}: no changes, ${unchanged} unchanged`;
  const deletes = deleted === 0 ? '0 to delete' : `**${deleted} to delete**`;
  const counts = `${created} to create, ${configured} to configure, ${deletes}, ${unchanged} unchanged`;
  return `Plan for ${name}: ${counts}`;
}

function sides({ base, head }: PlanReport): string {
  const from = base.digest === null ? 'nothing published there yet' : `<code>${base.digest}</code>`;
  const to = inlineCode(head.digest ?? head.name, planLimits.cellCharacters);
  return `base ${from} → head ${to}`;
}

/** Shows that a plan is of another commit than the pull request's last. */
function lastLine({ head, madeAt }: PlanReport): string {
  const commit = head.commit === null ? '' : `of commit ${inlineCode(head.commit, 64)}, `;
  return `<sub>${commit}made at ${madeAt}</sub>`;
}

type Room = { readonly budget: { left: number }; readonly restPlace: string };

/** Half of the room at most: diffs are to have some as well. */
function renderTable(changes: readonly PlannedChange[], { budget, restPlace }: Room): readonly string[] {
  const header = ['| | object | change |', '| --- | --- | --- |'];
  const room = { left: Math.floor(budget.left / 2) };
  const rows = takeWhole(changes.map(renderRow), room);
  budget.left -= lengthOf([...header, ...rows]);
  const rest = changes.length - rows.length;
  return [...header, ...rows, '', ...(rest === 0 ? [] : [`${rest} more ${restPlace}`, ''])];
}

function renderRow({ action, name, fields, immutable }: PlannedChange): string {
  const object = inlineCode(name, planLimits.cellCharacters);
  if (action === 'deleted') return `| \u{2757} | **${object}** | **deleted** |`;
  if (immutable.length > 0) {
    return `| \u{2757} | **${object}** | **must be recreated:** ${enumerate(immutable)} can not be changed |`;
  }
  if (action === 'created') return `| + | ${object} | created |`;
  return `| ~ | ${object} | ${enumerate(fields)} |`;
}

function enumerate(fields: readonly string[]): string {
  const shown = fields.slice(0, planLimits.cellFields).map((field) => inlineCode(field, 100));
  const rest = fields.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

function renderDetails(changes: readonly PlannedChange[], { budget, restPlace }: Room): readonly string[] {
  // Of what is created, the table has the names.
  const shown = changes.filter(({ action }) => action !== 'created');
  if (shown.length === 0) return [];
  const blocks = takeWhole(shown.map(renderDiff), budget);
  const rest = shown.length - blocks.length;
  return [
    `<details><summary>Differences of ${shown.length} object${shown.length === 1 ? '' : 's'}</summary>`,
    '',
    ...blocks,
    ...(rest === 0 ? [] : [`${rest} more ${restPlace}`, '']),
    '</details>',
    '',
  ];
}

function renderDiff({ name, text }: PlannedChange): string {
  const title = inlineCode(name, planLimits.cellCharacters);
  if (text === '' || !/^@@ /mu.test(text))
    return `${title}: only masked values differ, or there is no room\n`;
  return `${title}\n\n${fencedBlock(text, 'diff')}\n`;
}

function warningsOf({ changes }: PlanReport): readonly string[] {
  const has = (test: (change: PlannedChange) => boolean): boolean => changes.some(test);
  const warnings = [
    has(({ kind, group }) => kind === 'CustomResourceDefinition' && group === 'apiextensions.k8s.io')
      ? 'A CustomResourceDefinition changes: with its deletion all objects of its kind go.'
      : '',
    has(({ action, kind, group }) => action === 'deleted' && kind === 'Namespace' && group === '')
      ? 'A Namespace is deleted, with all that is in it.'
      : '',
    has(({ immutable }) => immutable.length > 0)
      ? 'Fields change that no API server changes: the objects must be deleted and made anew.'
      : '',
    has(({ kind, group }) => kind === 'Secret' && group === '') ? 'Values of Secrets are masked.' : '',
  ].filter((line) => line !== '');
  return warnings.length === 0 ? [] : [...warnings.map((line) => `- ${line}`), ''];
}

/** The first blocks that fit, whole; the budget loses what they take. */
function takeWhole(blocks: readonly string[], budget: { left: number }): readonly string[] {
  const taken: string[] = [];
  for (const block of blocks) {
    if (block.length + 1 > budget.left) break;
    budget.left -= block.length + 1;
    taken.push(block);
  }
  return taken;
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

// The job summary of publish, as markdown: about 25 lines, everything escaped, never more than the budget. The runner
// drops summaries above 1 MiB without a word, so the list of objects is cut before.
import { signingLimits } from '../../src/limits.ts';
import { code, escape, failureLines } from '../shared/markdown.ts';
import { renderCommands, type VerifyFacts } from './commands.ts';
import type { Outcome } from './outputs.ts';

/** Bytes of a summary. */
export const summaryBytes = 200 * 1024;
const tagsShown = 20;
const kindsShown = 30;

/** What the summary tells beside the outcome. */
export type SummaryFacts = {
  readonly outcome: Outcome;
  readonly revision: string | undefined;
  readonly commitUrl: string | undefined;
  readonly isDryRun: boolean;
  readonly verifying: VerifyFacts;
};

/** The summary of a run that did what it should. */
export function renderSummary(facts: SummaryFacts): string {
  const { outcome, isDryRun } = facts;
  const head = [
    `### ${heading(facts)}`,
    '',
    ...(outcome.isChanged || isDryRun
      ? []
      : ['Nothing has changed: every tag showed this digest already.', '']),
    ...renderTable(facts),
    '',
    ...(isDryRun ? ['Nothing was pushed or signed.', ''] : renderCommands(outcome, facts.verifying)),
    ...(isDryRun || outcome.signed !== undefined
      ? []
      : ['**Nothing was signed**: nobody vouches for it, and no policy accepts it.', '']),
  ];
  return withList(head, outcome.resources);
}

/** The summary of a run that failed: the problems, and nothing else. */
export function renderFailure(error: unknown): string {
  return withinBudget(failureLines('Nothing was published', error));
}

function heading({ outcome, isDryRun }: SummaryFacts): string {
  const name = outcome.reference.repository.split('/').at(-1) ?? '';
  const what = isDryRun ? 'Dry run of' : outcome.isChanged ? 'Published' : 'Unchanged:';
  return `${what} ${escape(name)} @ ${escape(outcome.tags[0] ?? outcome.digest)}`;
}

function renderTable({ outcome, revision, commitUrl }: SummaryFacts): string[] {
  const { reference, digest, tags, size, resources, rendering } = outcome;
  const rows: (readonly [string, string])[] = [
    ['Reference', code(`${reference.registry}/${reference.repository}@${digest}`)],
    ['Digest', code(digest)],
    ['Tags', enumerate(tags.map(code), tagsShown)],
    ['Size', `${size} bytes`],
    ['Objects', `${resources.length}: ${enumerate(countKinds(resources), kindsShown)}`],
    ...(outcome.images === undefined ? [] : [['Images', `${outcome.images} locked`] as const]),
  ];
  if (rendering !== undefined) rows.push(['Rendered with', code(`${rendering.tool} ${rendering.version}`)]);
  rows.push(...signatureRows(outcome));
  if (revision !== undefined) {
    const shown = code(revision);
    rows.push([
      'Revision',
      commitUrl === undefined ? shown : `<a href="${escape(commitUrl, 2000)}">${shown}</a>`,
    ]);
  }
  return ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)];
}

function signatureRows({ signed }: Outcome): readonly (readonly [string, string])[] {
  if (signed === undefined) return [];
  const { identity, signatureDigest, logIndex, signedAt, provenanceDigest } = signed;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Signed as', identity && codeOf(identity.subject)],
    ['Issuer', identity && codeOf(identity.issuer)],
    ['Signature', signatureDigest && code(signatureDigest)],
    ['Log index', logIndex && code(logIndex)],
    ['Timestamp', signedAt && code(signedAt)],
    ['Provenance', provenanceDigest && code(provenanceDigest)],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** Who signed is not cut: the end of it says which ref. */
function codeOf(text: string): string {
  return `<code>${escape(text, signingLimits.identityLength)}</code>`;
}

/** Kinds with their counts, most frequent first. */
function countKinds(resources: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const resource of resources) {
    const kind = resource.split(' ', 1)[0] ?? '';
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .map(([kind, count]) => `${count} ${escape(kind)}`);
}

/** Adds the collapsed list, of as many objects as the budget has room for. */
function withList(head: readonly string[], resources: readonly string[]): string {
  const fold = (lines: readonly string[]): readonly string[] => [
    ...head,
    `<details><summary>${resources.length} objects</summary>`,
    '',
    ...lines,
    '',
    '</details>',
    '',
  ];
  const more = (count: number): string => `- ${count} more`;
  let left = summaryBytes - byteLength(fold([more(resources.length)]));
  const lines: string[] = [];
  for (const resource of resources) {
    const line = `- ${code(resource)}`;
    left -= Buffer.byteLength(line) + 1;
    if (left < 0) break;
    lines.push(line);
  }
  if (lines.length < resources.length) lines.push(more(resources.length - lines.length));
  return fold(lines).join('\n');
}

function withinBudget(lines: readonly string[]): string {
  const kept = [...lines, ''];
  while (byteLength(kept) > summaryBytes) kept.splice(-2, 1);
  return kept.join('\n');
}

function byteLength(lines: readonly string[]): number {
  return Buffer.byteLength(lines.join('\n'));
}

function enumerate(items: readonly string[], max: number): string {
  const rest = items.length - max;
  return rest > 0 ? `${items.slice(0, max).join(', ')} and ${rest} more` : items.join(', ');
}

// Markdown of job summaries: everything from outside escaped, and what went wrong as a list within bounds.
import { errorCodeOf } from '../../src/errors.ts';
import { describeError, problemsOf } from './report.ts';
import { titleOf } from './titles.ts';

const valueLength = 300;
const problemLength = 1000;
const problemsShown = 100;

/** One line of plain text: as entities no character is markup, neither of HTML nor of markdown. */
export function escape(value: string, max = valueLength): string {
  const line = value.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  const short = line.length > max ? `${line.slice(0, max - 1)}…` : line;
  return short.replaceAll(/[&<>"'|*_`[\]\\~#!$]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);
}

export function code(value: string): string {
  return `<code>${escape(value)}</code>`;
}

/** The lines of a summary of a run that failed: the problems, and nothing else. */
export function failureLines(title: string, error: unknown): string[] {
  const problems = problemsOf(error);
  const shown = problems.slice(0, problemsShown);
  const out = [`### ${title}`, ''];
  for (const problem of shown) {
    const [message = '', ...more] = describeError(problem);
    out.push(`- **${escape(titleOf(errorCodeOf(problem)))}**: ${escape(message, problemLength)}`);
    for (const line of more) out.push(`  <br>${escape(line, problemLength)}`);
  }
  if (problems.length > shown.length) out.push(`- ${problems.length - shown.length} more are in the log`);
  return out;
}

// The runner as the actions see it, and the only file that knows @actions/core. Whatever is printed through it is one
// line that can not be taken for a workflow command ("log injection").
import { EOL } from 'node:os';
import {
  endGroup,
  error,
  getInput,
  info,
  setOutput,
  setSecret,
  startGroup,
  summary,
  warning,
  type AnnotationProperties,
} from '@actions/core';
import { createWarnings } from './warnings.ts';

/** Where and under which title an annotation stands. */
export type AnnotationPlace = {
  readonly title: string;
  /** Relative to the workspace. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
};

/** What an action may ask of its runner. */
export type Host = {
  /** An input as it was given, with its white space; empty where it is missing. */
  input(name: string): string;
  output(name: string, value: string): void;
  /** Has the runner hide a text in all logs from here on. */
  mask(secret: string): void;
  /** Folds what `body` prints. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>;
  info(line: string): void;
  /** The same of many lines, written at once. */
  list(lines: readonly string[]): void;
  /** A warning, shown at a place of a file where there is one. */
  warning(message: string, place?: AnnotationPlace): void;
  /** An error, shown at a place of a file where there is one. */
  error(message: string, place: AnnotationPlace): void;
  /** Adds to the job summary, which takes markdown. */
  summary(markdown: string): Promise<void>;
};

const warnings = createWarnings(
  (message, place) => warning(message, place && propertiesOf(place)),
  (line) => info(inertLine(line)),
);

/** To be called when a step is over. */
export const endWarnings = warnings.end;

/** The real runner. */
export const runnerHost: Host = {
  input: (name) => getInput(name, { trimWhitespace: false }),
  output: setOutput,
  mask: (secret) => {
    // An empty mask makes the runner complain.
    if (secret.trim() !== '') setSecret(secret);
  },
  group: async (title, body) => {
    startGroup(title);
    try {
      return await body();
    } finally {
      endGroup();
    }
  },
  info: (line) => info(inertLine(line)),
  list: (lines) => {
    if (lines.length > 0) info(lines.map(inertLine).join(EOL));
  },
  warning: warnings.warn,
  error: (message, place) => error(message, propertiesOf(place)),
  summary: async (markdown) => {
    await summary.addRaw(markdown, true).write();
  },
};

function propertiesOf({ title, file, line, column }: AnnotationPlace): AnnotationProperties {
  return {
    title,
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { startLine: line }),
    ...(column === undefined ? {} : { startColumn: column }),
  };
}

/** One line without control characters in which the runner finds neither `::name::` nor the old `##[name]`. */
export function inertLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').replaceAll('##[', '## [');
  return line.trimStart().startsWith('::') ? `- ${line}` : line;
}

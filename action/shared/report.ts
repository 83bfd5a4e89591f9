// What went wrong, as annotations. The runner shows ten errors of a step and drops the rest without a word, so the tenth
// says how many more there are; the log has them all.
import { posix } from 'node:path';
import {
  errorCodeOf,
  errorMessageOf,
  FailuresError,
  isSealiftError,
  RenderError,
  ResourceError,
  type ResourceLocation,
} from '../../src/errors.ts';
import type { Rendering } from '../../src/operations/read-sources.ts';
import type { AnnotationPlace, Host } from './host.ts';
import { titleOf } from './titles.ts';
import { annotationsOfStep } from './warnings.ts';

const causesShown = 5;

/** Message, hint and causes, for people, a line each. */
export function describeError(error: unknown): readonly string[] {
  const lines = [errorMessageOf(error)];
  if (isSealiftError(error) && error.hint !== undefined) lines.push(error.hint);
  let cause = error instanceof Error ? error.cause : undefined;
  for (let depth = 0; depth < causesShown && cause !== undefined; depth += 1) {
    const message = errorMessageOf(cause, 300);
    // Many messages quote their cause already.
    if (!lines.some((line) => line.includes(message))) lines.push(`caused by: ${message}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}

/** The single problems of an error. */
export function problemsOf(error: unknown): readonly unknown[] {
  return error instanceof FailuresError ? error.errors : [error];
}

/** Where in the workspace what a problem names stands, as far as that is known: annotations stand on its files alone. */
type ToPlace = (location: ResourceLocation, problem: Error) => Partial<ResourceLocation>;

/**
 * Places of files below a folder of the workspace. What was rendered has no lines there: of a chart the templates are
 * known, of a kustomization nothing is.
 */
export function placesIn(folder: string, rendering?: Rendering): ToPlace {
  return (location, problem) => {
    const file = posix.join(folder, location.file);
    if (problem instanceof RenderError || rendering === undefined) return { ...location, file };
    return rendering.tool === 'helm' ? { file } : {};
  };
}

/**
 * Annotates an error, or each of the problems that it is made of.
 * @param toPlace of the file that a problem is in
 */
export function reportError(host: Host, error: unknown, toPlace: ToPlace): void {
  const problems = problemsOf(error);
  const isCut = problems.length > annotationsOfStep;
  const shown = isCut ? problems.slice(0, annotationsOfStep - 1) : problems;
  for (const problem of shown) {
    host.error(describeError(problem).join('\n'), placeOf(problem, toPlace));
  }
  if (!isCut) return;
  const rest = problems.slice(shown.length);
  for (const problem of rest)
    host.info(`${titleOf(errorCodeOf(problem))}: ${describeError(problem).join('; ')}`);
  host.error(`${rest.length} more problems are in the log of this step`, { title: 'More problems' });
}

/** Annotates problems that do not fail the step; the host counts warnings that are too many. */
export function reportWarnings(host: Host, problems: readonly unknown[], toPlace: ToPlace): void {
  for (const problem of problems) host.warning(describeError(problem).join('\n'), placeOf(problem, toPlace));
}

function placeOf(problem: unknown, toPlace: ToPlace): AnnotationPlace {
  const title = titleOf(errorCodeOf(problem));
  if (!(problem instanceof ResourceError || problem instanceof RenderError)) return { title };
  if (problem.location === undefined) return { title };
  const { file, line, column } = toPlace(problem.location, problem);
  if (file === undefined) return { title };
  return {
    title,
    file,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}

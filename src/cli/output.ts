// Data to stdout, words to stderr. Text ends with one line of data on stdout; `-o json` is one object and nothing else.
import {
  errorCodeOf,
  errorMessageOf,
  FailuresError,
  isSealiftError,
  PolicyError,
  RenderError,
  ResourceError,
  VerificationError,
} from '../errors.ts';
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.ts';
import type { World } from './world.ts';

export type Format = 'text' | 'json';

/** Gives a command's result: `line` for scripts that read text, `data` for those that read JSON. */
export function printResult(
  world: World,
  format: Format,
  { line, data }: { line: string; data: object },
): void {
  world.stdout(format === 'json' ? `${JSON.stringify(data)}\n` : `${line}\n`);
}

/** Gives an error, and its exit code. The stack is shown only with SEALIFT_DEBUG. */
export function printError(world: World, format: Format, error: unknown): ExitCode {
  if (world.signal.aborted) {
    world.stderr('interrupted\n');
    return exitCodes.interrupted;
  }
  const code = errorCodeOf(error);
  if (format === 'json') world.stdout(`${JSON.stringify({ error: toJson(error) })}\n`);
  else world.stderr(formatError(error).join('\n') + '\n');
  if (world.env['SEALIFT_DEBUG'] !== undefined && error instanceof Error)
    world.stderr(`${error.stack ?? ''}\n`);
  return code === undefined ? exitCodes.error : exitCodeOf(code);
}

function toJson(error: unknown): object {
  const hint = isSealiftError(error) ? error.hint : undefined;
  return {
    code: errorCodeOf(error) ?? 'INTERNAL',
    message: errorMessageOf(error),
    ...(hint === undefined ? {} : { hint }),
    ...(error instanceof FailuresError
      ? {
          problems: error.errors.map((problem) => ({
            code: problem.code,
            message: problem.message,
            ...(problem.hint === undefined ? {} : { hint: problem.hint }),
            ...(problem instanceof ResourceError || problem instanceof RenderError
              ? { ...problem.location, ...problem.details }
              : {}),
          })),
        }
      : {}),
    ...(error instanceof VerificationError || (error instanceof PolicyError && error.candidates.length > 0)
      ? { candidates: error.candidates }
      : {}),
  };
}

function formatError(error: unknown): string[] {
  if (error instanceof FailuresError) {
    const hints = new Set(error.errors.map(({ hint }) => hint).filter((hint) => hint !== undefined));
    return [
      ...error.errors.map((problem) => `${problem.code}: ${problem.message}`),
      ...[...hints].map((hint) => `  ${hint}`),
      `error: ${error.code}: ${error.message}`,
    ];
  }
  const lines = [`error: ${errorCodeOf(error) ?? 'INTERNAL'}: ${errorMessageOf(error)}`];
  if (isSealiftError(error) && error.hint !== undefined) lines.push(`  ${error.hint}`);
  let cause = error instanceof Error ? error.cause : undefined;
  for (let depth = 0; depth < 5 && cause !== undefined; depth += 1) {
    lines.push(`  caused by: ${errorMessageOf(cause, 300)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}

// Kinds of inputs as schemas. The runner gives text only, and an empty text for an input that was not set.
import * as z from 'zod';
import { isSealiftError } from '../../src/errors.ts';

/** Text without the white space around it. */
export const text = z.string().trim();

/** Text that must be there. */
export const requiredText = text.min(1, 'is missing');

/** The lines of a text that are not empty. */
export const lines = text.transform(splitLines);

/** YAML 1.2's booleans, as the runner's own toolkit takes them. */
export const flag = text
  .regex(/^(?:true|True|TRUE|false|False|FALSE)$/u, 'is neither true nor false')
  .transform((value) => value.toLowerCase() === 'true');

/** Text through a parser of ours, whose error becomes the field's problem, hint included. */
export function parsed<T>(
  base: z.ZodType<string, string>,
  parse: (value: string) => T,
): z.ZodType<T, string> {
  return base.transform((value, context): T => {
    try {
      return parse(value);
    } catch (error) {
      if (!isSealiftError(error)) throw error;
      context.issues.push({
        code: 'custom',
        message: error.message,
        input: value,
        params: { hint: error.hint },
      });
      return z.NEVER;
    }
  });
}

/** Text through a parser of ours, where there is any; else undefined. */
export function optional<T>(parse: (value: string) => T): z.ZodType<T | undefined, string> {
  return parsed(text, (value): T | undefined => (value === '' ? undefined : parse(value)));
}

/** The lines of a text that are not empty, each through a parser of ours. */
export function parsedLines<T>(parse: (line: string) => T): z.ZodType<readonly T[], string> {
  return parsed(text, (value) => splitLines(value).map(parse));
}

/** The lines that are not empty, without the white space around them. */
export function splitLines(value: string): readonly string[] {
  return value
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

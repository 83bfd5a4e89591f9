// All inputs of an action through its schema at once.
import type * as z from 'zod';
import type { Host } from './host.ts';
import type { Problems } from './problems.ts';
import { toInputError } from './registry-inputs.ts';

/** The values; undefined where there is a problem, which is among the problems then. */
export function readValues<Shape extends z.ZodRawShape>(
  host: Host,
  schema: z.ZodObject<Shape>,
  problems: Problems,
): z.output<z.ZodObject<Shape>> | undefined {
  const names = Object.keys(schema.shape);
  const result = schema.safeParse(Object.fromEntries(names.map((name) => [name, host.input(name)])));
  for (const issue of result.error?.issues ?? []) problems.add(toInputError(issue));
  return result.data;
}

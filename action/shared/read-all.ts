// All inputs of an action at once: each through its schema, then what depends on several; all problems are told together.
import type * as z from 'zod';
import type { Host } from './host.ts';
import { Problems } from './problems.ts';
import { toInputError } from './registry-inputs.ts';

/**
 * @param complete makes the inputs of the values, or adds problems and gives undefined
 * @throws FailuresError of all problems
 */
export async function readAll<Shape extends z.ZodRawShape, Inputs>(
  host: Host,
  schema: z.ZodObject<Shape>,
  complete: (values: z.output<z.ZodObject<Shape>>, problems: Problems) => Promise<Inputs | undefined>,
): Promise<Inputs> {
  const problems = new Problems();
  const names = Object.keys(schema.shape);
  const { data, error } = schema.safeParse(Object.fromEntries(names.map((name) => [name, host.input(name)])));
  for (const issue of error?.issues ?? []) problems.add(toInputError(issue));
  const inputs = data === undefined ? undefined : await complete(data, problems);
  const failure = problems.toError();
  if (failure !== undefined) throw failure;
  if (inputs === undefined) throw new TypeError('there are neither inputs nor a problem');
  return inputs;
}

// All inputs of an action at once: each through its own schema, then what depends on several; all problems are told
// together, so one that is wrong hides none of the others.
import * as z from 'zod';
import type { Host } from './host.ts';
import { Problems } from './problems.ts';
import { toInputError } from './registry-inputs.ts';

/** The values of inputs; one with a problem has none. */
export type Taken<Values> = { readonly [Name in keyof Values]: Values[Name] | undefined };

/** What several inputs make together. */
export type Complete<Values, Inputs> = (
  values: Taken<Values>,
  problems: Problems,
  /** The same, where no single input has a problem. */
  whole: Values | undefined,
) => Promise<Inputs | undefined>;

/**
 * @param complete makes the inputs of the values, or adds problems and gives undefined
 * @throws FailuresError of all problems
 */
export async function readAll<Shape extends z.ZodRawShape, Inputs>(
  host: Host,
  { shape }: z.ZodObject<Shape>,
  complete: Complete<z.output<z.ZodObject<Shape>>, Inputs>,
): Promise<Inputs> {
  const problems = new Problems();
  const taken = new Map<string, unknown>();
  for (const [name, schema] of Object.entries(shape)) {
    const { data, error } = z.safeParse(schema, host.input(name));
    for (const issue of error?.issues ?? []) problems.add(toInputError(issue, name));
    taken.set(name, data);
  }
  // Each name of the shape has what its schema made of it, or a problem.
  const values = Object.fromEntries(taken) as Taken<z.output<z.ZodObject<Shape>>>;
  const whole = problems.toError() === undefined ? (values as z.output<z.ZodObject<Shape>>) : undefined;
  const inputs = await complete(values, problems, whole);
  const failure = problems.toError();
  if (failure !== undefined) throw failure;
  if (inputs === undefined) throw new TypeError('there are neither inputs nor a problem');
  return inputs;
}

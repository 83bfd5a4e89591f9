// The inputs that a step gets without giving any: what the runner takes from action.yml.
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import * as z from 'zod';

const schema = z.object({ inputs: z.record(z.string(), z.object({ default: z.string().optional() })) });

/** @param action the folder below `action/`; the root action without one */
export async function readDefaults(action?: string): Promise<Readonly<Record<string, string>>> {
  const path = action === undefined ? 'action.yml' : `action/${action}/action.yml`;
  const file = new URL(`../../${path}`, import.meta.url);
  const { inputs } = schema.parse(parse(await readFile(file, 'utf8')));
  // An expression is the runner's to fill in: the token.
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { default: value = '' }]) => [
      name,
      value.startsWith('${{') ? '' : value,
    ]),
  );
}

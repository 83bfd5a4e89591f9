// Inputs that several actions have: where an artifact is, and how its registry is reached.
import { resolve } from 'node:path';
import type * as z from 'zod';
import { InputError, type ErrorOptions } from '../../src/errors.ts';
import { httpLimits } from '../../src/limits.ts';
import { parseDigest } from '../../src/oci/digest.ts';
import { parseReference, parseTag, type Reference } from '../../src/oci/reference.ts';
import type { RunContext } from './context.ts';
import type { Problems } from './problems.ts';
import type { Taken } from './read-all.ts';
import { readText } from './workspace.ts';

/** A repository without tag and digest. */
export function parseRepository(value: string): Pick<Reference, 'registry' | 'repository'> {
  const { registry, repository, tag, digest } = parseReference(value);
  if (tag === undefined && digest === undefined) return { registry, repository };
  throw new InputError('INPUT_INVALID', `${JSON.stringify(value)} has a tag or digest`, {
    hint: 'Give oci://HOST/PATH alone.',
  });
}

/** A tag or a digest. */
export function parseVersion(value: string): string {
  return value.includes(':') ? parseDigest(value) : parseTag(value);
}

/** An issue of one input's schema, as a problem that names the input. */
export function toInputError(issue: z.core.$ZodIssue, name: string): InputError {
  const hint: unknown = issue.code === 'custom' ? issue.params?.['hint'] : undefined;
  const code = issue.message === 'is missing' ? 'INPUT_MISSING' : 'INPUT_INVALID';
  const options: ErrorOptions = typeof hint === 'string' ? { hint } : {};
  return new InputError(code, `${name}: ${issue.message}`, options);
}

/** The text of `ca-file`, where one is given. */
export async function readCa(
  values: Taken<{ readonly 'ca-file': string; readonly 'plain-http': boolean }>,
  { workspace }: RunContext,
  problems: Problems,
): Promise<string | undefined> {
  const { 'ca-file': file = '' } = values;
  if (file === '') return undefined;
  if (values['plain-http'] === true) {
    problems.add(
      new InputError('INPUT_CONFLICT', 'ca-file: has no use with plain-http', {
        hint: 'Leave out one of the two.',
      }),
    );
  }
  return problems.attempt('ca-file', () => readText(resolve(workspace, file), httpLimits.caBytes));
}

// The inputs of promote. action/promote/action.yml has the same names (a test compares them); all problems are reported
// at once.
import * as z from 'zod';
import { InputError } from '../../src/errors.ts';
import { githubLimits } from '../../src/limits.ts';
import { parseDigest } from '../../src/oci/digest.ts';
import { parseTag, type Reference } from '../../src/oci/reference.ts';
import { expiryMsOf } from '../../src/operations/promote.ts';
import type { Signer } from '../../src/signing/signer.ts';
import type { RunContext } from '../shared/context.ts';
import { flag, parsed, requiredText, text } from '../shared/fields.ts';
import type { Host } from '../shared/host.ts';
import type { Problems } from '../shared/problems.ts';
import { readAll } from '../shared/read-all.ts';
import { parseRepository, parseVersion, readCa } from '../shared/registry-inputs.ts';
import { maskSigningKey, parseKeyInput } from '../shared/signing-inputs.ts';
import { readTrust, type Trust } from '../shared/trust-inputs.ts';

const optional = <T>(parse: (value: string) => T) =>
  parsed(text, (value): T | undefined => (value === '' ? undefined : parse(value)));

/** One member an input of action.yml. */
export const inputsSchema = z.object({
  repository: parsed(requiredText, parseRepository),
  from: parsed(requiredText, parseVersion),
  to: parsed(requiredText, parseTag),
  policy: text,
  namespace: text,
  'public-key': text,
  'logical-repository': text,
  'expect-current': optional(parseDigest),
  rollback: flag,
  'expires-in': optional(parseExpiry),
  reason: text,
  cosign: optional(parseDigest),
  'signing-key': text.min(1, 'is missing'),
  'signing-key-password': z.string(),
  'ca-file': text,
  'plain-http': flag,
  summary: flag,
  deployment: flag,
  environment: text
    .max(
      githubLimits.environmentCharacters,
      `is longer than ${githubLimits.environmentCharacters} characters`,
    )
    .regex(/^\P{Cc}*$/u, 'has control characters'),
  'github-token': text,
});

type Values = z.infer<typeof inputsSchema>;

/** What a run of promote is to do. */
export type Inputs = {
  readonly reference: Pick<Reference, 'registry' | 'repository'>;
  readonly values: Values;
  readonly trust: Trust;
  readonly signer: Signer;
  readonly ca: string | undefined;
  readonly hasSummary: boolean;
};

/**
 * Masks what is secret, then reads and checks every input.
 * @throws FailuresError of InputError, SigningError and PolicyError
 */
export async function readInputs(host: Host, context: RunContext): Promise<Inputs> {
  maskSigningKey(host);
  host.mask(host.input('github-token').trim());
  return readAll(host, inputsSchema, (values, problems) => complete(values, context, problems));
}

async function complete(
  values: Values,
  context: RunContext,
  problems: Problems,
): Promise<Inputs | undefined> {
  const trust = await readTrust(values, context, problems);
  const signer = await problems.attempt('signing-key', () =>
    parseKeyInput(values['signing-key'], values['signing-key-password']),
  );
  const ca = await readCa(values, context, problems);
  if (values.policy !== '' && values['logical-repository'] !== '') {
    problems.add(conflict('logical-repository: has no use with policy, which has it'));
  }
  if (values.rollback && values.cosign !== undefined) problems.add(conflict('cosign: excludes rollback'));
  if (trust === undefined || signer === undefined) return undefined;
  return { reference: values.repository, values, trust, signer, ca, hasSummary: values.summary };
}

function conflict(message: string): InputError {
  return new InputError('INPUT_CONFLICT', message, { hint: 'Leave out one of the two.' });
}

/** @throws InputError `INPUT_INVALID` */
function parseExpiry(value: string): number {
  const ms = expiryMsOf(value);
  if (ms !== undefined) return ms;
  throw new InputError('INPUT_INVALID', `${JSON.stringify(value)} is no duration such as 720h`);
}

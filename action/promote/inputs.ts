// The inputs of promote. action/promote/action.yml has the same names (a test compares them); all problems are reported
// at once.
import * as z from 'zod';
import { InputError } from '../../src/errors.ts';
import { githubLimits } from '../../src/limits.ts';
import { parseDigest } from '../../src/oci/digest.ts';
import { parseTag, type Reference } from '../../src/oci/reference.ts';
import { expiryMsOf } from '../../src/operations/promote.ts';
import type { RunContext } from '../shared/context.ts';
import { flag, optional, parsed, requiredText, text } from '../shared/fields.ts';
import type { Host } from '../shared/host.ts';
import type { Problems } from '../shared/problems.ts';
import { readAll, type Taken } from '../shared/read-all.ts';
import {
  maskRegistrySecrets,
  parseRepository,
  parseVersion,
  readRegistry,
  registryFields,
  type RegistryAccess,
} from '../shared/registry-inputs.ts';
import {
  maskSigningSecrets,
  readSigning,
  signingFields,
  type SomeSigning,
} from '../shared/signing-inputs.ts';
import { readTrust, trustFields, type Trust } from '../shared/trust-inputs.ts';

/** One member an input of action.yml. */
export const inputsSchema = z.object({
  repository: parsed(requiredText, parseRepository),
  from: parsed(requiredText, parseVersion),
  to: parsed(requiredText, parseTag),
  'destination-repository': optional(parseRepository),
  ...trustFields,
  'logical-repository': text,
  'expect-current': optional(parseDigest),
  rollback: flag,
  'expires-in': optional(parseExpiry),
  reason: text,
  cosign: optional(parseDigest),
  ...signingFields,
  ...registryFields,
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

type Place = Pick<Reference, 'registry' | 'repository'>;

/** What a run of promote is to do. */
export type Inputs = {
  /** Where the release is. */
  readonly source: Place;
  /** Where it is promoted: there, unless it is copied somewhere else first. */
  readonly reference: Place;
  readonly values: Values;
  readonly trust: Trust;
  readonly signing: SomeSigning;
  readonly registry: RegistryAccess;
  readonly hasSummary: boolean;
};

/**
 * Masks what is secret, then reads and checks every input.
 * @throws FailuresError of InputError, SigningError and PolicyError
 */
export async function readInputs(host: Host, context: RunContext): Promise<Inputs> {
  maskSigningSecrets(host, context);
  maskRegistrySecrets(host);
  host.mask(host.input('github-token').trim());
  return readAll(host, inputsSchema, (values, problems, whole) =>
    complete(values, context, { problems, whole }),
  );
}

async function complete(
  values: Taken<Values>,
  context: RunContext,
  { problems, whole }: { readonly problems: Problems; readonly whole: Values | undefined },
): Promise<Inputs | undefined> {
  const trust = await readTrust(values, context, problems);
  const signing = await readSigning(values, context, { problems });
  const registry = await readRegistry(values, context, problems);
  findConflicts(values, problems);
  if (signing?.way === 'keyless' && values.policy === '' && signing.root === undefined) {
    problems.add(
      new InputError('INPUT_MISSING', 'trusted-root: is missing: no policy says how statements are judged', {
        hint: 'Give the trusted_root.json of the Sigstore instance, or a policy that names this identity.',
      }),
    );
  }
  if (whole === undefined || trust === undefined || registry === undefined) return undefined;
  if (signing === undefined || signing.way === 'none') return undefined;
  return {
    source: whole.repository,
    reference: whole['destination-repository'] ?? whole.repository,
    values: whole,
    trust,
    signing,
    registry,
    hasSummary: whole.summary,
  };
}

function findConflicts(values: Taken<Values>, problems: Problems): void {
  if (values.policy !== '' && values['logical-repository'] !== '') {
    problems.add(conflict('logical-repository: has no use with policy, which has it'));
  }
  const { repository: source, 'destination-repository': destination } = values;
  if (source !== undefined && destination !== undefined && formatPlace(source) === formatPlace(destination)) {
    problems.add(conflict('destination-repository: is the repository itself'));
  }
  if (values.rollback === true && values.cosign !== undefined) {
    problems.add(conflict('cosign: excludes rollback'));
  }
}

function formatPlace({ registry, repository }: Place): string {
  return `${registry}/${repository}`;
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

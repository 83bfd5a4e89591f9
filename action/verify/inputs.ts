// The inputs of verify. action/verify/action.yml has the same names (a test compares them); all problems are reported
// at once.
import * as z from 'zod';
import { InputError } from '../../src/errors.ts';
import { parseTag, type Reference } from '../../src/oci/reference.ts';
import type { RunContext } from '../shared/context.ts';
import { flag, parsed, requiredText, text } from '../shared/fields.ts';
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
import { readTrust, trustFields, type Trust } from '../shared/trust-inputs.ts';

/** One member an input of action.yml. */
export const inputsSchema = z.object({
  repository: parsed(requiredText, parseRepository),
  version: parsed(requiredText, parseVersion),
  channel: parsed(text, (value) => (value === '' ? '' : parseTag(value))),
  ...trustFields,
  'trusted-root': text,
  'require-provenance': flag,
  ...registryFields,
  summary: flag,
});

type Values = z.infer<typeof inputsSchema>;

/** What a run of verify is to do. */
export type Inputs = {
  readonly reference: Pick<Reference, 'registry' | 'repository'>;
  readonly version: string;
  readonly trust: Trust;
  readonly namespace: string;
  /** The tag that a site follows. */
  readonly channel: string;
  readonly requiresProvenance: boolean;
  readonly registry: RegistryAccess;
  readonly hasSummary: boolean;
};

/**
 * Masks what is secret, then reads and checks every input.
 * @throws FailuresError of InputError, SigningError and PolicyError
 */
export function readInputs(host: Host, context: RunContext): Promise<Inputs> {
  maskRegistrySecrets(host);
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
  const registry = await readRegistry(values, context, problems);
  const { version = '' } = values;
  const channel = values.channel === '' && !version.includes(':') ? version : values.channel;
  if (channel === '' && version !== '' && values.policy !== '') {
    problems.add(
      new InputError('INPUT_MISSING', 'channel: is missing: policies judge what a tag shows', {
        hint: 'Name the tag that the site follows, beside the digest in version.',
      }),
    );
  }
  if (whole === undefined || trust === undefined || registry === undefined) return undefined;
  return {
    reference: whole.repository,
    version,
    trust,
    namespace: whole.namespace,
    channel: channel ?? version,
    requiresProvenance: whole['require-provenance'],
    registry,
    hasSummary: whole.summary,
  };
}

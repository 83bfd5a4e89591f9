// Inputs that say whom to believe: a file of TrustPolicies, or public keys.
import { resolve } from 'node:path';
import { InputError } from '../../src/errors.ts';
import { judgingLimits } from '../../src/limits.ts';
import { parsePolicyFile, type PolicyFile } from '../../src/operations/policy-file.ts';
import { parseVerifyKey, type VerifyKey } from '../../src/signing/keys.ts';
import type { RunContext } from './context.ts';
import type { Problems } from './problems.ts';
import type { Taken } from './read-all.ts';
import { readText } from './workspace.ts';

export type Trust =
  { readonly policy: PolicyFile; readonly file: string } | { readonly keys: readonly VerifyKey[] };

/** Exactly one of `policy` and `public-key`; undefined where there is a problem. */
export async function readTrust(
  values: Taken<{ readonly policy: string; readonly 'public-key': string }>,
  context: RunContext,
  problems: Problems,
): Promise<Trust | undefined> {
  const { policy: file = '', 'public-key': pem = '' } = values;
  if ((file === '') === (pem === '')) {
    const code = file === '' ? 'INPUT_MISSING' : 'INPUT_CONFLICT';
    problems.add(
      new InputError(code, 'policy: exactly one of policy and public-key is needed', {
        hint: 'A policy says what a site asks for; a key alone says who must have signed.',
      }),
    );
    return undefined;
  }
  if (file !== '') {
    const policy = await readPolicy(file, context, problems);
    return policy === undefined ? undefined : { policy, file };
  }
  const keys = await problems.attempt('public-key', () => splitPem(pem).map(parseVerifyKey));
  return keys === undefined ? undefined : { keys };
}

/** Several keys stand one after the other. */
function splitPem(text: string): readonly string[] {
  const parts = text.split(/(?<=-----END PUBLIC KEY-----)/u).filter((part) => part.trim() !== '');
  return parts.length === 0 ? [text] : parts;
}

/** The TrustPolicies of a file of the workspace. */
function readPolicy(
  file: string,
  { workspace }: RunContext,
  problems: Problems,
): Promise<PolicyFile | undefined> {
  return problems.attempt('policy', async () => {
    const text = await readText(resolve(workspace, file), judgingLimits.policyFileBytes);
    return parsePolicyFile(file, Buffer.from(text));
  });
}

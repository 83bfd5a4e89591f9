// Inputs that say whom to believe: a file of TrustPolicies, public keys, or an identity under a trusted root.
import { resolve } from 'node:path';
import { InputError } from '../../src/errors.ts';
import { judgingLimits, signingLimits } from '../../src/limits.ts';
import { parsePolicyFile, type PolicyFile } from '../../src/operations/policy-file.ts';
import { identityAuthority, type Authority } from '../../src/signing/authority.ts';
import { parseVerifyKey } from '../../src/signing/keys.ts';
import { parseTrustRoot } from '../../src/signing/trust-root.ts';
import type { RunContext } from './context.ts';
import { text } from './fields.ts';
import type { Problems } from './problems.ts';
import type { Taken } from './read-all.ts';
import { readText } from './workspace.ts';

export type Trust =
  | { readonly policy: PolicyFile; readonly file: string }
  /** Of which one must have signed. */
  | { readonly authorities: readonly Authority[] };

/** The members of both schemas, beside `trusted-root`. */
export const trustFields = {
  policy: text,
  namespace: text,
  'public-key': text,
  'certificate-identity': text,
  'certificate-identity-regexp': text,
  'certificate-oidc-issuer': text,
};

type TrustValues = Readonly<Record<keyof typeof trustFields | 'trusted-root', string>>;

const ways = ['policy', 'public-key', 'certificate-identity', 'certificate-identity-regexp'] as const;

/** Exactly one way to say it; undefined where there is a problem. */
export async function readTrust(
  values: Taken<TrustValues>,
  context: RunContext,
  problems: Problems,
): Promise<Trust | undefined> {
  const given = ways.filter((name) => values[name] !== '');
  const [way] = given;
  if (way === undefined || given.length > 1) {
    const code = way === undefined ? 'INPUT_MISSING' : 'INPUT_CONFLICT';
    problems.add(
      new InputError(code, `${way ?? 'policy'}: exactly one of ${ways.join(', ')} is needed`, {
        hint: 'A policy says what a site asks for; a key or an identity alone says who must have signed.',
      }),
    );
    return undefined;
  }
  const { policy: file = '', 'public-key': pem = '', 'certificate-oidc-issuer': issuer } = values;
  if (issuer !== '' && (way === 'policy' || way === 'public-key')) {
    problems.add(
      new InputError('INPUT_CONFLICT', `certificate-oidc-issuer: has no use with ${way}`, {
        hint: 'Leave out one of the two.',
      }),
    );
  }
  if (way === 'policy') {
    const policy = await readPolicy(file, context, problems);
    return policy === undefined ? undefined : { policy, file };
  }
  if (way !== 'public-key') return readIdentity(values, context, problems);
  const keys = await problems.attempt('public-key', () => splitPem(pem).map(parseVerifyKey));
  return keys && { authorities: keys.map((key, index) => ({ name: `key ${index + 1}`, key })) };
}

async function readIdentity(
  values: Taken<TrustValues>,
  { workspace }: RunContext,
  problems: Problems,
): Promise<Trust | undefined> {
  const {
    'certificate-identity': subject = '',
    'certificate-identity-regexp': pattern = '',
    'certificate-oidc-issuer': issuer = '',
    'trusted-root': file = '',
  } = values;
  for (const [name, value] of [
    ['certificate-oidc-issuer', issuer],
    ['trusted-root', file],
  ] as const) {
    if (value !== '') continue;
    problems.add(
      new InputError('INPUT_MISSING', `${name}: is missing beside an identity`, {
        hint: 'An identity is what one issuer says, proven under the trusted_root.json of one instance.',
      }),
    );
  }
  if (issuer === '' || file === '') return undefined;
  const root = await problems.attempt('trusted-root', async () =>
    parseTrustRoot(await readText(resolve(workspace, file), signingLimits.trustRootBytes)),
  );
  if (root === undefined) return undefined;
  const name = subject === '' ? 'certificate-identity-regexp' : 'certificate-identity';
  const authority = await problems.attempt(name, () =>
    identityAuthority({
      subject: subject === '' ? undefined : subject,
      subjectRegExp: subject === '' ? pattern : undefined,
      issuer,
      root,
    }),
  );
  return authority && { authorities: [authority] };
}

/** Several keys stand one after the other. */
function splitPem(pem: string): readonly string[] {
  const parts = pem.split(/(?<=-----END PUBLIC KEY-----)/u).filter((part) => part.trim() !== '');
  return parts.length === 0 ? [pem] : parts;
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

// Options that say whose signatures count, by name or by policy, and the check that they ask for: `verify` makes it, and
// `pull` before it unpacks anything.
import type { ParseArgsOptionsConfig } from 'node:util';
import { InputError } from '../errors.ts';
import type { ContentSource } from '../oci/content-store.ts';
import type { Digest } from '../oci/digest.ts';
import { assertJudged, judgeReference, verifyArtifact, type Judgement } from '../operations/verify.ts';
import type { Authority } from '../signing/authority.ts';
import { parseCount, readKeys } from './arguments.ts';
import { identityOptions, readIdentity, type IdentityValues } from './identity-options.ts';
import { followedOf, judgingOptions, readPolicyFile } from './judging.ts';
import type { Location } from './location.ts';
import type { World } from './world.ts';

export const verificationOptions = {
  'verify-key': { type: 'string', multiple: true, default: [] },
  threshold: { type: 'string', default: '1' },
  ...identityOptions,
  ...judgingOptions,
} as const satisfies ParseArgsOptionsConfig;

export type VerificationValues = IdentityValues & {
  readonly 'verify-key': readonly string[];
  readonly threshold: string;
  readonly policy?: string | undefined;
  readonly as?: string | undefined;
  readonly namespace?: string | undefined;
  readonly 'puller-namespace': string;
};

/** Who has signed, and what policies say beside it. */
export type Verification = {
  readonly digest: Digest;
  /** False only where policies that do not enforce let it through. */
  readonly isVerified: boolean;
  readonly matched: readonly string[];
  readonly formats: readonly string[];
  /** Absent where no policy was asked. */
  readonly judgement?: Judgement;
};

export type Verify = (source: ContentSource) => Promise<Verification>;

/** Whether the options name anybody whose signature counts. */
export function namesAuthorities(values: VerificationValues): boolean {
  return (
    values.policy !== undefined ||
    values['verify-key'].length > 0 ||
    values['certificate-identity'] !== undefined ||
    values['certificate-identity-regexp'] !== undefined
  );
}

/**
 * Reads what the options name; nothing is asked of a store before the check itself.
 * @param verb named in errors
 * @throws InputError; PolicyError `POLICY_INVALID`; VerificationError `TRUST_ROOT_INVALID`
 */
export async function readVerification(
  values: VerificationValues,
  location: Location,
  { verb, world }: { readonly verb: string; readonly world: World },
): Promise<Verify> {
  const identity = await readIdentity(values);
  const keys = await readKeys(values['verify-key'], world);
  const authorities: readonly Authority[] = [...keys, ...(identity === undefined ? [] : [identity])];
  const threshold = parseCount(values.threshold, 'threshold');
  // None of any authorities would be met by what nobody signed.
  if (threshold < 1) throw new InputError('INPUT_INVALID', `--threshold is ${threshold}, not at least 1`);
  if ((values.policy === undefined) === (authorities.length === 0)) {
    throw new InputError(
      authorities.length === 0 ? 'INPUT_MISSING' : 'INPUT_CONFLICT',
      `${verb} needs either --policy, or --verify-key and --certificate-identity`,
    );
  }
  const reference = location.wanted.digest ?? location.wanted.tag ?? 'latest';
  if (values.policy !== undefined) return readJudging(values.policy, values, { location, reference, world });
  return async (source) => {
    const found = await verifyArtifact(source, { reference, authorities, threshold, signal: world.signal });
    return { ...found, isVerified: true };
  };
}

type JudgedAs = { readonly location: Location; readonly reference: string; readonly world: World };

async function readJudging(
  path: string,
  values: VerificationValues,
  { location, reference, world }: JudgedAs,
): Promise<Verify> {
  const pullerNamespace = values['puller-namespace'];
  const { policies, highest } = await readPolicyFile(path, pullerNamespace);
  const followed = followedOf(location, location.wanted.tag ?? 'latest', { policies, values });
  return async (source) => {
    const judgement = await judgeReference(source, {
      followed,
      reference,
      policies,
      highest,
      pullerNamespace,
      nowMs: world.now(),
      signal: world.signal,
    });
    const digest = assertJudged(judgement);
    const matched = judgement.verdict?.matched ?? [];
    const formats = judgement.verdict?.formats ?? [];
    return { digest, isVerified: matched.length > 0, matched, formats, judgement };
  };
}

/** Says on stderr who signed, and what policies that do not enforce would have refused. */
export function tellVerification({ isVerified, matched, judgement }: Verification, world: World): void {
  for (const { policy, code, message } of warningsOf(judgement))
    world.stderr(`warning: ${policy}: ${code}: ${message}\n`);
  world.stderr(
    isVerified ? `signed by ${matched.join(', ')}\n` : 'let through, but signed by nobody who counts\n',
  );
}

export type Warning = { readonly policy: string; readonly code: string; readonly message: string };

/** What policies of mode Audit would have refused. */
export function warningsOf(judgement: Judgement | undefined): readonly Warning[] {
  return (judgement?.checks ?? [])
    .filter(({ outcome }) => outcome === 'warned')
    .map(({ policy, error, found }) => ({ policy, code: error?.code ?? 'INTERNAL', message: found }));
}

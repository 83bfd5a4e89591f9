// Whose promotion statements count for a verb: as a policy says, or by keys that are named.
import type { ParseArgsOptionsConfig } from 'node:util';
import { defaultNamespace } from '../api/install.ts';
import { InputError } from '../errors.ts';
import type { Reference } from '../oci/reference.ts';
import type { Candidates } from '../signing/candidates.ts';
import type { VerifyKey } from '../signing/keys.ts';
import { assertAccepted, judge } from '../trust/judge.ts';
import { requirementsFor, type PromotionRule, type Requirement } from '../trust/policy.ts';
import type { PromotionRequest } from '../trust/promotion.ts';
import { verifySignatures } from '../trust/signatures.ts';
import { parseCount, readKeys } from './arguments.ts';
import { followedOf, judgingOptions, readPolicyFile } from './judging.ts';
import type { World } from './world.ts';

export const promotionOptions = {
  'promotion-key': { type: 'string', multiple: true },
  repository: { type: 'string' },
  epoch: { type: 'string' },
  policy: judgingOptions.policy,
  as: judgingOptions.as,
  namespace: judgingOptions.namespace,
  'puller-namespace': { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export type PromotionValues = {
  readonly 'promotion-key'?: readonly string[] | undefined;
  readonly repository?: string | undefined;
  readonly epoch?: string | undefined;
  readonly policy?: string | undefined;
  readonly as?: string | undefined;
  readonly namespace?: string | undefined;
  readonly 'puller-namespace'?: string | undefined;
};

export type PromotionScope = {
  readonly wanted: PromotionRequest;
  /** The policy's rule, where there is a policy. */
  readonly rule: PromotionRule | undefined;
  /** Throws unless the artifact is a release as the policy asks; absent where keys are to be named for that. */
  readonly verifyRelease: ((candidates: Candidates) => void) | undefined;
};

/**
 * @param own key of the signer, which counts beside those that are named; absent for who only reads
 * @throws InputError `INPUT_CONFLICT`, `INPUT_MISSING`, `INPUT_INVALID`; PolicyError
 */
export async function readPromotionScope(
  values: PromotionValues,
  { reference, channel, own }: { reference: Reference; channel: string; own: VerifyKey | undefined },
  world: World,
): Promise<PromotionScope> {
  if (values.policy !== undefined) {
    const extra = [values.repository, values.epoch].some((value) => value !== undefined);
    if (extra || values['promotion-key'] !== undefined) {
      throw new InputError(
        'INPUT_CONFLICT',
        '--policy excludes --repository, --epoch and --promotion-key: it has them',
      );
    }
    return readPolicyScope(values.policy, values, reference, channel);
  }
  const named = (await readKeys(values['promotion-key'] ?? [], world)).map(({ key }) => key);
  const keys = new Map([...(own === undefined ? [] : [own]), ...named].map((key) => [key.hint, key]));
  if (keys.size === 0) throw new InputError('INPUT_MISSING', '--policy or --promotion-key is missing');
  const authorities = [...keys.values()].map((key, index) => ({ name: `promoter ${index + 1}`, key }));
  return {
    rule: undefined,
    verifyRelease: undefined,
    wanted: {
      repository: values.repository ?? reference.repository,
      channel,
      epoch: parseCount(values.epoch ?? '1', 'epoch'),
      quorum: { authorities, threshold: 1 },
    },
  };
}

async function readPolicyScope(
  path: string,
  values: PromotionValues,
  reference: Reference,
  channel: string,
): Promise<PromotionScope> {
  const { policies } = await readPolicyFile(path, values['puller-namespace'] ?? defaultNamespace);
  const requirements = requirementsFor(
    policies,
    followedOf({ kind: 'registry', reference }, channel, { policies, values }),
  );
  // What is enforced decides; a policy on trial is promoted for only where there is nothing else.
  const claims = requirements.filter(({ promotion }) => promotion !== undefined);
  const claim = claims.find(({ mode }) => mode === 'Enforce') ?? claims[0];
  const rule = claim?.promotion;
  if (rule === undefined) {
    throw new InputError(
      'INPUT_INVALID',
      `${path} asks for no promotion of ${reference.repository} to ${channel}`,
      {
        hint: 'Without promotion in the policy a tag can be moved by `sealift push` or any other tool.',
      },
    );
  }
  const { repository, epoch, quorum, heartbeatAuthorities } = rule;
  return {
    rule,
    wanted: { repository, channel, epoch, quorum, heartbeatAuthorities },
    verifyRelease: (candidates) => {
      const releases = requirements.map((one) => asRelease(one, one === claim));
      const context = { highest: () => undefined, nowMs: 0, transforms: new Set<never>() };
      assertAccepted(judge(releases, candidates, context));
    },
  };
}

/**
 * What makes a release: everything that a policy asks but the promotion, which is about to be made. The policy that is
 * promoted for counts even if it is on trial: a promotion is for good.
 */
function asRelease({ promotion, mode, ...requirement }: Requirement, isClaim: boolean): Requirement {
  return { ...requirement, mode: isClaim && promotion !== undefined ? 'Enforce' : mode };
}

/** A check that one of the keys signed the release. */
export function releaseSignedBy(keys: readonly VerifyKey[]): (candidates: Candidates) => void {
  const authorities = keys.map((key, index) => ({ name: `key ${index + 1}`, key }));
  return (candidates) => void verifySignatures(candidates, { authorities, threshold: 1 });
}

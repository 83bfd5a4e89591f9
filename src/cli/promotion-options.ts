// Whose promotion statements count for a verb: as a policy says, or by keys that are named.
import type { ParseArgsOptionsConfig } from 'node:util';
import { defaultNamespace } from '../api/install.ts';
import { InputError } from '../errors.ts';
import type { Reference } from '../oci/reference.ts';
import { scopeOfPolicies, type PromotionScope } from '../operations/promotion-scope.ts';
import type { VerifyKey } from '../signing/keys.ts';
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
  const followed = followedOf({ kind: 'registry', reference }, channel, { policies, values });
  return scopeOfPolicies(path, policies, followed);
}

// What a cluster holds that decides about one Delivery: the Delivery, all policies with what they refer to, and the
// promotions that were accepted. Read once, to be judged outside the puller.
import * as z from 'zod';
import { apiGroup } from '../api/common.ts';
import { deliverySchema, type Delivery } from '../api/delivery.ts';
import { promotionRecordSchema } from '../api/promotion-record.ts';
import { trustPolicySchema, type TrustPolicy } from '../api/trust-policy.ts';
import { InputError, KubeError } from '../errors.ts';
import type { KubeClient } from '../kube/request.ts';
import { resourcePath, type PathKind } from '../kube/resource-path.ts';
import { referencesOf, type DataReference } from '../trust/authorities.ts';
import { compilePolicy, type CompiledPolicy } from '../trust/compiled-policy.ts';
import { highestAmong } from '../trust/promotion-memory.ts';
import type { Highest } from '../trust/promotion.ts';

export type ClusterFacts = {
  readonly delivery: Delivery;
  readonly policies: readonly CompiledPolicy[];
  readonly highest: (repository: string, channel: string) => Highest | undefined;
};

const kinds = {
  Delivery: { group: apiGroup, version: 'v1alpha1', plural: 'deliveries', namespaced: true },
  TrustPolicy: { group: apiGroup, version: 'v1alpha1', plural: 'trustpolicies', namespaced: false },
  PromotionRecord: { group: apiGroup, version: 'v1alpha1', plural: 'promotionrecords', namespaced: false },
  Secret: { group: '', version: 'v1', plural: 'secrets', namespaced: true },
  ConfigMap: { group: '', version: 'v1', plural: 'configmaps', namespaced: true },
} as const satisfies Readonly<Record<string, PathKind>>;

const listSchema = z.looseObject({ items: z.array(z.unknown()).max(10_000) });
const dataSchema = z.looseObject({
  type: z.string().optional(),
  data: z.record(z.string(), z.string()).optional(),
});

/**
 * Reads the facts about a Delivery.
 * @throws KubeError; InputError `INPUT_INVALID` where an object has a form that this version does not know; PolicyError
 */
export async function readClusterFacts(
  client: KubeClient,
  { namespace, name, pullerNamespace }: { namespace: string; name: string; pullerNamespace: string },
): Promise<ClusterFacts> {
  const get = async (path: string): Promise<unknown> => (await client.request({ method: 'GET', path })).body;
  const delivery = parse(
    deliverySchema,
    await get(resourcePath(kinds.Delivery, namespace, name)),
    'Delivery',
  );
  const policyList = parse(listSchema, await get(resourcePath(kinds.TrustPolicy)), 'TrustPolicyList');
  const policies = policyList.items.map((item) => parse(trustPolicySchema, item, 'TrustPolicy'));
  const recordList = parse(listSchema, await get(resourcePath(kinds.PromotionRecord)), 'PromotionRecordList');
  const records = recordList.items.map((item) => parse(promotionRecordSchema, item, 'PromotionRecord').spec);
  const texts = await readReferences(get, policies, pullerNamespace);
  return {
    delivery,
    policies: policies.map((policy) => compilePolicy(policy, (one) => texts.get(idOf(one)))),
    highest: highestAmong(records),
  };
}

function idOf({ kind, name, key }: DataReference): string {
  return JSON.stringify([kind, name, key]);
}

/** What is not there becomes a problem of the policy; what may not be read is an error of who asks. */
async function readReferences(
  get: (path: string) => Promise<unknown>,
  policies: readonly TrustPolicy[],
  namespace: string,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const reference of policies.flatMap(referencesOf)) {
    const { kind, name, key } = reference;
    try {
      const body = await get(resourcePath(kinds[kind], namespace, name));
      const { data = {}, type = 'Opaque' } = parse(dataSchema, body, kind);
      // Of Secrets the puller watches those of the usual type.
      if (kind === 'Secret' && type !== 'Opaque') continue;
      const value = new Map(Object.entries(data)).get(key);
      if (value === undefined) continue;
      texts.set(idOf(reference), kind === 'Secret' ? Buffer.from(value, 'base64').toString('utf8') : value);
    } catch (error) {
      if (!(error instanceof KubeError) || error.code !== 'KUBE_NOT_FOUND') throw error;
    }
  }
  return texts;
}

function parse<T>(schema: z.ZodType<T>, value: unknown, kind: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError('INPUT_INVALID', `${kind}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`, {
    hint: 'It was written for another version of Sealift; use the sealift of the version that runs there.',
  });
}

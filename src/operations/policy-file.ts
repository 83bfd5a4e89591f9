// TrustPolicies from a file, with the Secrets and ConfigMaps that they refer to and the PromotionRecords of a cluster:
// what a puller judges by, outside of it.
import { promotionRecordSchema } from '../api/promotion-record.ts';
import { trustPolicySchema } from '../api/trust-policy.ts';
import { apiGroup } from '../api/common.ts';
import { InputError } from '../errors.ts';
import { parseDigest } from '../oci/digest.ts';
import { parseFile } from '../resources/parse.ts';
import { parseApiVersion, type Resource } from '../resources/resource.ts';
import type { DataReference, ReferenceReader } from '../trust/authorities.ts';
import { compilePolicy, type CompiledPolicy } from '../trust/policy.ts';
import type { Highest } from '../trust/promotion.ts';
import * as z from 'zod';

export type PolicyFile = {
  readonly policies: readonly CompiledPolicy[];
  /** What PromotionRecords of the file remember of a channel. */
  readonly highest: (repository: string, channel: string) => Highest | undefined;
};

const dataSchema = z.looseObject({
  data: z.record(z.string(), z.string()).optional(),
  stringData: z.record(z.string(), z.string()).optional(),
});

/**
 * Reads a policy file of one or more YAML documents.
 * @param name of the file, for messages
 * @throws InputError `INPUT_INVALID`; PolicyError `POLICY_INVALID`; FailuresError of ResourceError
 */
export function parsePolicyFile(name: string, bytes: Uint8Array): PolicyFile {
  const { resources, problems } = parseFile(name, bytes);
  const [problem] = problems;
  if (problem !== undefined) throw problem;
  const objects = resources.map(({ resource }) => resource);
  const read = readerOf(objects);
  const policies = objects
    .filter((resource) => isOwn(resource, 'TrustPolicy'))
    .map((resource) => compilePolicy(parseOwn(name, resource, trustPolicySchema), read));
  if (policies.length === 0) {
    throw new InputError('INPUT_INVALID', `${name} holds no TrustPolicy`, {
      hint: 'Save one with `kubectl get trustpolicy NAME -o yaml`, and what it refers to behind `---`.',
    });
  }
  const records = objects
    .filter((resource) => isOwn(resource, 'PromotionRecord'))
    .map((resource) => parseOwn(name, resource, promotionRecordSchema).spec);
  return {
    policies,
    highest: (repository, channel) => {
      const found = records.find((spec) => spec.repository === repository && spec.channel === channel);
      if (found === undefined) return undefined;
      const { epoch, sequence, digest, issuedAt } = found;
      return { epoch, sequence, digest: parseDigest(digest), issuedAtMs: Date.parse(issuedAt) || 0 };
    },
  };
}

function isOwn({ apiVersion, kind }: Resource, wanted: string): boolean {
  return parseApiVersion(apiVersion).group === apiGroup && kind === wanted;
}

/** Files are written before a cluster gives uid and version; nothing here depends on them. */
function parseOwn<T>(name: string, resource: Resource, schema: z.ZodType<T>): T {
  const metadata = { uid: '', resourceVersion: '', ...resource.metadata };
  const parsed = schema.safeParse({ ...resource, metadata });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(
    'INPUT_INVALID',
    `${name}: ${resource.kind} ${resource.metadata.name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`,
  );
}

function readerOf(objects: readonly Resource[]): ReferenceReader {
  const texts = new Map<string, string>();
  const idOf = ({ kind, name, key }: DataReference): string => JSON.stringify([kind, name, key]);
  for (const resource of objects) {
    const { kind, apiVersion, metadata } = resource;
    if (apiVersion !== 'v1' || (kind !== 'Secret' && kind !== 'ConfigMap')) continue;
    const { data = {}, stringData = {} } = dataSchema.parse(resource);
    for (const [key, value] of Object.entries(data)) {
      const text = kind === 'Secret' ? Buffer.from(value, 'base64').toString('utf8') : value;
      texts.set(idOf({ kind, name: metadata.name, key }), text);
    }
    if (kind !== 'Secret') continue;
    for (const [key, text] of Object.entries(stringData))
      texts.set(idOf({ kind, name: metadata.name, key }), text);
  }
  return (reference) => texts.get(idOf(reference));
}

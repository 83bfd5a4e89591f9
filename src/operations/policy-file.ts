// TrustPolicies from a file, with the Secrets and ConfigMaps that they refer to and the PromotionRecords of a cluster:
// what a puller judges by, outside of it.
import { promotionRecordSchema } from '../api/promotion-record.ts';
import { trustPolicySchema } from '../api/trust-policy.ts';
import { apiGroup } from '../api/common.ts';
import { defaultNamespace } from '../api/install.ts';
import { InputError } from '../errors.ts';
import { parseFile } from '../resources/parse.ts';
import { parseApiVersion, type Resource } from '../resources/resource.ts';
import type { DataReference, ReferenceReader } from '../trust/authorities.ts';
import { compilePolicy, type CompiledPolicy } from '../trust/compiled-policy.ts';
import { highestAmong } from '../trust/promotion-memory.ts';
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
  type: z.string().optional(),
});

/**
 * Reads a policy file of one or more YAML documents.
 * @param name of the file, for messages
 * @param namespace of the puller, where references are looked for
 * @throws InputError `INPUT_INVALID`; PolicyError `POLICY_INVALID`; FailuresError of ResourceError
 */
export function parsePolicyFile(name: string, bytes: Uint8Array, namespace = defaultNamespace): PolicyFile {
  const { resources, problems } = parseFile(name, bytes);
  const [problem] = problems;
  if (problem !== undefined) throw problem;
  const objects = resources.map(({ resource }) => resource);
  const read = readerOf(name, objects, namespace);
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
    highest: highestAmong(records),
  };
}

function isOwn({ apiVersion, kind }: Resource, wanted: string): boolean {
  return parseApiVersion(apiVersion).group === apiGroup && kind === wanted;
}

/** Files are written before a cluster gives uid and version; nothing here depends on them. */
function parseOwn<T>(name: string, resource: Resource, schema: z.ZodType<T>): T {
  const metadata = { uid: '', resourceVersion: '', ...resource.metadata };
  const parsed = schema.safeParse({ ...resource, metadata });
  const unknown = parsed.success ? unknownMember(resource['spec'], specOf(parsed.data), 'spec') : undefined;
  if (parsed.success && unknown === undefined) return parsed.data;
  const issue = parsed.error?.issues[0] ?? { path: [unknown], message: 'is not known' };
  throw new InputError(
    'INPUT_INVALID',
    `${name}: ${resource.kind} ${resource.metadata.name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`,
  );
}

function specOf(value: unknown): unknown {
  return new Map(Object.entries(value ?? {})).get('spec');
}

/** The first member that the schema left out: dropped without a word, a misspelt condition would hold for nothing. */
function unknownMember(given: unknown, kept: unknown, path: string): string | undefined {
  if (typeof given !== 'object' || given === null || typeof kept !== 'object' || kept === null)
    return undefined;
  const members = new Map(Object.entries(kept));
  for (const [key, value] of Object.entries(given)) {
    const own = `${path}.${key}`;
    if (!members.has(key)) return own;
    const unknown = unknownMember(value, members.get(key), own);
    if (unknown !== undefined) return unknown;
  }
  return undefined;
}

function readerOf(file: string, objects: readonly Resource[], namespace: string): ReferenceReader {
  const texts = new Map<string, string>();
  for (const resource of objects) {
    const { kind, apiVersion, metadata } = resource;
    if (apiVersion !== 'v1' || (kind !== 'Secret' && kind !== 'ConfigMap')) continue;
    // The puller sees its own namespace only.
    if ((metadata.namespace ?? namespace) !== namespace) continue;
    for (const [key, text] of textsOf(file, resource))
      texts.set(idOf({ kind, name: metadata.name, key }), text);
  }
  return (reference) => texts.get(idOf(reference));
}

function idOf({ kind, name, key }: DataReference): string {
  return JSON.stringify([kind, name, key]);
}

/** What an object holds, decoded. Of Secrets the puller watches those of the usual type. */
function textsOf(file: string, resource: Resource): readonly (readonly [string, string])[] {
  const { kind, metadata } = resource;
  const parsed = dataSchema.safeParse(resource);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? 'data';
    throw new InputError('INPUT_INVALID', `${file}: ${kind} ${metadata.name}: ${where} is not text`);
  }
  const { data = {}, stringData = {}, type = 'Opaque' } = parsed.data;
  if (kind === 'ConfigMap') return Object.entries(data);
  if (type !== 'Opaque') return [];
  const decoded = Object.entries(data).map(
    ([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')] as const,
  );
  return [...decoded, ...Object.entries(stringData)];
}

// What an apply is to do, before anything is sent: each object with its kind and its rules, also of kinds that are not
// served before a CustomResourceDefinition of the same artifact is established. So all of it can be recorded at once.
import * as z from 'zod';
import { ApplyError, PolicyError, type ErrorCode, type SealiftError } from '../../src/errors.ts';
import type { Discovery } from '../../src/kube/discovery.ts';
import {
  formatIdentity,
  identityKey,
  identityOf,
  type Resource,
  type ResourceIdentity,
} from '../../src/resources/resource.ts';
import { stageOf, type Stage } from '../../src/resources/stages.ts';
import type { StoredResources } from '../source/stored-resources.ts';
import { placedIdentity, toDesired, type Desired, type Owner } from './desired.ts';
import { rulesOf, type ObjectRules } from './object-rules.ts';

export type PlanContext = {
  readonly discovery: Discovery;
  readonly owner: Owner;
  readonly pullerNamespace: string;
};

export type Planned = {
  readonly key: string;
  readonly identity: ResourceIdentity;
  readonly rules: ObjectRules;
  readonly stage: Stage;
  readonly resource: Resource;
  readonly place: Place;
  /** Undefined while its kind is not served; its definition is in the artifact. */
  readonly desired: Desired | undefined;
};

/** Where its resource stands, long after the plan. */
export type Place = Pick<Desired, 'origin' | 'index'>;

export type Plan = {
  readonly objects: readonly Planned[];
  /** Keys of objects that the artifact has, and that are left alone by their own rule. */
  readonly ignored: ReadonlySet<string>;
  readonly failures: readonly SealiftError<ErrorCode>[];
};

type Definition = { readonly namespaced: boolean };

const definitionSchema = z.object({
  spec: z.object({
    group: z.string(),
    names: z.object({ kind: z.string() }),
    scope: z.enum(['Namespaced', 'Cluster']),
  }),
});

/** Plans all objects; those that can't be applied are failures, and stop no others. */
export async function planObjects(context: PlanContext, stored: StoredResources): Promise<Plan> {
  const resources = stored.all();
  const objects = new Map<string, Planned>();
  const ignored = new Set<string>();
  const failures: SealiftError<ErrorCode>[] = [];
  const definitions = new Map(resources.flatMap(readDefinition));
  const { ownerId, namespace, name, hide } = context.owner;
  const origin = { ownerId, namespace, name, hide, resources: stored };
  for (const [index, resource] of resources.entries()) {
    try {
      const planned = await planOne(context, { resource, place: { origin, index } }, definitions);
      const problem = refusalOf(context, planned, objects);
      if (problem !== undefined) failures.push(problem);
      else if (planned.rules.ssa === 'Ignore') ignored.add(planned.key);
      else objects.set(planned.key, planned);
    } catch (error) {
      if (!(error instanceof ApplyError)) throw error;
      failures.push(error);
    }
  }
  return { objects: [...objects.values()], ignored, failures };
}

async function planOne(
  { discovery, owner }: PlanContext,
  { resource, place }: Pick<Planned, 'resource' | 'place'>,
  definitions: ReadonlyMap<string, Definition>,
): Promise<Planned> {
  const { group, version, kind: kindName } = identityOf(resource);
  const kind = await discovery.find(group, version, kindName);
  if (kind !== undefined) {
    const desired = toDesired(resource, kind, owner, place);
    const { key, identity, rules, stage } = desired;
    return { key, identity, rules, stage, resource, place, desired };
  }
  const definition = definitions.get(`${group}/${kindName}`);
  if (definition === undefined) throw kindUnknown(resource);
  const identity = placedIdentity(resource, definition, owner);
  const key = identityKey(identity);
  const rules = rulesOf(resource);
  return { key, identity, rules, stage: stageOf(identity), resource, place, desired: undefined };
}

/** The object of a kind that nobody serves. */
export function kindUnknown(resource: Resource): ApplyError {
  const identity = identityOf(resource);
  const name = formatIdentity(identity);
  const message = `${name}: the API server serves no ${identity.kind} in ${resource.apiVersion}`;
  return new ApplyError('KIND_UNKNOWN', message, name, {
    hint: 'Install its CustomResourceDefinition, or put it into the artifact.',
    retryable: true,
  });
}

/** What shows only once namespaces are filled in: an object without one gets the Delivery's. */
function refusalOf(
  { pullerNamespace }: PlanContext,
  { identity, key }: Planned,
  others: ReadonlyMap<string, Planned>,
): SealiftError<ErrorCode> | undefined {
  const name = formatIdentity(identity);
  if (identity.namespace === pullerNamespace) {
    return new PolicyError(
      'SELF_MODIFICATION',
      `artifact holds ${name}, which would lie in the puller's namespace`,
    );
  }
  if (!others.has(key)) return undefined;
  const message = `${name} stands in the artifact twice, with and without its namespace`;
  return new ApplyError('APPLY_CONFLICT', message, name);
}

/** `GROUP/KIND` of what a CustomResourceDefinition defines. */
function readDefinition(resource: Resource): readonly (readonly [string, Definition])[] {
  if (resource.kind !== 'CustomResourceDefinition') return [];
  const parsed = definitionSchema.safeParse(resource);
  if (!parsed.success) return [];
  const { group, names, scope } = parsed.data.spec;
  return [[`${group}/${names.kind}`, { namespaced: scope === 'Namespaced' }]];
}

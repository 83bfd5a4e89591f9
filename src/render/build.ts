// The objects that a Delivery makes of an artifact's, in kustomize's order: namespace, names, images, and last the
// references to what is called otherwise now. What results is held to what an artifact may hold.
import type { BuildFields } from '../api/delivery-transforms.ts';
import { InputError } from '../errors.ts';
import { resourceLimits } from '../limits.ts';
import {
  formatIdentity,
  identityKey,
  identityOf,
  resourceSchema,
  type Resource,
} from '../resources/resource.ts';
import { clusterScopeOf } from '../resources/scope.ts';
import type { Value } from '../resources/values.ts';
import { affixNames } from './affix-names.ts';
import type { BuiltObject } from './built-object.ts';
import type { ValueMap } from './edit.ts';
import { overrideImages } from './image-override.ts';
import { followNames } from './name-references.ts';
import { moveToNamespace } from './target-namespace.ts';

/**
 * @param resources that are applied
 * @param all of the artifact, which may define kinds of them
 * @throws InputError `INPUT_INVALID`
 */
export function buildResources(
  resources: readonly Resource[],
  { targetNamespace, namePrefix = '', nameSuffix = '', images = [] }: BuildFields,
  all: Iterable<Resource>,
): readonly Resource[] {
  const isNamed = namePrefix !== '' || nameSuffix !== '';
  const isBuilt = isNamed || images.length > 0 || targetNamespace !== undefined;
  if (!isBuilt || resources.length === 0) return resources;
  const isClusterScoped = clusterScopeOf(all);
  const given = resources.map((resource): BuiltObject => ({ value: toValue(resource), former: [] }));
  let objects: readonly BuiltObject[] = given;
  if (targetNamespace !== undefined) objects = moveToNamespace(objects, targetNamespace, isClusterScoped);
  const affixes = { prefix: namePrefix, suffix: nameSuffix };
  if (isNamed) objects = affixNames(objects, affixes, isClusterScoped);
  objects = overrideImages(objects, images);
  objects = followNames(objects, isClusterScoped);
  return assertAcceptable(objects);
}

function toValue(resource: Resource): ValueMap {
  // An artifact's objects are read from YAML and JSON, and nothing but JSON's values is let through.
  return resource as ValueMap;
}

/** Refuses what would be refused in an artifact. */
function assertAcceptable(objects: readonly BuiltObject[]): readonly Resource[] {
  const seen = new Set<string>();
  return objects.map(({ value }) => {
    const { data, error } = resourceSchema.safeParse(value);
    if (data === undefined) {
      const [issue] = error.issues;
      const field = issue?.path.map(String).join('.') ?? '';
      throw refusal(`an object is none any longer: ${field}: ${issue?.message ?? 'is not valid'}`);
    }
    const identity = identityOf(data);
    const label = formatIdentity(identity);
    const key = identityKey(identity);
    if (seen.has(key)) throw refusal(`two objects become ${label}`);
    seen.add(key);
    if (isTooDeep(value)) throw refusal(`${label} nests deeper than ${resourceLimits.depth} levels`);
    const bytes = Buffer.byteLength(JSON.stringify(value));
    if (bytes > resourceLimits.resourceBytes)
      throw refusal(
        `${label} has ${bytes} bytes, more than the API server takes (${resourceLimits.resourceBytes})`,
      );
    return data;
  });
}

function isTooDeep(value: Value): boolean {
  let level: Value[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > resourceLimits.depth) return true;
    level = level.flatMap((one) =>
      typeof one === 'object' && one !== null ? Object.values<Value>(one) : [],
    );
  }
  return false;
}

function refusal(message: string): InputError {
  return new InputError('INPUT_INVALID', `after the Delivery's transforms ${message}`);
}

// The objects that a Delivery makes of an artifact's, in kustomize's order: namespace, names, images, and last the
// references to what is called otherwise now. What results is held to what an artifact may hold.
import type { BuildFields } from '../api/delivery-transforms.ts';
import type { Resource } from '../resources/resource.ts';
import { clusterScopeOf } from '../resources/scope.ts';
import { assertAcceptable } from './acceptable.ts';
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
  return assertAcceptable(objects.map(({ value }) => value));
}

/** An object as plain values. */
export function toValue(resource: Resource): ValueMap {
  // An artifact's objects are read from YAML and JSON, and nothing but JSON's values is let through.
  return resource as ValueMap;
}

// What a Delivery changes about a signed artifact before it is applied: which folder of it, and labels and annotations
// for every object. A policy must allow each; what results is checked as the artifact itself would be.
import { createHash } from 'node:crypto';
import type { DeliverySpec } from '../api/delivery.ts';
import type { BuildFields } from '../api/delivery-transforms.ts';
import type { TransformName } from '../api/trust-policy.ts';
import { InputError, ResourceError } from '../errors.ts';
import type { ParsedResource } from '../resources/parse.ts';
import { isTemplate, type Resource } from '../resources/resource.ts';
import { buildResources } from './build.ts';
import { assertForeign } from './own-names.ts';
import { patchObjects } from './patches.ts';

export type Transforms = Pick<DeliverySpec, 'path' | 'commonMetadata'> & {
  readonly postBuild?: DeliverySpec['postBuild'];
  readonly decryption?: DeliverySpec['decryption'];
  /** What kustomize would build. */
  readonly build?: BuildFields;
  readonly ignore?: DeliverySpec['ignore'];
  readonly driftMode?: DeliverySpec['driftMode'];
  readonly layerSelector?: DeliverySpec['source']['layerSelector'];
};

/** What a Delivery's spec asks for. */
export function transformsOfSpec({
  path,
  commonMetadata,
  ignore,
  driftMode,
  source,
  postBuild,
  decryption,
  ...spec
}: DeliverySpec): Transforms {
  const { layerSelector } = source;
  const { patches, targetNamespace, namePrefix, nameSuffix, images } = spec;
  const build = { patches, targetNamespace, namePrefix, nameSuffix, images };
  const built = builtBy(build).length > 0 ? { build } : {};
  return { path, commonMetadata, ...built, ignore, driftMode, layerSelector, postBuild, decryption };
}

/** What tells one set of transforms from another; of a long one its hash. */
export function transformsKeyOf(transforms: Transforms): string {
  const text = JSON.stringify(transforms);
  return text.length <= keyLength ? text : `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** Records hold the key. */
const keyLength = 1024;

/** Whether what results depends on values that stand elsewhere, and may change. */
export function takesValues({ postBuild }: Transforms): boolean {
  return (postBuild?.substituteFrom?.length ?? 0) > 0;
}

/** The transforms that are in use. */
export function transformsOf(transforms: Transforms): ReadonlySet<TransformName> {
  const { path, commonMetadata, ignore = [], driftMode = 'Correct', layerSelector } = transforms;
  const used = new Set<TransformName>();
  if (folderOf(path) !== '') used.add('path');
  if (commonMetadata !== undefined) used.add('commonMetadata');
  if (ignore.length > 0) used.add('ignore');
  if (driftMode !== 'Correct') used.add('driftMode');
  if (layerSelector !== undefined) used.add('layerSelector');
  if (transforms.postBuild !== undefined) used.add('substitution');
  if (transforms.decryption !== undefined) used.add('decryption');
  for (const name of builtBy(transforms.build)) used.add(name);
  return used;
}

/** Fills variables into objects; where they stand is for its errors. */
export type Substitute = (parsed: readonly ParsedResource[]) => readonly Resource[];

function builtBy(build: BuildFields = {}): readonly TransformName[] {
  const { patches = [], targetNamespace, namePrefix, nameSuffix, images = [] } = build;
  const used: readonly (readonly [TransformName, boolean])[] = [
    ['patches', patches.length > 0],
    ['targetNamespace', targetNamespace !== undefined],
    ['names', namePrefix !== undefined || nameSuffix !== undefined],
    ['images', images.length > 0],
  ];
  return used.filter(([, isUsed]) => isUsed).map(([name]) => name);
}

/**
 * The objects that result.
 * @param substitute fills in what `postBuild` says; absent where its values are not at hand, and objects stay as they are
 * @throws InputError `INPUT_INVALID` where nothing lies under the path, or a label of ours is asked for; what
 *   `substitute` throws; ResourceError `RESOURCE_INVALID` for a namespace that a variable was to give
 */
export function transformResources(
  parsed: readonly ParsedResource[],
  { path, build = {}, commonMetadata, postBuild }: Transforms,
  substitute?: Substitute,
): readonly Resource[] {
  const inPath = parsed.filter(({ location }) => isInFolder(location.file, path));
  const given = patchObjects(inPath, build.patches);
  const built = buildResources(
    given.map(({ resource }) => resource),
    build,
    parsed.map(({ resource }) => resource),
  );
  const inFolder = given.map((one, index) => ({ ...one, resource: built[index] ?? one.resource }));
  const chosen = substitute?.(inFolder) ?? built;
  // Without values the namespaces are not known.
  if (postBuild === undefined || substitute !== undefined) assertNamespaces(inFolder, chosen);
  if (chosen.length === 0 && parsed.length > 0) {
    // An empty set would prune everything that is applied.
    const why = inPath.length === 0 ? `spec.path ${path} holds no object` : 'spec.patches leaves no object';
    throw new InputError('INPUT_INVALID', `${why} of the artifact`);
  }
  if (commonMetadata === undefined) return chosen;
  const { labels = {}, annotations = {} } = commonMetadata;
  assertForeign([...Object.keys(labels), ...Object.keys(annotations)], 'spec.commonMetadata');
  return chosen.map((resource) => ({
    ...resource,
    metadata: {
      ...resource.metadata,
      labels: { ...resource.metadata.labels, ...labels },
      annotations: { ...resource.metadata.annotations, ...annotations },
    },
  }));
}

/** Only filled in does a variable in it make a namespace; the name of one is also a part of paths. */
function assertNamespaces(parsed: readonly ParsedResource[], chosen: readonly Resource[]): void {
  for (const [index, { metadata }] of chosen.entries()) {
    if (!isTemplate(metadata.namespace)) continue;
    const message = `metadata.namespace ${JSON.stringify(metadata.namespace)} is not a namespace name`;
    throw new ResourceError('RESOURCE_INVALID', message, parsed[index]?.location ?? { file: '.' }, {
      hint: 'It has a variable: spec.postBuild of the Delivery gives variables their values.',
    });
  }
}

/** Whether a file of the artifact is applied. */
export function isInFolder(file: string, path: string): boolean {
  const folder = folderOf(path);
  return folder === '' || file.startsWith(`${folder}/`);
}

function folderOf(path: string): string {
  return path.replace(/^\.\//u, '').replace(/^\.$/u, '').replace(/\/+$/u, '');
}

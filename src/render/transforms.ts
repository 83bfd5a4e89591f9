// What a Delivery changes about a signed artifact before it is applied: which folder of it, and labels and annotations
// for every object. A policy must allow each; what results is checked as the artifact itself would be.
import { apiGroup, objectRuleDomains, objectRuleNames } from '../api/common.ts';
import type { DeliverySpec } from '../api/delivery.ts';
import type { TransformName } from '../api/trust-policy.ts';
import { InputError } from '../errors.ts';
import type { ParsedResource } from '../resources/parse.ts';
import type { Resource } from '../resources/resource.ts';

export type Transforms = Pick<DeliverySpec, 'path' | 'commonMetadata'> & {
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
}: DeliverySpec): Transforms {
  return { path, commonMetadata, ignore, driftMode, layerSelector: source.layerSelector };
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
  return used;
}

/**
 * The objects that result.
 * @throws InputError `INPUT_INVALID` where nothing lies under the path, or a label of ours is asked for
 */
export function transformResources(
  parsed: readonly ParsedResource[],
  { path, commonMetadata }: Transforms,
): readonly Resource[] {
  const folder = folderOf(path);
  const chosen = parsed
    .filter(({ location }) => folder === '' || location.file.startsWith(`${folder}/`))
    .map(({ resource }) => resource);
  if (chosen.length === 0 && parsed.length > 0) {
    // An empty set would prune everything that is applied.
    throw new InputError('INPUT_INVALID', `spec.path ${path} holds no object of the artifact`);
  }
  if (commonMetadata === undefined) return chosen;
  const { labels = {}, annotations = {} } = commonMetadata;
  assertForeign([...Object.keys(labels), ...Object.keys(annotations)]);
  return chosen.map((resource) => ({
    ...resource,
    metadata: {
      ...resource.metadata,
      labels: { ...resource.metadata.labels, ...labels },
      annotations: { ...resource.metadata.annotations, ...annotations },
    },
  }));
}

function folderOf(path: string): string {
  return path.replace(/^\.\//u, '').replace(/^\.$/u, '').replace(/\/+$/u, '');
}

const ruleAnnotations: ReadonlySet<string> = new Set(
  objectRuleDomains.flatMap((domain) => objectRuleNames.map((rule) => `${domain}/${rule}`)),
);

/** Annotations of ours count only inside a verified artifact, and our labels are never a tenant's to set. */
function assertForeign(names: readonly string[]): void {
  for (const name of names) {
    const domain = name.includes('/') ? name.slice(0, name.indexOf('/')) : '';
    if (ruleAnnotations.has(name))
      throw new InputError('INPUT_INVALID', `spec.commonMetadata may not set ${name}: only an artifact may`);
    if (domain !== apiGroup && !domain.endsWith(`.${apiGroup}`)) continue;
    throw new InputError('INPUT_INVALID', `spec.commonMetadata may not set ${name}: it is Sealift's own`);
  }
}

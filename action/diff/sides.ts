// Both sides of a plan as objects: artifacts of a registry, by tag or digest, or the files of the checkout. A base that
// is not there yet is empty, so that everything is created.
import { fetchArtifact } from '../../src/artifact/artifact.ts';
import { errorCodeOf } from '../../src/errors.ts';
import type { ContentStore } from '../../src/oci/content-store.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { readSources, type Rendering } from '../../src/operations/read-sources.ts';
import type { ToolWorld } from '../../src/render/tool.ts';
import type { Resource } from '../../src/resources/resource.ts';
import { isResourceFile, readResources } from '../../src/resources/validate.ts';
import { problemsOf } from '../shared/report.ts';
import type { Comparison } from './inputs.ts';

/** The objects of one side, and the digest of an artifact. */
export type Side = { readonly digest: string | null; readonly resources: readonly Resource[] };

export async function readBase(store: ContentStore, base: string, signal: AbortSignal): Promise<Side> {
  let manifest: Content;
  try {
    manifest = await store.resolve(base, signal);
  } catch (error) {
    const code = errorCodeOf(error);
    // A digest that was asked for and is gone is no first promotion.
    if (base.includes(':') || (code !== 'CONTENT_MISSING' && code !== 'REGISTRY_NOT_FOUND')) throw error;
    return { digest: null, resources: [] };
  }
  return readArtifact(store, manifest, signal);
}

type HeadWorld = ToolWorld & {
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  readonly onRendered: (rendering: Rendering) => void;
};

export async function readHead(
  store: ContentStore,
  head: Comparison['head'],
  { env, signal, log, onRendered }: HeadWorld,
): Promise<Side> {
  if ('reference' in head) return readArtifact(store, await store.resolve(head.reference, signal), signal);
  const { files, skipped, rendering } = await readSources(head.path.absolute, head.render, { env, signal });
  if (rendering !== undefined) {
    onRendered(rendering);
    for (const note of skipped) log(note);
  }
  return { digest: null, resources: readResources(files).map(({ resource }) => resource) };
}

const ofArtifacts = new WeakSet<Error>();

/** Whether a problem is in a file of an artifact: one of the checkout with the same name has no part in it. */
export function isOfArtifact(problem: Error): boolean {
  return ofArtifacts.has(problem);
}

async function readArtifact(store: ContentStore, manifest: Content, signal: AbortSignal): Promise<Side> {
  const files = await fetchArtifact(store, manifest, signal);
  try {
    const parsed = readResources(files.filter(({ path }) => isResourceFile(path)));
    return { digest: manifest.descriptor.digest, resources: parsed.map(({ resource }) => resource) };
  } catch (error) {
    for (const problem of problemsOf(error)) if (problem instanceof Error) ofArtifacts.add(problem);
    throw error;
  }
}

// What somebody with push rights can do to a registry: write manifests, attach what others signed, move tags. Sealift's
// own commands refuse all of this, so it goes to the registry directly.
import { packArtifact } from '../src/artifact/pack.ts';
import { pushArtifact } from '../src/artifact/artifact.ts';
import { ociLimits } from '../src/limits.ts';
import { fetchBytes, type ContentStore } from '../src/oci/content-store.ts';
import { parseManifest } from '../src/oci/manifest.ts';
import { collectFiles } from '../src/operations/collect.ts';
import { attachBundle } from '../src/signing/attach.ts';
import { signaturePredicateType } from '../src/signing/statement.ts';

/** Pushes the files of a folder with some text changed, unsigned. */
async function pushForged(
  store: ContentStore,
  folder: string,
): Promise<Awaited<ReturnType<ContentStore['resolve']>>> {
  const { files } = await collectFiles(folder);
  const forged = files.map(({ path, bytes }) => ({
    path,
    bytes: Buffer.from(
      Buffer.from(bytes)
        .toString('utf8')
        .replaceAll(/image: .*/gu, 'image: registry.example/miner:1'),
    ),
  }));
  const packed = packArtifact(forged, {});
  await pushArtifact(store, packed);
  return packed.manifest;
}

/** Points a channel at an artifact that nobody signed. */
export async function tagUnsigned(store: ContentStore, folder: string, channel: string): Promise<string> {
  const manifest = await pushForged(store, folder);
  await store.tag(manifest, channel);
  return manifest.descriptor.digest;
}

/** Points a channel at a changed artifact that carries the signature and the promotion of a good one. */
export async function tagTampered(
  store: ContentStore,
  folder: string,
  { genuine, channel }: { readonly genuine: string; readonly channel: string },
): Promise<string> {
  const manifest = await pushForged(store, folder);
  const original = await store.resolve(genuine);
  for (const referrer of await store.referrers(original.descriptor)) {
    const [layer] = parseManifest(await fetchBytes(store, referrer, ociLimits.manifestBytes)).layers;
    if (layer === undefined) continue;
    const bytes = await fetchBytes(store, layer, ociLimits.bundleBytes);
    const created = '2026-01-01T00:00:00Z';
    await attachBundle(store, manifest.descriptor, { bytes, predicateType: signaturePredicateType, created });
  }
  await store.tag(manifest, channel);
  return manifest.descriptor.digest;
}

/** Points a channel at another tag's artifact: signed, but promoted by nobody. */
export async function retag(store: ContentStore, tag: string, channel: string): Promise<string> {
  const manifest = await store.resolve(tag);
  await store.tag(manifest, channel);
  return manifest.descriptor.digest;
}

// Adds a layer to cosign's `.sig` tag of an artifact. The tag holds everybody's signatures and has no lock: what is there
// is kept, and after the write it is looked whether the own one is.
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ContentError, VerificationError } from '../errors.ts';
import { signingLimits } from '../limits.ts';
import type { ContentStore } from '../oci/content-store.ts';
import { describe, type Descriptor } from '../oci/descriptor.ts';
import { formatManifest, parseManifest, type Content } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { legacySignatureTag } from './candidates.ts';
import { legacyAnnotations } from './legacy-signature.ts';
import type { LegacyLayer } from './sign-legacy.ts';

/** As often as the referrers tag: each loser of a race waits longer, so that all of a few dozen get through. */
const tries = 20;
/** Time after which a write that began from the same state would have landed; as for the referrers tag. */
const settleMs = 150;

/**
 * Adds a signature beside those that are there.
 * @returns the manifest that carries it
 * @throws VerificationError `SIGNATURE_MISSING` where other writers won again and again, `CANDIDATE_LIMIT`; ContentError
 *   `MANIFEST_INVALID` where the tag shows something else than signatures
 */
export async function attachLegacy(
  store: ContentStore,
  subject: Descriptor,
  { payload, annotations }: LegacyLayer,
  signal?: AbortSignal,
): Promise<Content> {
  const tag = legacySignatureTag(subject.digest);
  const layer: Content = { descriptor: describe(mediaTypes.simpleSigning, payload), bytes: payload };
  await store.push(layer, signal);
  const own = { ...layer.descriptor, annotations: { ...annotations } };
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const layers = await readLayers(store, tag, signal);
    if (layers.length >= signingLimits.legacySignatures) {
      throw new VerificationError('CANDIDATE_LIMIT', `tag ${tag} has ${layers.length} signatures`, [], {
        hint: 'Remove those that are no longer needed, or sign with --signature-format bundle.',
      });
    }
    const isOwn = (found: Descriptor): boolean =>
      signatureOf(found) === signatureOf(own) && found.digest === own.digest;
    const written = layers.some(isOwn) ? undefined : await writeLayers(store, tag, [...layers, own], signal);
    // Another one's write may still be on its way, made from what was there before.
    await delay(settleMs + randomInt(settleMs * attempt), undefined, signal === undefined ? {} : { signal });
    const shown = await store.resolve(tag, signal);
    if (parseManifest(shown.bytes).layers.some(isOwn)) return written ?? shown;
  }
  throw new VerificationError('SIGNATURE_MISSING', `tag ${tag} was written, and lacks the signature`, [], {
    retryable: true,
    hint: 'Somebody else writes it at the same time; run `sealift sign` once they have ended.',
  });
}

function signatureOf({ annotations }: Descriptor): string | undefined {
  return annotations?.[legacyAnnotations.signature];
}

async function readLayers(
  store: ContentStore,
  tag: string,
  signal?: AbortSignal,
): Promise<readonly Descriptor[]> {
  let content: Content;
  try {
    content = await store.resolve(tag, signal);
  } catch (error) {
    if (error instanceof ContentError && error.code === 'CONTENT_MISSING') return [];
    throw error;
  }
  return parseManifest(content.bytes).layers;
}

async function writeLayers(
  store: ContentStore,
  tag: string,
  layers: readonly Descriptor[],
  signal?: AbortSignal,
): Promise<Content> {
  const bytes = Buffer.from(JSON.stringify(configOf(layers)));
  const config: Content = { descriptor: describe(mediaTypes.imageConfig, bytes), bytes };
  const manifest = formatManifest({ config: config.descriptor, layers: [...layers] });
  await store.push(config, signal);
  await store.push(manifest, signal);
  await store.tag(manifest, tag, signal);
  return manifest;
}

/** An image's configuration as cosign writes it: no time of its own, and the layers by digest. */
function configOf(layers: readonly Descriptor[]): object {
  const created = '0001-01-01T00:00:00Z';
  return {
    architecture: '',
    created,
    history: layers.map(() => ({ created })),
    os: '',
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    config: {},
  };
}

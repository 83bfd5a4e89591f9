// Everything that may be a signature of an artifact: bundles that refer to it, and cosign's `.sig` tag. Anyone may
// attach something, so each is read for itself and a bad one hides no good one; what can't be read is never an absence.
import { ContentError, errorMessageOf, VerificationError, type RejectedCandidate } from '../errors.ts';
import { ociLimits, signingLimits } from '../limits.ts';
import { fetchBytes, type ContentSource } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { referrersTagOf } from '../oci/attached-tags.ts';
import type { Digest } from '../oci/digest.ts';
import { parseManifest, type Content } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';

/** Something that was found and not yet judged; its digest is that of the manifest that carries it. */
export type Candidate =
  | { readonly format: 'bundle'; readonly digest: Digest; readonly bytes: Uint8Array }
  | {
      readonly format: 'legacy';
      readonly digest: Digest;
      readonly bytes: Uint8Array;
      readonly annotations: Readonly<Record<string, string>>;
    };

/** What {@link findCandidates} found, and referrers that turned out to be something else. */
export type Candidates = {
  readonly subject: Descriptor;
  readonly found: readonly Candidate[];
  readonly rejected: readonly RejectedCandidate[];
  /** What is listed but could not be read; what it holds is unknown. */
  readonly unreadable: readonly RejectedCandidate[];
};

/** The tag under which cosign keeps legacy signatures of a digest. */
export function legacySignatureTag(subject: Digest): string {
  return `${referrersTagOf(subject)}.sig`;
}

/**
 * Fetches every bundle that refers to an artifact and its legacy signatures. Descriptors' types are not believed:
 * cosign's own fallback index names a wrong one.
 * @throws VerificationError `CANDIDATE_LIMIT` (flood), `SIGNATURE_UNCHECKABLE` where the store fails
 */
export async function findCandidates(
  source: ContentSource,
  subject: Descriptor,
  signal?: AbortSignal,
): Promise<Candidates> {
  const found: Candidate[] = [];
  const rejected: RejectedCandidate[] = [];
  const unreadable: RejectedCandidate[] = [];
  let totalBytes = 0;
  const take = async (
    candidate: string,
    read: () => Promise<readonly Candidate[] | string>,
  ): Promise<void> => {
    try {
      const outcome = await read();
      if (typeof outcome === 'string') rejected.push({ candidate, reason: outcome });
      else {
        found.push(...outcome);
        totalBytes += outcome.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
      }
    } catch (error) {
      if (signal?.aborted === true) throw error;
      // Anyone may attach something broken: it must not hide what is good beside it.
      unreadable.push({ candidate, reason: errorMessageOf(error, 200) });
    }
    if (found.length > ociLimits.signatures) {
      const message = `${subject.digest} has more than ${ociLimits.signatures} signatures`;
      throw new VerificationError('CANDIDATE_LIMIT', message, []);
    }
    if (totalBytes > ociLimits.bundlesBytes) {
      const message = `signatures of ${subject.digest} have more than ${ociLimits.bundlesBytes} bytes`;
      throw new VerificationError('CANDIDATE_LIMIT', message, []);
    }
  };
  try {
    const referrers = await source.referrers(subject, signal);
    if (referrers.length > ociLimits.referrers) {
      const message = `${subject.digest} has ${referrers.length} referrers, more than ${ociLimits.referrers}`;
      throw new VerificationError('CANDIDATE_LIMIT', message, []);
    }
    for (const referrer of referrers) {
      await take(referrer.digest, () => readReferrer(source, subject, referrer, signal));
    }
    const tag = legacySignatureTag(subject.digest);
    await take(tag, () => readLegacyTag(source, tag, signal));
  } catch (cause) {
    if (cause instanceof VerificationError || signal?.aborted === true) throw cause;
    throw new VerificationError(
      'SIGNATURE_UNCHECKABLE',
      `signatures of ${subject.digest} could not be read: ${errorMessageOf(cause, 300)}`,
      rejected,
      { cause, retryable: true, hint: 'See whether the registry can be reached and holds what it lists.' },
    );
  }
  return { subject, found, rejected, unreadable };
}

/** The signatures in a referrer, or why it holds none. */
async function readReferrer(
  source: ContentSource,
  subject: Descriptor,
  referrer: Descriptor,
  signal?: AbortSignal,
): Promise<readonly Candidate[] | string> {
  if (referrer.mediaType !== mediaTypes.manifest) return `is ${referrer.mediaType}`;
  if (referrer.size > ociLimits.manifestBytes) return `is larger than ${ociLimits.manifestBytes} bytes`;
  const bytes = await fetchBytes(source, referrer, ociLimits.manifestBytes, signal);
  let layers: readonly Descriptor[];
  try {
    const manifest = parseManifest(bytes);
    if (manifest.subject?.digest !== subject.digest) return 'has another subject';
    layers = manifest.layers;
  } catch (error) {
    return errorMessageOf(error, 200);
  }
  const [layer] = layers;
  if (layer?.mediaType === mediaTypes.simpleSigning) {
    return readLegacyLayers(source, referrer.digest, layers, signal);
  }
  if (layer?.mediaType !== mediaTypes.sigstoreBundle)
    return `holds ${layer?.mediaType ?? 'nothing'}, no bundle`;
  if (layer.size > ociLimits.bundleBytes) return `holds a bundle larger than ${ociLimits.bundleBytes} bytes`;
  const bundle = await fetchBytes(source, layer, ociLimits.bundleBytes, signal);
  return [{ format: 'bundle', digest: referrer.digest, bytes: bundle }];
}

async function readLegacyTag(
  source: ContentSource,
  tag: string,
  signal?: AbortSignal,
): Promise<readonly Candidate[] | string> {
  let content: Content;
  try {
    content = await source.resolve(tag, signal);
  } catch (error) {
    // Only the store's own "there is none" is an absence.
    if (error instanceof ContentError && error.code === 'CONTENT_MISSING') return [];
    throw error;
  }
  let layers: readonly Descriptor[];
  try {
    layers = parseManifest(content.bytes).layers;
  } catch (error) {
    return errorMessageOf(error, 200);
  }
  return readLegacyLayers(source, content.descriptor.digest, layers, signal);
}

/** Each layer of the right type is one signature; the same payload may be there with several. */
async function readLegacyLayers(
  source: ContentSource,
  digest: Digest,
  layers: readonly Descriptor[],
  signal?: AbortSignal,
): Promise<readonly Candidate[] | string> {
  if (layers.length > signingLimits.legacySignatures) {
    return `has ${layers.length} layers, more than ${signingLimits.legacySignatures}`;
  }
  const payloads = new Map<Digest, Uint8Array>();
  const found: Candidate[] = [];
  for (const layer of layers) {
    if (layer.mediaType !== mediaTypes.simpleSigning) continue;
    const bytes =
      payloads.get(layer.digest) ??
      (await fetchBytes(source, layer, signingLimits.legacyPayloadBytes, signal));
    payloads.set(layer.digest, bytes);
    found.push({ format: 'legacy', digest, bytes, annotations: layer.annotations ?? {} });
  }
  return found.length === 0 ? 'holds no signature' : found;
}

// One content from the source into the target: left alone where it is there, taken over where the stores can, else sent.
import { ContentError } from '../errors.ts';
import { watchStream, type Bytes, type ReadOptions } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Content } from '../oci/manifest.ts';
import { isManifestType } from '../oci/media-types.ts';
import { onSide, withSide, type Stores } from './sides.ts';
import type { Tally } from './tally.ts';

export type Transfer = {
  /** @param isExpected whether the target has a manifest that is made of it, and so most likely it, too */
  copyBlob(descriptor: Descriptor, isExpected: boolean): Promise<void>;
  /**
   * What the target has of a manifest is asked before its blobs are copied, and the rest is sent after them.
   * @param isThere where that is known already
   */
  hasManifest(descriptor: Descriptor, isThere?: boolean): Promise<boolean>;
  /** One that was just not there. @param isUnlisted whether it is attached to its subject later on */
  pushManifest(content: Content, isUnlisted: boolean): Promise<void>;
  skipManifest(descriptor: Descriptor): void;
};

type Parts = { readonly stores: Stores; readonly tally: Tally; readonly maxBlobs: number };

export function createTransfer({ stores, tally, maxBlobs }: Parts): Transfer {
  const blobs = new Map<Digest, { readonly size: number; readonly done: Promise<void> }>();

  async function moveBlob(descriptor: Descriptor, isExpected: boolean): Promise<void> {
    const { source, target } = stores;
    await stores.move(async (signal) => {
      if (isExpected && (await onSide('target', () => target.exists(descriptor, signal))))
        return tally.count('skipped', descriptor);
      if (await onSide('target', () => target.takeOver(source, descriptor, signal)))
        return tally.count('mounted', descriptor);
      tally.count(await sendBlob(descriptor, stores, tally), descriptor);
    });
  }

  return {
    async copyBlob(listed, isExpected) {
      const descriptor = asBlob(listed);
      const known = blobs.get(descriptor.digest);
      if (known !== undefined) {
        if (known.size === descriptor.size) return known.done;
        throw withSide('source', sizeMismatch(descriptor, known.size));
      }
      if (blobs.size >= maxBlobs)
        throw withSide('source', new ContentError('SIZE_LIMIT', `copy has more than ${maxBlobs} blobs`));
      tally.tell('found', descriptor);
      const done = moveBlob(descriptor, isExpected);
      blobs.set(descriptor.digest, { size: descriptor.size, done });
      return done;
    },
    async hasManifest(descriptor, isThere) {
      tally.tell('found', descriptor);
      return isThere ?? stores.onTarget((target, signal) => target.exists(descriptor, signal));
    },
    async pushManifest(content, isUnlisted) {
      tally.tell('start', content.descriptor);
      const options = { isNew: true, isUnlisted };
      await stores.onTarget((target, signal) => target.push(content, signal, options));
      tally.count('copied', content.descriptor);
    },
    skipManifest: (descriptor) => tally.count('skipped', descriptor),
  };
}

async function sendBlob(
  descriptor: Descriptor,
  { source, target, signal }: Stores,
  tally: Tally,
): Promise<'copied' | 'skipped' | 'absent'> {
  let isRead = false;
  let sourceFailure: { readonly error: unknown } | undefined;

  const failing = (error: unknown): void => {
    // The target gives it on, wrapped perhaps: whose it is would be lost.
    sourceFailure = { error };
  };
  function read(given: AbortSignal, options?: ReadOptions): Bytes {
    isRead = true;
    sourceFailure = undefined;
    let bytes = 0;
    tally.tell('start', descriptor);
    const onBytes = (count: number): void => {
      bytes += count;
      tally.tellBytes(descriptor, bytes);
    };
    return watchStream(source.fetch(descriptor, given, options), { onBytes, onError: failing });
  }

  try {
    await target.pushBlob(descriptor, (given = signal, options) => read(given, options), signal);
    return isRead ? 'copied' : 'skipped';
  } catch (error) {
    if (sourceFailure === undefined) throw withSide('target', error);
    if (isNonDistributable(descriptor) && isMissing(sourceFailure.error)) return 'absent';
    throw withSide('source', sourceFailure.error);
  }
}

/** A layer may have any media type, a manifest's included; it is stored as a blob nevertheless. */
function asBlob(descriptor: Descriptor): Descriptor {
  const { digest, size } = descriptor;
  const mediaType = isManifestType(descriptor.mediaType) ? 'application/octet-stream' : descriptor.mediaType;
  return { mediaType, digest, size };
}

/** Layers that registries may lack (image-spec, layer.md#non-distributable-layers; Docker's `foreign`). */
function isNonDistributable({ mediaType }: Descriptor): boolean {
  return /(?:\.nondistributable\.|\.foreign\.)/u.test(mediaType);
}

function isMissing(error: unknown): boolean {
  return error instanceof ContentError && error.code === 'CONTENT_MISSING';
}

function sizeMismatch({ digest, size }: Descriptor, otherSize: number): ContentError {
  return new ContentError('SIZE_MISMATCH', `${digest} is listed with ${size} bytes and with ${otherSize}`);
}

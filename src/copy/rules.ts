// What a source may lead a copy to take in, counted while it goes on.
import { ContentError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { CopyLimits } from './copy.ts';
import { withSide } from './sides.ts';

export type Rules = {
  /** Counts a manifest that is new. @throws ContentError `SIZE_LIMIT` */
  takeIn(descriptor: Descriptor, depth: number): void;
  /** Counts what a source lists as referrers of one manifest. @throws ContentError `SIZE_LIMIT` */
  takeInListed(subject: Descriptor, count: number): void;
  /** "Type confusion": one digest may not be listed as two things. @throws ContentError */
  assertSame(descriptor: Descriptor, known: Descriptor): void;
};

export function createRules(limits: CopyLimits): Rules {
  let manifests = 0;
  let bytes = 0;
  let listed = 0;
  const refuse = (message: string): never => {
    throw withSide('source', new ContentError('SIZE_LIMIT', message));
  };
  return {
    takeIn({ digest, size }, depth) {
      manifests += 1;
      bytes += size;
      if (manifests > limits.manifests) refuse(`copy has more than ${limits.manifests} manifests`);
      if (bytes > limits.manifestBytes)
        refuse(`copy has manifests of more than ${limits.manifestBytes} bytes together`);
      if (depth > limits.depth) refuse(`${digest} is nested more than ${limits.depth} deep`);
    },
    takeInListed({ digest }, count) {
      listed += count;
      if (count > limits.referrers || listed > limits.manifests)
        refuse(`${digest} has ${count} referrers, more than a copy takes along`);
    },
    assertSame({ mediaType, digest, size }, known) {
      if (mediaType !== known.mediaType) {
        const message = `${digest} is listed as ${mediaType} and as ${known.mediaType}`;
        throw withSide('source', new ContentError('MEDIA_TYPE_UNEXPECTED', message));
      }
      if (size === known.size) return;
      const message = `${digest} is listed with ${size} bytes and with ${known.size}`;
      throw withSide('source', new ContentError('SIZE_MISMATCH', message));
    },
  };
}

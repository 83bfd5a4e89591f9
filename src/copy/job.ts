// One manifest of a copy: what is known of it before it is read, and what it says.
import { assertContent } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { readManifestFacts, type ManifestFacts } from '../oci/manifest-facts.ts';
import type { Content } from '../oci/manifest.ts';
import { withSide } from './sides.ts';

/** A manifest that is to be copied. */
export type Job = {
  readonly descriptor: Descriptor;
  readonly depth: number;
  readonly load: () => Promise<Content>;
  /** Whether the target has it, where that is known. */
  readonly isThere?: boolean;
  /** Whether the target shows it, or what lists it, as the source does: what it is made of is there, too. */
  readonly isShown?: boolean;
  /** Whether it is attached to its subject at the end. */
  readonly isReferrer?: boolean;
};

/** A manifest that was read. */
export type ReadContent = Content & { readonly facts: ManifestFacts };

/** @throws ContentError of the source, also where it gave other bytes than it was asked for */
export function readContent(content: Content): ReadContent {
  try {
    assertContent(content);
    return { ...content, facts: readManifestFacts(content) };
  } catch (error) {
    throw withSide('source', error);
  }
}

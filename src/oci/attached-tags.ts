// Tags that belong to a digest by their name: the list of referrers that clients keep themselves (distribution-spec,
// "Referrers Tag Schema"), and cosign's legacy signatures, attestations and bills of materials.
import { digestHex, type Digest } from './digest.ts';

const suffixes = ['sig', 'att', 'sbom'] as const;
const ATTACHED = /^sha256-(?<hex>[a-f0-9]{64})(?<suffix>\.(?:sig|att|sbom))?$/u;

/** The tag of a digest's list of referrers. */
export function referrersTagOf(digest: Digest): string {
  return `sha256-${digestHex(digest)}`;
}

/** The names of what older tools attach to a digest. */
export function attachedTagsOf(digest: Digest): readonly string[] {
  return suffixes.map((suffix) => `${referrersTagOf(digest)}.${suffix}`);
}

/** What a tag belongs to by its name; undefined for tags that people give. */
export function parseAttachedTag(
  tag: string,
): { readonly subject: Digest; readonly isReferrersTag: boolean } | undefined {
  const groups = ATTACHED.exec(tag)?.groups;
  const hex = groups?.['hex'];
  if (hex === undefined) return undefined;
  return { subject: `sha256:${hex}`, isReferrersTag: groups?.['suffix'] === undefined };
}

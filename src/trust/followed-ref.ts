// What a Delivery's `source.ref` follows: a digest, else the highest version of a range, else a tag. A range is resolved
// to a tag anew at each look, by the list of tags alone.
import type { DeliverySpec } from '../api/delivery.ts';
import { InputError } from '../errors.ts';
import type { Followed } from './policy.ts';
import { parseSourceUrl } from './source-url.ts';
import { parseVersionRange, type VersionRange } from './version-range.ts';

export type FollowedRef = Followed & {
  /** Which tags count; present where a range is followed. */
  readonly range?: VersionRange;
};

/**
 * What a Delivery of a namespace follows.
 * @throws PolicyError `URL_NOT_CANONICAL`; InvalidReferenceError; InputError `INPUT_INVALID` for a range that is none
 */
export function followedOfSource(
  { url: text, ref }: Pick<DeliverySpec['source'], 'url' | 'ref'>,
  namespace: string,
): FollowedRef {
  const url = parseSourceUrl(text);
  if (ref.digest !== undefined) return { url, tag: ref.digest, kind: 'digest', namespace };
  if (ref.semver !== undefined) {
    const range = parseVersionRange(ref.semver, ref.semverFilter);
    return { url, tag: ref.semver, kind: 'semver', namespace, range };
  }
  if (ref.tag !== undefined) return { url, tag: ref.tag, namespace };
  throw new InputError('INPUT_MISSING', 'spec.source.ref needs a tag, a semver range or a digest');
}

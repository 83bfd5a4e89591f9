// Ranges of versions over a repository's tags, by the rules that Flux's users know (Masterminds/semver): the tag with the
// highest version in the range is followed; pre-releases count only where the range names one. docs/puller.md has the
// differences that are left.
import { RE2JS } from '@bufbuild/re2';
import { compare, parse, Range, type SemVer } from 'semver';
import { ContentError, errorMessageOf, InputError } from '../errors.ts';
import { sourceLimits } from '../limits.ts';

export type VersionRange = {
  /** As it was written. */
  readonly text: string;
  /**
   * The tag with the highest version in the range.
   * @throws ContentError `CONTENT_MISSING` where there is none
   */
  pick(tags: readonly string[]): string;
};

type Branch = { readonly range: Range; readonly isPrereleaseNamed: boolean };

/**
 * @param filter regular expression (RE2) that tags must match somewhere
 * @throws InputError `INPUT_INVALID`
 */
export function parseVersionRange(text: string, filter?: string): VersionRange {
  if (text.length > sourceLimits.rangeLength)
    throw invalid('semver', text, `is longer than ${sourceLimits.rangeLength}`);
  const branches = text.split('||').map((branch) => parseBranch(text, branch));
  const compiled = filter === undefined ? undefined : compileFilter(filter);
  return {
    text,
    pick: (tags) => {
      const inRange = tags
        .flatMap((tag) => parseTagVersion(tag, branches) ?? [])
        .toSorted((a, b) => compare(b.version, a.version) || (a.tag < b.tag ? -1 : 1));
      // From above, so that most looks ask the pattern once.
      const highest = inRange.find(compiled === undefined ? () => true : meteredTest(compiled, text));
      if (highest !== undefined) return highest.tag;
      const among = filter === undefined ? '' : ` that matches ${filter}`;
      throw new ContentError('CONTENT_MISSING', `no tag${among} is a version in the range ${text}`, {
        hint: 'Publish one, or widen source.ref.semver; tags are versions as 1.2.3 or v1.2.3.',
      });
    },
  };
}

function parseTagVersion(
  tag: string,
  branches: readonly Branch[],
): { readonly tag: string; readonly version: SemVer } | undefined {
  // All three numbers must stand there, or `2024` would be a version above all others.
  const version = /^v?\d/u.test(tag) ? parse(tag) : null;
  if (version === null) return undefined;
  const isIn = branches.some(
    ({ range, isPrereleaseNamed }) =>
      (version.prerelease.length === 0 || isPrereleaseNamed) && range.test(version),
  );
  return isIn ? { tag, version } : undefined;
}

/** A pre-release is in a branch only if each of its comparators names one. */
function parseBranch(text: string, branch: string): Branch {
  // Commas join comparators, too.
  const joined = branch.replaceAll(',', ' ').trim();
  const terms = joined
    .replaceAll(/([<>=~^])\s+/gu, '$1')
    .split(/\s+/u)
    .filter((term) => term !== '-');
  const isPrereleaseNamed = terms.every((term) => term.includes('-'));
  try {
    return { range: new Range(joined, { includePrerelease: isPrereleaseNamed }), isPrereleaseNamed };
  } catch (cause) {
    throw invalid('semver', text, 'is no range of versions', cause);
  }
}

type Filter = { readonly pattern: RE2JS; readonly weight: number };

/** A tenant's pattern over a registry's tags: linear in both, and still a way to keep the puller busy. */
function meteredTest(
  { pattern, weight }: Filter,
  text: string,
): (found: { readonly tag: string }) => boolean {
  let left = sourceLimits.filterSteps;
  return ({ tag }) => {
    left -= tag.length * weight;
    if (left < 0) throw invalid('semver', text, 'has too many tags for its semverFilter');
    return pattern.test(tag);
  };
}

function compileFilter(filter: string): Filter {
  if (filter.length > sourceLimits.rangeLength)
    throw invalid('semverFilter', filter, `is longer than ${sourceLimits.rangeLength}`);
  try {
    // What is repeated counts as often as it may be: a pattern is as slow as it is long when written out.
    const repeats = [...filter.matchAll(/\{(\d+)(?:,(\d*))?\}/gu)].map(([, least, most]) =>
      Number(most || least),
    );
    const factor = repeats.reduce((product, count) => Math.min(product * Math.max(count, 1), 1000), 1);
    return { pattern: RE2JS.compile(filter), weight: filter.length * factor };
  } catch (cause) {
    throw invalid('semverFilter', filter, `is no regular expression: ${errorMessageOf(cause, 200)}`, cause);
  }
}

function invalid(field: string, text: string, reason: string, cause?: unknown): InputError {
  const message = `spec.source.ref.${field} ${JSON.stringify(text.slice(0, 256))} ${reason}`;
  return new InputError('INPUT_INVALID', message, { cause });
}

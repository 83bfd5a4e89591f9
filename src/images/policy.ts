// Which tag of a repository is the newest, by the rules of Flux's ImagePolicy: a range of versions, or alphabetical or
// numerical order, after `filterTags` has said what counts.
import * as z from 'zod';
import { ContentError, errorMessageOf, InputError } from '../errors.ts';
import { imageLimits } from '../limits.ts';
import { parseVersionRange } from '../trust/version-range.ts';
import { compileTagFilter, type Candidate } from './tag-filter.ts';

const order = z.enum(['asc', 'desc']).default('asc');

/** The part of an ImagePolicy's `spec` that chooses. */
export const tagPolicySchema = z.object({
  filterTags: z.object({ pattern: z.string(), extract: z.string().optional() }).optional(),
  policy: z.union([
    z.strictObject({ semver: z.strictObject({ range: z.string() }) }),
    z.strictObject({ alphabetical: z.strictObject({ order }) }),
    z.strictObject({ numerical: z.strictObject({ order }) }),
  ]),
});

export type TagPolicySpec = z.infer<typeof tagPolicySchema>;

/**
 * The newest tag.
 * @throws ContentError `CONTENT_MISSING` where no tag counts; InputError `INPUT_INVALID` where tags can't be compared
 */
export type PickTag = (tags: readonly string[]) => string;

/**
 * Compiles a policy.
 * @param name of the policy, for messages
 * @throws InputError `INPUT_INVALID`
 */
export function compileTagPolicy({ filterTags, policy }: TagPolicySpec, name: string): PickTag {
  const filter =
    filterTags === undefined
      ? (tags: readonly string[]): readonly Candidate[] => tags.map((tag) => ({ tag, compared: tag }))
      : compileTagFilter(filterTags.pattern, filterTags.extract, `${name}: filterTags`);
  const pick = compileChoice(policy, name);
  return (tags) => {
    const picked = pick(filter(tags));
    if (picked !== undefined) return picked;
    throw new ContentError('CONTENT_MISSING', `${name}: none of ${tags.length} tags counts`, {
      hint: 'See the tags with `sealift list`, and compare filterTags and policy with them.',
    });
  };
}

type Choice = (candidates: readonly Candidate[]) => string | undefined;

function compileChoice(policy: TagPolicySpec['policy'], name: string): Choice {
  if ('semver' in policy) return compileRange(policy.semver.range, name);
  if ('numerical' in policy) {
    const sign = policy.numerical.order === 'asc' ? 1 : -1;
    return (candidates) => {
      const numbers = new Map(candidates.map(({ compared }) => [compared, parseNumber(compared, name)]));
      return highest(candidates, (a, b) => sign * ((numbers.get(a) ?? 0) - (numbers.get(b) ?? 0)));
    };
  }
  const sign = policy.alphabetical.order === 'asc' ? 1 : -1;
  return (candidates) => highest(candidates, (a, b) => sign * compareText(a, b));
}

/** The rules for versions are those that Deliveries follow. */
function compileRange(text: string, name: string): Choice {
  let range: ReturnType<typeof parseVersionRange>;
  try {
    range = parseVersionRange(text);
  } catch (cause) {
    const shown = JSON.stringify(text.slice(0, imageLimits.patternLength));
    throw new InputError('INPUT_INVALID', `${name}: policy.semver.range ${shown} is no range of versions`, {
      cause,
    });
  }
  return (candidates) => {
    try {
      const version = range.pick(candidates.map(({ compared }) => compared));
      return candidates.find(({ compared }) => compared === version)?.tag;
    } catch (error) {
      if (error instanceof ContentError && error.code === 'CONTENT_MISSING') return undefined;
      throw error;
    }
  };
}

/** Of equal ones the alphabetically last tag, so that the order of a registry's list does not matter. */
function highest(
  candidates: readonly Candidate[],
  compare: (a: string, b: string) => number,
): string | undefined {
  return candidates.toSorted((a, b) => compare(b.compared, a.compared) || compareText(b.tag, a.tag))[0]?.tag;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function parseNumber(text: string, name: string): number {
  if (/^[+-]?\d{1,30}(?:\.\d{1,30})?$/u.test(text)) return Number(text);
  const shown = errorMessageOf(JSON.stringify(text.slice(0, 140)));
  throw new InputError('INPUT_INVALID', `${name}: ${shown} is no number`, {
    hint: 'Let filterTags.pattern match only tags with a number, and filterTags.extract take it out.',
  });
}

// `filterTags` of an image policy: which tags count, and what of them is compared (Flux's ImagePolicy has both). Patterns
// are RE2, and metered: a registry may list many tags.
import { RE2JS } from '@bufbuild/re2';
import { errorMessageOf, InputError } from '../errors.ts';
import { imageLimits } from '../limits.ts';
import { matchGroups, stepsOf } from '../expressions/captures.ts';

/** A tag, and what of it is compared. */
export type Candidate = { readonly tag: string; readonly compared: string };

export type TagFilter = (tags: readonly string[]) => readonly Candidate[];

/**
 * @param extract template of what is compared: `$1`, `$name`, `${name}`, `$$`; the whole tag by default
 * @throws InputError `INPUT_INVALID`
 */
export function compileTagFilter(pattern: string, extract: string | undefined, where: string): TagFilter {
  const compiled = compilePattern(pattern, `${where}.pattern`);
  if (extract !== undefined && extract.length > imageLimits.patternLength) {
    throw new InputError(
      'INPUT_INVALID',
      `${where}.extract is longer than ${imageLimits.patternLength} characters`,
    );
  }
  const names = compiled.namedGroups();
  return (tags) => {
    const spend = meter(compiled, where);
    return tags.flatMap((tag) => {
      spend(tag);
      const groups = matchGroups(compiled, tag);
      if (groups === undefined) return [];
      const isWhole = extract === undefined || extract === '';
      return [{ tag, compared: isWhole ? tag : expand(extract, groups, names) }];
    });
  };
}

/**
 * Leaves out the tags that a pattern matches.
 * @throws InputError `INPUT_INVALID`
 */
export function compileExclusion(
  pattern: string,
  where: string,
): (tags: readonly string[]) => readonly string[] {
  const compiled = compilePattern(pattern, where);
  return (tags) => {
    const spend = meter(compiled, where);
    return tags.filter((tag) => {
      spend(tag);
      return !compiled.test(tag);
    });
  };
}

function compilePattern(pattern: string, where: string): RE2JS {
  if (pattern.length > imageLimits.patternLength) {
    throw new InputError('INPUT_INVALID', `${where} is longer than ${imageLimits.patternLength} characters`);
  }
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    const why = errorMessageOf(cause, 200);
    throw new InputError('INPUT_INVALID', `${where} is no regular expression: ${why}`, { cause });
  }
}

/** Linear in the tags and in the pattern, and still a way to keep a machine busy. */
function meter(compiled: RE2JS, where: string): (tag: string) => void {
  const weight = stepsOf(compiled);
  let left = imageLimits.filterSteps;
  return (tag) => {
    left -= (tag.length + 1) * weight;
    if (left >= 0) return;
    throw new InputError('INPUT_INVALID', `${where}: the repository has too many tags for such a pattern`, {
      hint: 'Write a shorter pattern: repetitions such as {1,500} count as often as they repeat.',
    });
  };
}

/** As Go's `Regexp.Expand` does it: the longest name is taken, and one that is unknown is empty. */
function expand(template: string, groups: readonly string[], names: ReadonlyMap<string, number>): string {
  return template.replaceAll(
    /\$(?:(\$)|\{(\w+)\}|(\w+))/gu,
    (_, dollar: string | undefined, braced: string | undefined, bare: string | undefined) => {
      if (dollar !== undefined) return '$';
      const name = braced ?? bare ?? '';
      const index = /^\d+$/u.test(name) ? Number(name) : names.get(name);
      return index === undefined ? '' : (groups[index] ?? '');
    },
  );
}

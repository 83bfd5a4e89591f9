// Patterns of source URLs in policies: `*` is one path segment or a part of one, `**` as the last segment any number
// of them. What the stars matched names the logical repository.
import { PolicyError } from '../errors.ts';

export type UrlPattern = {
  /** What each star matched, or undefined where the URL does not match. */
  match(canonicalUrl: string): readonly string[] | undefined;
};

/** @throws PolicyError `POLICY_INVALID` */
export function parseUrlPattern(pattern: string): UrlPattern {
  const inner = pattern.replace(/\/\*\*$/u, '');
  if (inner.includes('**')) throw invalid(pattern, 'has "**" elsewhere than as its last segment');
  if (inner.split('/').some((segment) => segment.split('*').length > 2)) {
    // Several stars in one segment match in many ways: ambiguous, and slow to refuse.
    throw invalid(pattern, 'has two stars in one segment');
  }
  if (!/^oci:\/\/[^/*]+\//u.test(`${pattern}/`)) throw invalid(pattern, 'has a star in its host');
  const source = pattern
    .split(/(\*\*|\*)/u)
    .map((part) => {
      if (part === '**') return '(.+)';
      if (part === '*') return '([^/]+)';
      return part.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);
    })
    .join('');
  const expression = new RegExp(`^${source}$`, 'u');
  return { match: (url) => expression.exec(url)?.slice(1) };
}

/**
 * The logical repository for a matched URL: the template with `{1}`… filled in, else the path without the host. Every
 * star must appear in the template, or two repositories would share one name and one's promotion would pass for both.
 * @throws PolicyError `POLICY_INVALID`
 */
export function logicalRepository(
  template: string | undefined,
  pathRepository: string,
  captures: readonly string[],
): string {
  if (template === undefined) return pathRepository;
  const used = new Set<number>();
  const name = template.replaceAll(/\{(\d{1,2})\}/gu, (_, digits: string) => {
    used.add(Number(digits));
    return captures[Number(digits) - 1] ?? '';
  });
  // `{1}-{2}` would give `a-b` and `c` the name of `a` and `b-c`.
  const isJoined = template
    .split('/')
    .some((segment) => segment.includes('{') && !/^\{\d{1,2}\}$/u.test(segment));
  if (isJoined && captures.length > 1) {
    throw invalid(template, 'must have each {n} as a segment of its own, where the url has several stars');
  }
  const isComplete = captures.every((_, index) => used.has(index + 1)) && used.size === captures.length;
  if (!isComplete)
    throw invalid(template, `must name every star of the url once, {1} to {${captures.length}}`);
  return name;
}

function invalid(text: string, reason: string): PolicyError {
  return new PolicyError('POLICY_INVALID', `pattern ${JSON.stringify(text)} ${reason}`);
}

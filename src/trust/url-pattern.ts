// Patterns of source URLs in policies: `*` is one path segment or a part of one, `**` as the last segment any number
// of them. What the stars matched names the logical repository.
import { PolicyError } from '../errors.ts';
import { isCanonicalHost, isLayoutRootName } from './source-url.ts';

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
  assertPlace(pattern);
  const source = pattern
    .split(/(\*\*|\*)/u)
    .map((part) => {
      if (part === '**') return '(.+)';
      if (part === '*') return '([^/]+)';
      return escape(part);
    })
    .join('');
  const expression = new RegExp(`^${source}$`, 'u');
  return { match: (url) => expression.exec(url)?.slice(1) };
}

/** No source has such a host or root, so the policy would match nothing and look as if it held. */
function assertPlace(pattern: string): void {
  const root = /^oci-layout:([^/]*)(?:\/|$)/u.exec(pattern)?.[1];
  if (root !== undefined) {
    if (!isLayoutRootName(root)) throw invalid(pattern, 'names no layout root');
    return;
  }
  const host = /^oci:\/\/([^/*]+)\//u.exec(`${pattern}/`)?.[1];
  if (host === undefined) throw invalid(pattern, 'has a star in its host');
  if (!isCanonicalHost(host)) throw invalid(pattern, `has the host ${host}, which no canonical url has`);
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
  const problem = templateProblem(template, captures.length);
  if (problem !== undefined) throw invalid(template, problem);
  return template.replaceAll(placeholder, (_, digits: string) => standsFor(digits, captures));
}

const placeholder = /\{(\d{1,2})\}/gu;

/** What a placeholder of these digits is filled in with. */
function standsFor(digits: string, texts: readonly string[]): string {
  return texts.slice(Number(digits) - 1, Number(digits)).join('');
}

/** Why a template can't name the repositories of URLs with so many stars, or undefined where it can. */
function templateProblem(template: string, starCount: number): string | undefined {
  // `{1}-{2}` would give `a-b` and `c` the name of `a` and `b-c`.
  const isJoined = template
    .split('/')
    .some((segment) => segment.includes('{') && !/^\{\d{1,2}\}$/u.test(segment));
  if (isJoined && starCount > 1) {
    return 'must have each {n} as a segment of its own, where the url has several stars';
  }
  const used = [...template.matchAll(placeholder)]
    .map(([, digits]) => Number(digits))
    .toSorted((a, b) => a - b);
  const isComplete = used.length === starCount && used.every((number, index) => number === index + 1);
  return isComplete ? undefined : `must name every star of the url once, {1} to {${starCount}}`;
}

/**
 * Whether some URL of a pattern would have this logical repository: by the template, else by the path without the host.
 * Two policies must not claim one repository's channel through different URLs.
 */
export function canClaim(template: string | undefined, pattern: string, repository: string): boolean {
  const stars = [...pattern.matchAll(/\*\*|\*/gu)].map(([star]) => (star === '**' ? '.+' : '[^/]+'));
  // No url has a name by such a template; tried all the same, its stars could match in too many ways to tell.
  if (template !== undefined && templateProblem(template, stars.length) !== undefined) return false;
  const path = pattern.replace(/^(?:oci:\/\/[^/]*\/|oci-layout:[^/]*\/|oci-layout:)/u, '');
  const source =
    template === undefined
      ? path.split(/(\*\*|\*)/u).map((part) => (/^\*+$/u.test(part) ? stars.shift() : escape(part)))
      : template.split(/(\{\d{1,2}\})/u).map((part) => {
          const index = /^\{(\d{1,2})\}$/u.exec(part)?.[1];
          return index === undefined ? escape(part) : standsFor(index, stars);
        });
  return new RegExp(`^${source.join('')}$`, 'u').test(repository);
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);
}

function invalid(text: string, reason: string): PolicyError {
  return new PolicyError('POLICY_INVALID', `pattern ${JSON.stringify(text)} ${reason}`);
}

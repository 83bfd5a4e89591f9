// `spec.ignore` compiled: which fields of an object of the artifact are left to others once the object exists.
import { RE2JS } from '@bufbuild/re2';
import { apiGroup } from '../api/common.ts';
import type { DeliverySpec } from '../api/delivery.ts';
import { errorMessageOf, InputError } from '../errors.ts';
import type { Resource, ResourceIdentity } from '../resources/resource.ts';
import { parseSelector, type Selector } from '../resources/selector.ts';

/** JSON pointers of the fields of one object that its rules name. */
export type IgnoreRules = (resource: Resource, identity: ResourceIdentity) => readonly string[];

type Rule = NonNullable<DeliverySpec['ignore']>[number];
type Target = NonNullable<Rule['target']>;

/** Whole fields that objects are found and kept by; single labels and annotations may be left to others. */
const ownFields: readonly string[] = ['/apiVersion', '/kind', '/metadata/name', '/metadata/namespace'];

/**
 * Compiles the rules of a Delivery.
 * @throws InputError `INPUT_INVALID` for patterns, selectors and paths that no rule can have
 */
export function compileIgnore(rules: readonly Rule[] = []): IgnoreRules {
  const compiled = rules.map(({ paths, target = {} }, index) => {
    const where = `spec.ignore[${index}]`;
    for (const path of paths) assertForeign(path, where);
    return { paths, matches: compileTarget(target, `${where}.target`) };
  });
  return (resource, identity) => {
    const paths = compiled.flatMap((rule) => (rule.matches(resource, identity) ? rule.paths : []));
    return [...new Set(paths)].sort();
  };
}

/** Members of a pointer, unescaped (RFC 6901). */
export function parsePointer(pointer: string): readonly string[] {
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function assertForeign(path: string, where: string): void {
  const [top = '', second, third] = parsePointer(path);
  const isWide = top === 'metadata' && (second === undefined || third === undefined);
  const isMark = top === 'metadata' && third?.startsWith(`${apiGroup}/`) === true;
  const isName = ownFields.some((field) => path === field || path.startsWith(`${field}/`));
  if (!isName && !isMark && !(isWide && [undefined, 'labels', 'annotations'].includes(second))) return;
  throw new InputError('INPUT_INVALID', `${where}: ${path} is what Sealift keeps the object by`, {
    hint: 'Name single labels and annotations, as in /metadata/annotations/example.com~1note.',
  });
}

function compileTarget(target: Target, where: string): IgnoreMatcher {
  const patterns = (['group', 'version', 'kind', 'name', 'namespace'] as const).flatMap((member) => {
    const text = target[member];
    return text === undefined ? [] : [{ member, pattern: compilePattern(text, `${where}.${member}`) }];
  });
  const labels = compileSelector(target.labelSelector, `${where}.labelSelector`);
  const annotations = compileSelector(target.annotationSelector, `${where}.annotationSelector`);
  return ({ metadata }, identity) =>
    patterns.every(({ member, pattern }) => pattern.matches(identity[member] ?? '')) &&
    labels(metadata.labels ?? {}) &&
    annotations(metadata.annotations ?? {});
}

type IgnoreMatcher = (resource: Resource, identity: ResourceIdentity) => boolean;

/** RE2, which never backtracks: a tenant writes the pattern. */
function compilePattern(text: string, where: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (cause) {
    const why = errorMessageOf(cause, 200);
    throw new InputError(
      'INPUT_INVALID',
      `${where}: ${JSON.stringify(text)} is no regular expression: ${why}`,
      {
        cause,
      },
    );
  }
}

function compileSelector(text: string | undefined, where: string): Selector {
  const selector = parseSelector(text ?? '');
  if (selector !== undefined) return selector;
  throw new InputError('INPUT_INVALID', `${where}: ${JSON.stringify(text)} is no selector`);
}

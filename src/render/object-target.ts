// Targets of a Delivery's rules and patches: regular expressions (RE2, whole text) over what names an object, and
// selectors over its labels and annotations, as in patches of kustomize.
import { RE2JS } from '@bufbuild/re2';
import type { Target } from '../api/delivery-drift.ts';
import { errorMessageOf, InputError } from '../errors.ts';
import type { Resource, ResourceIdentity } from '../resources/resource.ts';
import { parseSelector, type Selector } from '../resources/selector.ts';

export type TargetMatcher = (resource: Pick<Resource, 'metadata'>, identity: ResourceIdentity) => boolean;

/**
 * Which objects a target is about.
 * @throws InputError `INPUT_INVALID` for patterns and selectors that can't be
 */
export function compileTarget(target: Target, where: string): TargetMatcher {
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

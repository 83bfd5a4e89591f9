// `spec.ignore` compiled: which fields of an object of the artifact are left to others once the object exists.
import { apiGroup } from '../api/common.ts';
import type { DeliverySpec } from '../api/delivery.ts';
import { InputError } from '../errors.ts';
import type { Resource, ResourceIdentity } from '../resources/resource.ts';
import { compileTarget } from './object-target.ts';

/** JSON pointers of the fields of one object that its rules name. */
export type IgnoreRules = (resource: Resource, identity: ResourceIdentity) => readonly string[];

type Rule = NonNullable<DeliverySpec['ignore']>[number];

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

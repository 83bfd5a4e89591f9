// Fields that a plan leaves out, one rule a line: a kind, or `*`, and a JSON pointer (RFC 6901), as
// `Deployment.apps /spec/replicas`.
import { InputError } from '../errors.ts';
import { identityOf, type Resource } from '../resources/resource.ts';

export type IgnoreRule = {
  /** `Kind.group`, `Kind` of the core group, or `*`. */
  readonly kind: string;
  /** At least one. */
  readonly members: readonly string[];
};

/** @throws InputError `INPUT_INVALID` */
export function parseIgnoreRule(line: string): IgnoreRule {
  const match = /^(?<kind>\*|[A-Za-z][A-Za-z0-9.-]*)\s+(?<pointer>\/\S+)$/u.exec(line);
  const { kind, pointer } = match?.groups ?? {};
  if (kind === undefined || pointer === undefined || /~(?![01])/u.test(pointer)) {
    throw new InputError(
      'INPUT_INVALID',
      `${JSON.stringify(line.slice(0, 200))} is no KIND and JSON pointer`,
      {
        hint: 'Write it as "Deployment.apps /spec/replicas", or with "*" for every kind.',
      },
    );
  }
  const members = pointer
    .slice(1)
    .split('/')
    .map((member) => member.replaceAll('~1', '/').replaceAll('~0', '~'));
  // Without them an object would be another one, or none.
  if (['apiVersion', 'kind'].includes(members[0] ?? '') || isIdentity(members)) {
    throw new InputError('INPUT_INVALID', `${pointer.slice(0, 200)} is part of what identifies an object`);
  }
  return { kind, members };
}

/** The object without the fields that rules name. */
export function leaveOut(resource: Resource, rules: readonly IgnoreRule[]): Resource {
  const { group, kind } = identityOf(resource);
  const name = group === '' ? kind : `${kind}.${group}`;
  let left: unknown = resource;
  for (const rule of rules) if (rule.kind === '*' || rule.kind === name) left = without(left, rule.members);
  // Rules never name what a resource must have.
  return left as Resource;
}

function isIdentity([first, second, ...more]: readonly string[]): boolean {
  if (first !== 'metadata' || more.length > 0) return false;
  return second === undefined || second === 'name' || second === 'namespace';
}

function without(value: unknown, [member = '', ...rest]: readonly string[]): unknown {
  if (Array.isArray(value)) {
    const at = /^(?:0|[1-9]\d{0,6})$/u.test(member) ? Number(member) : -1;
    if (rest.length === 0) return value.filter((_, index) => index !== at);
    return value.map((item: unknown, index) => (index === at ? without(item, rest) : item));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    rest.length === 0
      ? entries.filter(([key]) => key !== member)
      : entries.map(([key, part]) => [key, key === member ? without(part, rest) : part]),
  );
}

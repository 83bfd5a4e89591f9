// Secrets without their values, for whatever is shown to people: keys stay, and of two versions each value says
// whether it is another one, and nothing else.
import { identityOf, type Resource } from './resource.ts';

/** Stands for a value; the second and third where two versions of it differ. */
const placeholders = { same: '***', before: '*** (before)', after: '*** (after)' } as const;

const valueFields = ['data', 'stringData'] as const;
/** kubectl keeps the whole object in it. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export type Versions = { readonly before: Resource | undefined; readonly after: Resource | undefined };

/** Whether an object's values must not be shown. */
export function isSecret(resource: Resource): boolean {
  const { group, kind } = identityOf(resource);
  return group === '' && kind === 'Secret';
}

/** One object as it may be shown. */
export function maskResource(resource: Resource): Resource {
  return maskVersions({ before: resource, after: undefined }).before ?? resource;
}

/** Two versions of an object as they may be shown side by side. */
export function maskVersions({ before, after }: Versions): Versions {
  return {
    before: before === undefined ? undefined : maskOne(before, after, placeholders.before),
    after: after === undefined ? undefined : maskOne(after, before, placeholders.after),
  };
}

function maskOne(resource: Resource, other: Resource | undefined, changed: string): Resource {
  if (!isSecret(resource)) return resource;
  const masked: Resource = { ...resource };
  for (const field of valueFields) {
    if (masked[field] === undefined || masked[field] === null) continue;
    masked[field] = maskMembers(masked[field], other?.[field], changed);
  }
  const annotations = resource.metadata.annotations;
  if (annotations !== undefined && annotations !== null && Object.hasOwn(annotations, lastApplied)) {
    const value = maskValue(annotations[lastApplied], other?.metadata.annotations?.[lastApplied], changed);
    masked.metadata = { ...resource.metadata, annotations: { ...annotations, [lastApplied]: value } };
  }
  return masked;
}

/** A map whose values are masked; anything else is masked as a whole. */
function maskMembers(value: unknown, other: unknown, changed: string): unknown {
  if (!isMap(value)) return maskValue(value, other, changed);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const counterpart = isMap(other) && Object.hasOwn(other, key) ? other[key] : undefined;
      return [key, maskValue(member, counterpart, changed)];
    }),
  );
}

/** A value without a counterpart has no other to be told from. */
function maskValue(value: unknown, other: unknown, changed: string): string {
  return other === undefined || JSON.stringify(value) === JSON.stringify(other) ? placeholders.same : changed;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

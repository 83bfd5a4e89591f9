// Secrets without their values, for whatever is shown to people: keys stay, and of two versions each value says
// whether it is another one, and nothing else.
import { identityOf, type Resource } from './resource.ts';

/** Stands for a value; the second and third where two versions of it differ. */
const placeholders = { same: '***', before: '*** (before)', after: '*** (after)' } as const;

/** What a Secret may show: all else is a value, or a misspelt field that holds some. */
const shownFields: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'metadata',
  'type',
  'immutable',
  'sops',
]);
/** kubectl and kapp keep the whole object in them. */
const objectAnnotations: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'kapp.k14s.io/original',
]);
/** Longer text in a Secret's annotation may be an object that some other tool keeps there. */
const shownAnnotationLength = 256;

export type Versions = { readonly before: Resource | undefined; readonly after: Resource | undefined };

/** Whether an object's values must not be shown. */
export function isSecret(resource: Resource): boolean {
  const { group, kind } = identityOf(resource);
  return group === '' && kind === 'Secret';
}

/** The members of a Secret that hold values, or may hold some. */
export function valueFieldsOf(secret: Resource): readonly string[] {
  return Object.keys(secret).filter((field) => !shownFields.has(field));
}

/** The annotations of a Secret that repeat its values. */
export function objectAnnotationsOf({ metadata }: Resource): readonly string[] {
  return Object.keys(metadata.annotations ?? {}).filter((key) => objectAnnotations.has(key));
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
  // From entries, since a field may have the name of the prototype.
  const masked = Object.fromEntries(
    valueFieldsOf(resource)
      .filter((field) => resource[field] !== undefined && resource[field] !== null)
      .map((field) => [field, maskMembers(resource[field], ownMember(other, field), changed)]),
  );
  return { ...resource, ...masked, metadata: maskMetadata(resource, other, changed) };
}

function maskMetadata(
  { metadata }: Resource,
  other: Resource | undefined,
  changed: string,
): Resource['metadata'] {
  const { annotations } = metadata;
  if (annotations === undefined || annotations === null) return metadata;
  const masked = Object.entries(annotations)
    .filter(([key, value]) => objectAnnotations.has(key) || mayHoldObject(value))
    .map(([key, value]) => [key, maskValue(value, ownMember(other?.metadata.annotations, key), changed)]);
  return masked.length === 0
    ? metadata
    : { ...metadata, annotations: { ...annotations, ...Object.fromEntries(masked) } };
}

function mayHoldObject(text: string): boolean {
  return text.length > shownAnnotationLength || /^\s*[[{]|\n/u.test(text);
}

/** A map whose values are masked; anything else is masked as a whole. */
function maskMembers(value: unknown, other: unknown, changed: string): unknown {
  if (!isMap(value)) return maskValue(value, other, changed);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      return [key, maskValue(member, ownMember(other, key), changed)];
    }),
  );
}

function ownMember(value: unknown, key: string): unknown {
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** A value without a counterpart has no other to be told from. */
function maskValue(value: unknown, other: unknown, changed: string): string {
  return other === undefined || JSON.stringify(value) === JSON.stringify(other) ? placeholders.same : changed;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

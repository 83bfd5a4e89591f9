// Where content lies, as people write it: a repository of a registry, an image layout in a directory, or one in a tar.
import { InputError } from '../errors.ts';
import { parseDigest, type Digest } from '../oci/digest.ts';
import { formatReference, parseReference, parseTag, type Reference } from '../oci/reference.ts';

/** What is asked for in a store: digest before tag, as in references. */
export type Wanted = { readonly tag?: string; readonly digest?: Digest };

export type Location =
  | { readonly kind: 'registry'; readonly reference: Reference; readonly wanted: Wanted }
  | { readonly kind: 'layout' | 'archive'; readonly path: string; readonly wanted: Wanted };

const LAYOUT = 'oci-layout:';
const ARCHIVE = 'oci-archive:';

/**
 * Reads `[oci://]HOST/REPOSITORY[:TAG][@DIGEST]`, `oci-layout:DIR[:TAG][@DIGEST]` or `oci-archive:FILE[:TAG][@DIGEST]`.
 * @throws InputError `INPUT_INVALID`; InvalidReferenceError
 */
export function parseLocation(text: string): Location {
  if (text.startsWith(LAYOUT)) return { kind: 'layout', ...parsePath(text, LAYOUT) };
  if (text.startsWith(ARCHIVE)) return { kind: 'archive', ...parsePath(text, ARCHIVE) };
  const reference = parseReference(text);
  return { kind: 'registry', reference, wanted: wantedOf(reference.tag, reference.digest) };
}

/** As text, without what is wanted of it. */
export function formatPlace(location: Location): string {
  if (location.kind !== 'registry') return `${location.kind === 'layout' ? LAYOUT : ARCHIVE}${location.path}`;
  const { registry, repository } = location.reference;
  return formatReference({ registry, repository });
}

/** The place with what is wanted of it. */
export function formatLocation(location: Location): string {
  const { tag, digest } = location.wanted;
  return `${formatPlace(location)}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/**
 * What a verb is to look at.
 * @throws InputError `INPUT_MISSING` where the location names neither tag nor digest
 */
export function requireWanted(location: Location): string {
  const wanted = location.wanted.digest ?? location.wanted.tag;
  if (wanted !== undefined) return wanted;
  throw new InputError('INPUT_MISSING', `${formatPlace(location)} names neither a tag nor a digest`, {
    hint: `Write ${formatPlace(location)}:TAG; \`sealift list\` shows the tags.`,
  });
}

/** The registries that locations lie in, each once. */
export function registriesOf(...locations: readonly Location[]): readonly string[] {
  return [...new Set(locations.flatMap((one) => (one.kind === 'registry' ? [one.reference.registry] : [])))];
}

/** A tag is what stands behind the last colon, unless a slash follows it: paths may hold colons. */
function parsePath(text: string, scheme: string): { readonly path: string; readonly wanted: Wanted } {
  const rest = text.slice(scheme.length);
  const at = rest.lastIndexOf('@sha256:');
  const digest = at < 0 ? undefined : parseDigest(rest.slice(at + 1));
  const named = at < 0 ? rest : rest.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon >= 0 && !named.includes('/', colon);
  const path = hasTag ? named.slice(0, colon) : named;
  if (path === '')
    throw new InputError('INPUT_INVALID', `${JSON.stringify(text.slice(0, 200))} names no path`);
  return { path, wanted: wantedOf(hasTag ? parseTag(named.slice(colon + 1)) : undefined, digest) };
}

function wantedOf(tag: string | undefined, digest: Digest | undefined): Wanted {
  return { ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

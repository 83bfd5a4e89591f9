// References to container images as container runtimes read them: the host may be left out, and so may `library/`. What a
// reference of ours never leaves out is filled in, so that two ways to write one image are one.
import { InvalidReferenceError } from '../errors.ts';
import { imageLimits } from '../limits.ts';
import { formatReference, parseReference, type Reference } from '../oci/reference.ts';

/** Where images without a host are. */
const defaultRegistry = 'docker.io';
const defaultNamespace = 'library';
/** Names of that registry in references, and the one that it answers at. */
const defaultRegistryAlias = 'index.docker.io';
const defaultRegistryHost = 'registry-1.docker.io';
const defaultTag = 'latest';

/**
 * Reads an image as the `image` field of a container has it.
 * @throws InvalidReferenceError `REFERENCE_INVALID`, `TAG_INVALID`, `DIGEST_INVALID`
 */
export function parseImage(text: string): Reference {
  if (text.length > imageLimits.referenceLength || text.includes('://')) {
    const shown = JSON.stringify(text.slice(0, 300));
    throw new InvalidReferenceError('REFERENCE_INVALID', `image ${shown} is not valid`, {
      hint: 'An image is [HOST/]NAME[:TAG][@DIGEST], without a scheme.',
    });
  }
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  if (!isHost(first)) {
    return parseReference(`${defaultRegistry}/${slash < 0 ? `${defaultNamespace}/` : ''}${text}`);
  }
  const reference = parseReference(text);
  if (reference.registry !== defaultRegistry && reference.registry !== defaultRegistryAlias) return reference;
  const { repository } = reference;
  return {
    ...reference,
    registry: defaultRegistry,
    repository: repository.includes('/') ? repository : `${defaultNamespace}/${repository}`,
  };
}

/** The image in full, with the tag that runtimes take where there is neither tag nor digest. */
export function formatImage(image: Reference): string {
  const isBare = image.tag === undefined && image.digest === undefined;
  return formatReference(isBare ? { ...image, tag: defaultTag } : image);
}

/** What to ask a registry for: digest before tag. */
export function wantedOf({ tag, digest }: Reference): string {
  return digest ?? tag ?? defaultTag;
}

/** The same with the host that requests go to. */
export function toRequestable({ registry, ...rest }: Reference): Reference {
  return { ...rest, registry: registry === defaultRegistry ? defaultRegistryHost : registry };
}

/**
 * What stands before the first slash is a host only if no part of a repository could look like it. Some runtimes take
 * upper case for one, too: in lower case that would be another image, so it is refused as a name.
 */
function isHost(first: string): boolean {
  return first === 'localhost' || /[.:]/u.test(first);
}

// The URL of a Delivery's source in its one canonical form, matched by policies before the first byte is sent. What is
// not canonical is refused: two spellings of one place must not fall under two policies ("URL confusion").
import { PolicyError } from '../errors.ts';
import { sourceLimits } from '../limits.ts';
import { parseReference, type Reference } from '../oci/reference.ts';

export type SourceUrl = RegistryUrl | LayoutUrl;

/** A repository of a registry. */
export type RegistryUrl = {
  readonly kind: 'registry';
  /** `oci://HOST[:PORT]/REPOSITORY` */
  readonly canonical: string;
  /** The path without the host: the logical repository, where a policy gives no other name. */
  readonly repository: string;
  readonly reference: Pick<Reference, 'registry' | 'repository'>;
};

/** An image layout below a folder that the admin gave a name. */
export type LayoutUrl = {
  readonly kind: 'layout';
  /** `oci-layout:NAME[/PATH]` */
  readonly canonical: string;
  /** The path below the root, or the root's name where there is none. */
  readonly repository: string;
  readonly root: string;
  /** Segments of the path below the root. */
  readonly path: readonly string[];
};

const layoutScheme = 'oci-layout:';
const rootName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;
/**
 * Lower case, no dot at the beginning or the end: file systems of USB sticks take `App`, `app` and `app.` for the same
 * folder.
 */
const pathSegment = /^[a-z0-9_](?:[a-z0-9._-]{0,253}[a-z0-9_-])?$/u;

/** @throws PolicyError `URL_NOT_CANONICAL`; InvalidReferenceError */
export function parseSourceUrl(url: string): SourceUrl {
  if (url.startsWith(layoutScheme)) return parseLayoutUrl(url);
  const { registry, repository, tag, digest } = parseReference(url);
  if (tag !== undefined || digest !== undefined) {
    throw notCanonical(url, 'has a tag or digest, which belongs into source.ref');
  }
  if (!isCanonicalHost(registry)) {
    throw notCanonical(
      url,
      `has the host ${registry}, which has another spelling; leave out :443 and dots at the end`,
    );
  }
  const canonical = `oci://${registry}/${repository}`;
  if (canonical !== url) throw notCanonical(url, `is not written as ${canonical}`);
  return { kind: 'registry', canonical, repository, reference: { registry, repository } };
}

function parseLayoutUrl(url: string): LayoutUrl {
  const [root = '', ...path] = url.slice(layoutScheme.length).split('/');
  if (!isLayoutRootName(root)) throw notCanonical(url, 'names no layout root');
  if (path.length > sourceLimits.layoutDepth)
    throw notCanonical(url, `has more than ${sourceLimits.layoutDepth} folders`);
  if (!path.every((segment) => pathSegment.test(segment))) {
    // "Path traversal", and links out of the root are looked for where it is opened.
    throw notCanonical(url, 'has a folder that is not of lower-case letters, digits, "_", "." and "-"');
  }
  const repository = path.length === 0 ? root : path.join('/');
  return { kind: 'layout', canonical: url, repository, root, path };
}

/** Whether a text can be the name of a layout root. */
export function isLayoutRootName(text: string): boolean {
  return rootName.test(text);
}

/**
 * Whether a host with its port is spelled the one way: lower case, no default port, no dot at the end, and of an address
 * the usual form (`127.1` and `0x7f000001` are 127.0.0.1, too).
 */
export function isCanonicalHost(host: string): boolean {
  const port = /:(\d+)$/u.exec(host)?.[1];
  if (port === '443' || port?.startsWith('0') === true || /\.(?::\d+)?$/u.test(host)) return false;
  // The scheme is one without a default port of its own that could be dropped.
  const parsed = URL.parse(`https://${host}/`);
  return parsed !== null && parsed.host === host;
}

function notCanonical(url: string, reason: string): PolicyError {
  return new PolicyError('URL_NOT_CANONICAL', `source url ${JSON.stringify(url.slice(0, 300))} ${reason}`);
}

// The URL of a Delivery's source in its one canonical form, matched by policies before the first byte is sent. What is
// not canonical is refused: two spellings of one place must not fall under two policies ("URL confusion").
import { PolicyError } from '../errors.ts';
import { parseReference, type Reference } from '../oci/reference.ts';

export type SourceUrl = {
  /** `oci://HOST[:PORT]/REPOSITORY` */
  readonly canonical: string;
  readonly reference: Pick<Reference, 'registry' | 'repository'>;
};

/** @throws PolicyError `URL_NOT_CANONICAL`; InvalidReferenceError */
export function parseSourceUrl(url: string): SourceUrl {
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
  return { canonical, reference: { registry, repository } };
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

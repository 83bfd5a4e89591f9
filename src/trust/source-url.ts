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
  const port = /:(\d+)$/u.exec(registry)?.[1];
  if (port === '443' || port?.startsWith('0') === true)
    throw notCanonical(url, `has the port ${port}; leave out :443`);
  const canonical = `oci://${registry}/${repository}`;
  if (canonical !== url) throw notCanonical(url, `is not written as ${canonical}`);
  return { canonical, reference: { registry, repository } };
}

function notCanonical(url: string, reason: string): PolicyError {
  return new PolicyError('URL_NOT_CANONICAL', `source url ${JSON.stringify(url.slice(0, 300))} ${reason}`);
}

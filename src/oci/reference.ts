// References to content in registries: `[oci://]HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]` (distribution-spec, "Pulling
// manifests", for the grammar of names and tags). A host is always named: there is no default registry.
import { InvalidReferenceError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import { parseDigest, type Digest } from './digest.ts';

export type Reference = {
  /** Host in lower case, with its port where one is given. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
};

const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/u;
const TAG = /^\w[\w.-]{0,127}$/u;
const HOST = /^(?:\[[0-9a-f:]{2,45}\]|[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::\d{1,5})?$/u;

/** @throws InvalidReferenceError `TAG_INVALID` */
export function parseTag(text: string): string {
  if (TAG.test(text)) return text;
  throw new InvalidReferenceError('TAG_INVALID', `tag ${JSON.stringify(text.slice(0, 140))} is not valid`, {
    hint: 'A tag has at most 128 letters, digits, "_", "." and "-", and starts with neither "." nor "-".',
  });
}

/** @throws InvalidReferenceError `REFERENCE_INVALID` */
export function parseRepositoryName(text: string): string {
  if (text.length <= ociLimits.repositoryLength && REPOSITORY.test(text)) return text;
  const lower = text.toLowerCase();
  throw invalid(
    `repository ${JSON.stringify(text.slice(0, 260))} is not valid`,
    lower !== text && REPOSITORY.test(lower) ? `Use lower case: ${lower}.` : undefined,
  );
}

/**
 * Reads a reference; the scheme `oci://` may be left out.
 * @throws InvalidReferenceError `REFERENCE_INVALID`, `TAG_INVALID`, `DIGEST_INVALID`
 */
export function parseReference(text: string): Reference {
  const bare = text.startsWith('oci://') ? text.slice('oci://'.length) : text;
  if (bare.includes('://')) throw invalid(`reference ${quote(text)} has another scheme than oci://`);
  const slash = bare.indexOf('/');
  if (slash <= 0)
    throw invalid(`reference ${quote(text)} names no registry`, 'Write it as HOST/REPOSITORY:TAG.');
  const registry = bare.slice(0, slash).toLowerCase();
  // node's URL parser has the last word: it is what connections are made with.
  if (!HOST.test(registry) || !URL.canParse(`https://${registry}/`)) {
    throw invalid(`registry host ${quote(registry)} is not valid`);
  }
  const [beforeDigest = '', digest, ...more] = bare.slice(slash + 1).split('@');
  if (more.length > 0) throw invalid(`reference ${quote(text)} has more than one "@"`);
  const colon = beforeDigest.indexOf(':');
  const repository = parseRepositoryName(colon < 0 ? beforeDigest : beforeDigest.slice(0, colon));
  return {
    registry,
    repository,
    ...(colon < 0 ? {} : { tag: parseTag(beforeDigest.slice(colon + 1)) }),
    ...(digest === undefined ? {} : { digest: parseDigest(digest) }),
  };
}

/** The reference as text, without scheme. */
export function formatReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** The host name without port and brackets. */
export function registryHostname(registry: string): string {
  // Only what is in brackets, or has no colon of its own, has a port behind it: `::1` is an address.
  return registry.replace(/^(\[[^\]]*\]|[^:]*):\d+$/u, '$1').replaceAll(/[[\]]/gu, '');
}

/** Whether a registry is on this machine, where plain HTTP can't be listened to. */
export function isLoopback(registry: string): boolean {
  const host = registryHostname(registry);
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/u.test(host);
}

function quote(text: string): string {
  // A user part may hold a password.
  return JSON.stringify(
    text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/@]*@(?=[^/]*\/|[^/]*$)(?!sha256:)/iu, '$1…@').slice(0, 300),
  );
}

function invalid(message: string, hint?: string): InvalidReferenceError {
  return new InvalidReferenceError('REFERENCE_INVALID', message, hint === undefined ? {} : { hint });
}

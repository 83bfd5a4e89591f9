// Manifests (distribution-spec, "Pulling manifests", "Pushing Manifests", "Deleting Manifests"). What is pushed is
// parsed and must be complete, so that a tag never names what can't be pulled.
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import type { LayoutStore } from '../layout/layout.ts';
import { readManifestFacts, type ManifestFacts } from '../oci/manifest-facts.ts';
import { describe } from '../oci/descriptor.ts';
import { isDigest } from '../oci/digest.ts';
import type { Content } from '../oci/manifest.ts';
import { isManifestType } from '../oci/media-types.ts';
import { parseTag } from '../oci/reference.ts';
import { digestHeaders, matchesETag, refuse, type Answer } from './answers.ts';
import type { Call, Endpoint } from './call.ts';
import { gateOf } from './gate.ts';
import type { Repositories } from './repositories.ts';
import { receiveBytes } from './request-body.ts';

/** `/v2/NAME/manifests/REFERENCE` */
export function manifestsEndpoint(repositories: Repositories): Endpoint {
  return {
    GET: (call) => pull(repositories, call),
    PUT: (call) => push(repositories, call),
    DELETE: (call) => remove(repositories, call),
  };
}

const unknown = refuse({ status: 404, code: 'MANIFEST_UNKNOWN', message: 'manifest is not known' });

async function pull(repositories: Repositories, { repository, reference, request }: Call): Promise<Answer> {
  const store = await repositories.open(repository);
  const found = store?.find(reference);
  if (store === undefined || found === undefined) return unknown;
  if (matchesETag(request.headers['if-none-match'], found.digest)) {
    return { status: 304, headers: digestHeaders(found.digest) };
  }
  try {
    const { descriptor, bytes } = await store.resolve(found.digest);
    return {
      status: 200,
      headers: { 'Content-Type': descriptor.mediaType, ...digestHeaders(descriptor.digest) },
      body: bytes,
    };
  } catch (error) {
    if (error instanceof ContentError && error.code === 'CONTENT_MISSING') return unknown;
    throw error;
  }
}

async function push(repositories: Repositories, { repository, reference, request }: Call): Promise<Answer> {
  const mediaType = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
  if (!isManifestType(mediaType)) return invalid('content type is not that of a manifest');
  if (!isDigest(reference) && !isTag(reference))
    return invalid('reference is neither a tag nor a sha256 digest');
  const bytes = await receiveBytes(request, ociLimits.manifestBytes);
  if (bytes === undefined) {
    return refuse({
      status: 413,
      code: 'SIZE_INVALID',
      message: `manifest is above ${ociLimits.manifestBytes} bytes`,
    });
  }
  const content: Content = { descriptor: describe(mediaType, bytes), bytes };
  const { digest } = content.descriptor;
  if (isDigest(reference) && reference !== digest) {
    return refuse({ status: 400, code: 'DIGEST_INVALID', message: `manifest has digest ${digest}` });
  }
  const facts = parse(content);
  if ('status' in facts) return facts;
  const store = await repositories.create(repository);
  // What it needs must stay until it is listed.
  const missing = await gateOf(store).shared(() => storeComplete(store, { content, facts, reference }));
  if (missing.length > 0) {
    const detail = missing.map((name) => ({ digest: name }));
    return refuse({
      status: 400,
      code: 'MANIFEST_BLOB_UNKNOWN',
      message: 'manifest names unknown blobs',
      detail,
    });
  }
  return {
    status: 201,
    headers: {
      Location: `/v2/${repository}/manifests/${digest}`,
      'Docker-Content-Digest': digest,
      ...(facts.subject === undefined ? {} : { 'OCI-Subject': facts.subject.digest }),
    },
  };
}

type Pushed = { readonly content: Content; readonly facts: ManifestFacts; readonly reference: string };

/** Stores a manifest unless it lacks something; gives what it lacks. */
async function storeComplete(
  store: LayoutStore,
  { content, facts, reference }: Pushed,
): Promise<readonly string[]> {
  const missing = await findMissing(store, facts);
  if (missing.length > 0) return missing;
  await store.push(content);
  if (!isDigest(reference)) await store.tag(content, reference);
  return missing;
}

async function remove(repositories: Repositories, { repository, reference }: Call): Promise<Answer> {
  const store = await repositories.open(repository);
  if (store === undefined) return unknown;
  const isDeleted = isDigest(reference)
    ? await store.deleteManifest(reference)
    : await store.deleteTag(reference);
  return isDeleted ? { status: 202 } : unknown;
}

/** The parsed manifest, or why it is refused. Messages of the parser name members, never paths. */
function parse(content: Content): ManifestFacts | Answer {
  try {
    return readManifestFacts(content);
  } catch (error) {
    if (error instanceof ContentError) return invalid(error.message);
    throw error;
  }
}

/** Digests of config, layers and listed manifests that are not here; the subject may come later. */
async function findMissing(store: LayoutStore, { blobs, manifests }: ManifestFacts): Promise<string[]> {
  const missing: string[] = [];
  for (const descriptor of blobs) {
    if (!isForeignLayer(descriptor.mediaType) && !(await store.exists(descriptor)))
      missing.push(descriptor.digest);
  }
  for (const { digest } of manifests) if (store.find(digest) === undefined) missing.push(digest);
  return missing;
}

/** Layers that registries do not hold, by Docker's and by OCI's old type (image-spec, layer.md#non-distributable). */
function isForeignLayer(mediaType: string): boolean {
  return /\.(?:foreign|nondistributable)\./u.test(mediaType);
}

function isTag(text: string): boolean {
  try {
    return parseTag(text) === text;
  } catch {
    return false;
  }
}

function invalid(message: string): Answer {
  return refuse({ status: 400, code: 'MANIFEST_INVALID', message });
}

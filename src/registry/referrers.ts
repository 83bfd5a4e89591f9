// What refers to a manifest (distribution-spec, "Listing Referrers"): the API where there is one, else the referrers
// tag `sha256-HEX`. Errors are never read as "none": that would turn a broken registry into "unsigned".
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ContentError, RegistryError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestHex, type Digest } from '../oci/digest.ts';
import { formatIndex, parseIndex, parseManifest, type Content } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { nextPage } from './pages.ts';
import type { RepositoryContext } from './repository.ts';
import { expectStatus, readBounded } from './status.ts';
import type { HttpRequest } from './transport.ts';

/** Tries to get an entry into the referrers tag that others are writing, too. */
const indexTries = 20;
/** Longer than a read and a write of the tag take together. */
const settleMs = 150;

/** Statuses of registries that do not have the API. */
const withoutApi: ReadonlySet<number> = new Set([303, 400, 404, 405, 406]);

type Manifests = {
  resolve(tag: string, signal?: AbortSignal): Promise<Content>;
  putManifest(content: Content, tag: string, signal?: AbortSignal): Promise<void>;
};

export type Referrers = {
  list(subject: Pick<Descriptor, 'digest'>, signal?: AbortSignal): Promise<readonly Descriptor[]>;
  /** Makes a pushed manifest with a subject known as its referrer. */
  add(content: Content, signal?: AbortSignal): Promise<void>;
};

export function createReferrers(context: RepositoryContext, manifests: Manifests): Referrers {
  const list: Referrers['list'] = async ({ digest }, signal) => {
    const listed = (await listByApi(context, digest, signal)) ?? [];
    // Mirrors and registries that were upgraded may have the API and still keep older referrers under the tag.
    const tagged = await listByTag(manifests, digest, signal).catch((error: unknown) => {
      if (listed.length > 0 && error instanceof ContentError) return [];
      throw error;
    });
    const known = new Set(listed.map((descriptor) => descriptor.digest));
    return [...listed, ...tagged.filter((descriptor) => !known.has(descriptor.digest))];
  };
  return {
    list,
    add: async (content, signal) => {
      if (content.descriptor.mediaType !== mediaTypes.manifest) return;
      const manifest = parseManifest(content.bytes);
      const subject = manifest.subject;
      if (subject === undefined) return;
      // Only the list itself proves that it was taken in: the OCI-Subject header is missing or false on some.
      const listed = await listByApi(context, subject.digest, signal);
      if (listed?.some(({ digest }) => digest === content.descriptor.digest) === true) return;
      const entry: Descriptor = {
        ...content.descriptor,
        artifactType: manifest.artifactType ?? manifest.config.mediaType,
        ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
      };
      await addToTag(manifests, subject.digest, entry, signal);
    },
  };
}

/** The API's answer, or undefined where the registry has no such API. */
async function listByApi(
  { send, base }: RepositoryContext,
  digest: Digest,
  signal?: AbortSignal,
): Promise<readonly Descriptor[] | undefined> {
  const found: Descriptor[] = [];
  let url: URL | undefined = new URL(`referrers/${digest}`, base);
  for (let page = 0; url !== undefined; page += 1) {
    if (page >= ociLimits.pages)
      throw new ContentError('SIZE_LIMIT', `referrers of ${digest} have more than ${ociLimits.pages} pages`);
    const request: HttpRequest = { method: 'GET', url, headers: { accept: mediaTypes.index }, signal };
    const answer = await send(request);
    const contentType = answer.header('content-type')?.split(';')[0]?.trim();
    if (withoutApi.has(answer.status) || (answer.status === 200 && contentType !== mediaTypes.index)) {
      answer.discard();
      return undefined;
    }
    await expectStatus(request, answer, 200);
    const body = await readBounded(answer, ociLimits.manifestBytes + 1);
    found.push(...parseIndex(body).manifests);
    url = nextPage(request, answer);
  }
  return found;
}

function referrersTag(digest: Digest): string {
  return `sha256-${digestHex(digest)}`;
}

async function listByTag(
  manifests: Manifests,
  digest: Digest,
  signal?: AbortSignal,
): Promise<readonly Descriptor[]> {
  let content: Content;
  try {
    content = await manifests.resolve(referrersTag(digest), signal);
  } catch (error) {
    if (error instanceof ContentError && error.code === 'CONTENT_MISSING') return [];
    throw error;
  }
  // `cosign copy` writes the artifact itself under this tag.
  if (content.descriptor.mediaType !== mediaTypes.index) {
    throw new ContentError(
      'MEDIA_TYPE_UNEXPECTED',
      `tag ${referrersTag(digest)} is ${content.descriptor.mediaType}, no index of referrers`,
      {
        hint: 'A copy without referrers overwrote it; copy the artifact anew with `oras cp -r` or publish it again.',
      },
    );
  }
  return parseIndex(content.bytes).manifests;
}

/**
 * Writes, and looks again after a moment: the tag has no lock, and a writer with an older view overwrites others'
 * entries. An entry counts as in once it has outlasted a wait in which such a writer would have ended.
 */
async function addToTag(
  manifests: Manifests,
  digest: Digest,
  entry: Descriptor,
  signal?: AbortSignal,
): Promise<void> {
  for (let attempt = 0; attempt < indexTries; attempt += 1) {
    const entries = await listByTag(manifests, digest, signal);
    if (!entries.some((other) => other.digest === entry.digest)) {
      await manifests.putManifest(formatIndex([...entries, entry]), referrersTag(digest), signal);
    }
    await delay(
      settleMs + randomInt(settleMs * (attempt + 1)),
      undefined,
      signal === undefined ? {} : { signal },
    );
    const settled = await listByTag(manifests, digest, signal);
    if (settled.some((other) => other.digest === entry.digest)) return;
  }
  throw new RegistryError(
    'REGISTRY_UNAVAILABLE',
    `referrers tag of ${digest} is overwritten by others again and again`,
    {
      retryable: true,
    },
  );
}

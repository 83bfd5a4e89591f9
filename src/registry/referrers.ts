// What refers to a manifest (distribution-spec, "Listing Referrers"): the API where there is one, else the referrers
// tag. Errors are never read as "none": that would turn a broken registry into "unsigned".
import { ContentError } from '../errors.ts';
import { copyLimits } from '../limits.ts';
import type { ReferrersOptions } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { describeReferrer, readManifestFacts } from '../oci/manifest-facts.ts';
import { parseIndex, type Content } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { RepositoryContext } from './context.ts';
import { mediaTypeOf } from './document.ts';
import type { HttpRequest } from './http.ts';
import { resolveManifest } from './manifests.ts';
import { createPageReader, nextPage } from './pages.ts';
import { isKnownToLackApi, learnOfApi, learnOfLack } from './referrers-api.ts';
import { addAllToTag, addToTag, listByTag } from './referrers-tag.ts';
import { expectStatus } from './status.ts';

/** Statuses of registries that do not have the API; one of them redirects to a web page. */
const withoutApi: ReadonlySet<number> = new Set([303, 400, 404, 405, 406]);

/** A manifest that is asked about. */
export type Question = ReferrersOptions & {
  readonly digest: Digest;
  readonly signal?: AbortSignal | undefined;
};

/** All that refers to a manifest, by the API and by the tag. */
export async function listReferrers(
  context: RepositoryContext,
  question: Question,
): Promise<readonly Descriptor[]> {
  const { digest: subject, signal, mayHaveTag = true } = question;
  const listed = (await listByApi(context, question)) ?? [];
  if (!mayHaveTag) return listed;
  // Mirrors and registries that were upgraded may have the API and still keep older referrers under the tag.
  const tagged = await listByTag(context, subject, signal).catch((error: unknown) => {
    if (listed.length > 0 && error instanceof ContentError) return [];
    throw error;
  });
  const known = new Set(listed.map(({ digest }) => digest));
  const all = [...listed, ...tagged.filter(({ digest }) => !known.has(digest))];
  assertCount(subject, all.length);
  return all;
}

/** Makes a pushed manifest known as the referrer of its subject, if it has one. */
export async function addReferrer(
  context: RepositoryContext,
  content: Content,
  signal?: AbortSignal,
): Promise<void> {
  const { subject, ...facts } = subjectFacts(content);
  if (subject === undefined) return;
  const [lacking] = await unlistedByApi(context, { digest: subject, signal }, [content.descriptor]);
  if (lacking === undefined) return;
  await addToTag(context, { subject, signal }, describeReferrer(content.descriptor, facts));
}

/** Makes pushed manifests known as referrers of one subject; true where the tag was written, which others write, too. */
export async function attachReferrers(
  context: RepositoryContext,
  question: Question,
  referrers: readonly Descriptor[],
): Promise<boolean> {
  const { digest: subject, signal } = question;
  const lacking = await unlistedByApi(context, question, referrers);
  return lacking.length > 0 && addAllToTag(context, { subject, signal }, lacking);
}

/** Only the list itself proves that they were taken in: the OCI-Subject header is missing or false on some. */
async function unlistedByApi(
  context: RepositoryContext,
  question: Question,
  referrers: readonly Descriptor[],
): Promise<readonly Descriptor[]> {
  const listed = new Set((await listByApi(context, question))?.map(({ digest }) => digest));
  return referrers.filter(({ digest }) => !listed.has(digest));
}

/** What a stored manifest refers to; nothing that can be known where it is missing or broken. */
export async function findSubject(
  context: RepositoryContext,
  digest: Digest,
  signal?: AbortSignal,
): Promise<Digest | undefined> {
  try {
    return subjectFacts(await resolveManifest(context, digest, signal)).subject;
  } catch (error) {
    if (error instanceof ContentError) return undefined;
    throw error;
  }
}

type SubjectFacts = {
  readonly subject: Digest | undefined;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
};

/** Docker's types have no subjects. */
function subjectFacts(content: Content): SubjectFacts {
  const { mediaType } = content.descriptor;
  if (mediaType !== mediaTypes.manifest && mediaType !== mediaTypes.index) return { subject: undefined };
  const { subject, artifactType, annotations } = readManifestFacts(content);
  return { subject: subject?.digest, artifactType, annotations };
}

/** The API's answer, or undefined where the registry has no such API. */
async function listByApi(
  context: RepositoryContext,
  { digest: subject, signal, work }: Question,
): Promise<readonly Descriptor[] | undefined> {
  if (isKnownToLackApi(work)) return undefined;
  const found = new Map<string, Descriptor>();
  const pages = createPageReader(context);
  const first = new URL(`referrers/${subject}`, context.base);
  let url: URL | undefined = first;
  while (url !== undefined) {
    const request: HttpRequest = {
      method: 'GET',
      url,
      headers: { accept: mediaTypes.index },
      signal,
      shownRedirects: [303],
    };
    const { answer, bytes } = await pages.read(request);
    const isOther = answer.status === 200 && mediaTypeOf(answer) !== mediaTypes.index;
    // Once there was a page, a page that lacks is an error and no lack of an API.
    if (url === first && (withoutApi.has(answer.status) || isOther)) {
      await learnOfLack(work, subject, answer);
      return undefined;
    }
    await expectStatus(request, answer, 200);
    learnOfApi(work);
    for (const entry of parseIndex(bytes).manifests) found.set(entry.digest, entry);
    assertCount(subject, found.size);
    url = nextPage(request, answer);
  }
  return [...found.values()];
}

/** Callers have bounds of their own below this one; a flood fails, and hides nothing. */
function assertCount(subject: Digest, count: number): void {
  if (count <= copyLimits.referrers) return;
  throw new ContentError('SIZE_LIMIT', `${subject} has more than ${copyLimits.referrers} referrers`);
}

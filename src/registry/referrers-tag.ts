// The referrers tag `sha256-HEX` (distribution-spec, "Referrers Tag Schema"): an index that clients keep themselves where a
// registry does not. It has no lock, and a writer with an older view overwrites others' entries: what was written counts
// once it has outlasted a wait in which such a writer would have ended.
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { ContentError, RegistryError } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import { describe, type Descriptor } from '../oci/descriptor.ts';
import { referrersTagOf } from '../oci/attached-tags.ts';
import type { Digest } from '../oci/digest.ts';
import { formatIndex, parseIndex, type Content } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { RepositoryContext } from './context.ts';
import { putManifest, resolveManifest } from './manifests.ts';

/** Tries to get a change into a tag that others are writing, too. */
const indexTries = 20;
/** Longer than a read and a write of the tag take together. */
const { settleMs } = httpLimits;

export type Subject = { readonly subject: Digest; readonly signal: AbortSignal | undefined };

/** @throws ContentError `MEDIA_TYPE_UNEXPECTED` where the tag shows something else than an index */
export async function listByTag(
  context: RepositoryContext,
  subject: Digest,
  signal?: AbortSignal,
): Promise<readonly Descriptor[]> {
  const content = await resolveIndex(context, { subject, signal });
  return content === undefined ? [] : parseIndex(content.bytes).manifests;
}

/** Adds an entry; those of others stay as they are. */
export async function addToTag(
  context: RepositoryContext,
  subject: Subject,
  entry: Descriptor,
): Promise<void> {
  await settle(context, subject, addition([entry]));
}

/** Adds entries in one write; whether they outlast other writers is for the caller to see. False where they were there. */
export async function addAllToTag(
  context: RepositoryContext,
  subject: Subject,
  entries: readonly Descriptor[],
): Promise<boolean> {
  return writeChange(context, subject, addition(entries));
}

function addition(added: readonly Descriptor[]): Change {
  return (entries) => {
    const known = new Set(entries.map(({ digest }) => digest));
    const lacking = added.filter(({ digest }) => !known.has(digest));
    return lacking.length === 0 ? undefined : [...entries, ...lacking];
  };
}

/** Removes an entry, if there is one. */
export async function removeFromTag(
  context: RepositoryContext,
  subject: Subject,
  digest: Digest,
): Promise<void> {
  const remove: Change = (entries) => {
    const kept = entries.filter((entry) => entry.digest !== digest);
    return kept.length === entries.length ? undefined : kept;
  };
  const content = await resolveIndex(context, subject);
  if (content === undefined || changed(content, remove) === undefined) return;
  await settle(context, subject, remove);
}

/** What an entry must have; what else others wrote into it is kept. */
const entriesSchema = z.looseObject({ manifests: z.array(z.looseObject({ digest: z.string() })) });

type Entry = { readonly digest: string };
/** The entries as they are to be, or undefined where they are so. */
type Change = (entries: readonly Entry[]) => readonly Entry[] | undefined;

async function settle(
  context: RepositoryContext,
  { subject, signal }: Subject,
  change: Change,
): Promise<void> {
  for (let attempt = 0; attempt < indexTries; attempt += 1) {
    await writeChange(context, { subject, signal }, change);
    const waitMs = settleMs + randomInt(settleMs * (attempt + 1));
    await delay(waitMs, undefined, signal === undefined ? {} : { signal });
    const settled = await resolveIndex(context, { subject, signal });
    if (changed(settled ?? formatIndex([]), change) === undefined) return;
  }
  throw new RegistryError(
    'REGISTRY_UNAVAILABLE',
    `referrers tag of ${subject} is overwritten by others again and again`,
    { retryable: true },
  );
}

/** False where there is nothing to change. */
async function writeChange(context: RepositoryContext, subject: Subject, change: Change): Promise<boolean> {
  const content = await resolveIndex(context, subject);
  const next = changed(content ?? formatIndex([]), change);
  if (next === undefined) return false;
  await writeIndex(context, subject, next);
  return true;
}

/** An index with a change made, if it is not in it already. */
function changed(content: Content, change: Change): Content | undefined {
  // Validated first; the text is what is changed, so that members which we do not know stay.
  parseIndex(content.bytes);
  const index = entriesSchema.parse(JSON.parse(Buffer.from(content.bytes).toString('utf8')));
  const manifests = change(index.manifests);
  if (manifests === undefined) return undefined;
  const bytes = new TextEncoder().encode(JSON.stringify({ ...index, manifests }));
  return { descriptor: describe(mediaTypes.index, bytes), bytes };
}

async function writeIndex(
  context: RepositoryContext,
  { subject, signal }: Subject,
  content: Content,
): Promise<void> {
  try {
    await putManifest(context, content, referrersTagOf(subject), signal);
  } catch (error) {
    // Another writer was there at the same moment: the next look tells what came of it.
    if (!(error instanceof RegistryError) || error.code !== 'REGISTRY_CONFLICT') throw error;
  }
}

async function resolveIndex(
  context: RepositoryContext,
  { subject, signal }: Subject,
): Promise<Content | undefined> {
  let content: Content;
  try {
    content = await resolveManifest(context, referrersTagOf(subject), signal);
  } catch (error) {
    if (error instanceof ContentError && error.code === 'CONTENT_MISSING') return undefined;
    throw error;
  }
  // `cosign copy` writes the artifact itself under this tag.
  if (content.descriptor.mediaType !== mediaTypes.index) {
    throw new ContentError(
      'MEDIA_TYPE_UNEXPECTED',
      `tag ${referrersTagOf(subject)} is ${content.descriptor.mediaType}, no index of referrers`,
      {
        hint: 'A copy without referrers overwrote it; copy the artifact anew with `oras cp -r` or publish it again.',
      },
    );
  }
  return content;
}

// The end of a copy: looks whether the target has every referrer of the source, and only then lets tags show what came.
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ContentError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { Content } from '../oci/manifest.ts';
import { parseAttachedTag } from '../oci/attached-tags.ts';
import { assertAttached, attachTag, resolveIfThere } from './attached-tags.ts';
import type { Crew } from './crew.ts';
import { withSide, type Stores } from './sides.ts';
import type { Graph, Subject } from './walk.ts';

/** Digests that an error names. */
const NAMED = 3;

/**
 * Gives the target the attached tags, and checks that nothing is missing that refers to what was copied.
 * @throws ContentError `REFERRERS_INCOMPLETE`
 */
export async function completeTarget(graph: Graph, stores: Stores, crew: Crew): Promise<void> {
  crew.start(() =>
    crew.all([
      attachTags(graph.attached, stores),
      ...graph.subjects.map((subject) => completeSubject(subject, stores)),
    ]),
  );
  await crew.finish();
}

/** Tags have no lock: what was written counts once it has outlasted other writers. */
async function attachTags(attached: Graph['attached'], stores: Stores): Promise<void> {
  const written = await Promise.all(attached.map((one) => attachTag(one, stores)));
  if (!written.includes(true)) return;
  await stores.onTarget(async ({ settleMs }, signal) => {
    if (settleMs !== undefined) await delay(settleMs + randomInt(settleMs), undefined, { signal });
  });
  await Promise.all(attached.map((one) => assertAttached(one, stores)));
}

/** A root with the tags of the target that are to show it. */
export type TaggedRoot = { readonly content: Content; readonly tags: readonly string[] };

/** Points tags to the roots; those that do already are left alone, since a target's tags may be immutable. */
export async function tagRoots(roots: readonly TaggedRoot[], stores: Stores, crew: Crew): Promise<void> {
  crew.start(() =>
    crew.all(roots.flatMap(({ content, tags }) => tags.map((tag) => tagRoot(content, tag, stores)))),
  );
  await crew.finish();
}

async function tagRoot(content: Content, tag: string, stores: Stores): Promise<void> {
  if (parseAttachedTag(tag) !== undefined) return attachTags([{ tag, content }], stores);
  await stores.onTarget(async (target, signal) => {
    const shown = await resolveIfThere(target, tag, signal);
    if (shown?.descriptor.digest !== content.descriptor.digest) await target.tag(content, tag, signal);
  });
}

async function completeSubject({ descriptor, referrers }: Subject, stores: Stores): Promise<void> {
  const findLacking = async (): Promise<readonly Digest[]> => {
    const listed = await stores.onTarget((target, signal) => target.referrers(descriptor, signal));
    const known = new Set(listed.map(({ digest }) => digest));
    return referrers.filter((digest) => !known.has(digest));
  };
  const unlisted = await findLacking();
  if (unlisted.length === 0) return;
  // A manifest that was there may never have been listed: whoever pushed it broke off. A push lists it.
  for (const digest of unlisted) {
    const content = await stores.fromSource((source, signal) => source.resolve(digest, signal));
    await stores.onTarget((target, signal) => target.push(content, signal));
  }
  const lacking = await findLacking();
  if (lacking.length === 0) return;
  const error = new ContentError(
    'REFERRERS_INCOMPLETE',
    `${descriptor.digest} lacks ${lacking.length} of ${referrers.length} referrers: ${nameSome(lacking)}`,
    {
      hint: 'The registry does not list what it took in. Copy again; if it stays so, it can not hold signatures.',
      details: { subject: descriptor.digest, lacking: lacking.length },
    },
  );
  throw withSide('target', error);
}

function nameSome(digests: readonly Digest[]): string {
  const more = digests.length > NAMED ? ', …' : '';
  return digests.slice(0, NAMED).join(', ') + more;
}

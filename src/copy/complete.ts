// The end of a copy: lets the target list every referrer of the source, looks whether it does, and only then lets tags
// show what came.
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ContentError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { Content } from '../oci/manifest.ts';
import { parseAttachedTag } from '../oci/attached-tags.ts';
import { assertAttached, attachTag, resolveIfThere, type AttachedTag } from './attached-tags.ts';
import { listedIn } from './comparison.ts';
import type { Crew } from './crew.ts';
import type { Found, Subject } from './follow.ts';
import { withSide, type Stores } from './sides.ts';

/** Digests that an error names. */
const NAMED = 3;

type Parts = { readonly stores: Stores; readonly crew: Crew };

/**
 * Gives the target the attached tags, and checks that nothing is missing that refers to what was copied.
 * @throws ContentError `REFERRERS_INCOMPLETE`
 */
export async function completeTarget(
  { attached, subjects }: Pick<Found, 'attached' | 'subjects'>,
  parts: Parts,
): Promise<void> {
  const { stores } = parts;
  await writeAndLook(parts, [
    ...attached.map((one) => attaching(one, stores)),
    ...subjects.map((subject) => listing(subject, stores)),
  ]);
}

/** A root with the tags of the target that are to show it. */
export type TaggedRoot = { readonly content: Content; readonly tags: readonly string[] };

/** Points tags to the roots; those that do already are left alone, since a target's tags may be immutable. */
export async function tagRoots(roots: readonly TaggedRoot[], parts: Parts): Promise<void> {
  const { stores, crew } = parts;
  const all = roots.flatMap(({ content, tags }) => tags.map((tag) => ({ tag, content })));
  const isAttached = ({ tag }: AttachedTag): boolean => parseAttachedTag(tag) !== undefined;
  await writeAndLook(
    parts,
    all.filter(isAttached).map((one) => attaching(one, stores)),
  );
  crew.start(() => crew.all(all.filter((one) => !isAttached(one)).map((one) => tagRoot(one, stores))));
  await crew.finish();
}

async function tagRoot({ tag, content }: AttachedTag, stores: Stores): Promise<void> {
  await stores.onTarget(async (target, signal) => {
    const shown =
      target.glance === undefined
        ? (await resolveIfThere(target, tag, signal))?.descriptor
        : await target.glance(tag, signal);
    if (shown?.digest !== content.descriptor.digest) await target.tag(content, tag, signal);
  });
}

/** A tag that others may be writing, too. */
type SharedWrite = {
  /** Whether something was written. */
  write(): Promise<boolean>;
  /** Fails where it did not last. */
  look(): Promise<void>;
};

/** Tags have no lock: what was written counts once it has outlasted other writers. */
async function writeAndLook({ stores, crew }: Parts, writes: readonly SharedWrite[]): Promise<void> {
  const written: SharedWrite[] = [];
  const work = async (one: SharedWrite): Promise<void> => {
    if (await one.write()) written.push(one);
  };
  crew.start(() => crew.all(writes.map(work)));
  await crew.finish();
  if (written.length === 0) return;
  crew.start(async () => {
    const { settleMs } = stores.target;
    const { signal } = crew;
    if (settleMs !== undefined) await delay(settleMs + randomInt(settleMs), undefined, { signal });
    await crew.all(written.map((one) => one.look()));
  });
  await crew.finish();
}

function attaching(one: AttachedTag, stores: Stores): SharedWrite {
  return { write: () => attachTag(one, stores), look: () => assertAttached(one, stores) };
}

function listing(subject: Subject, stores: Stores): SharedWrite {
  const { descriptor, referrers } = subject;
  const look = (): Promise<void> => assertListed(subject, stores);
  const write = async (): Promise<boolean> => {
    if (stores.target.attach === undefined) {
      await look();
      return false;
    }
    return stores.onTarget(
      async ({ attach }, signal) =>
        (await attach?.(descriptor, referrers, signal, { work: stores.work.target })) ?? false,
    );
  };
  return { write, look };
}

async function assertListed({ descriptor, referrers }: Subject, stores: Stores): Promise<void> {
  const findLacking = async (): Promise<readonly Digest[]> => {
    const known = await listedIn(stores, descriptor);
    return referrers.map(({ digest }) => digest).filter((digest) => !known.has(digest));
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

// Whether a registry has the referrers API, as one piece of work has seen it. One answer about one digest is not enough: a
// registry that has the API may say 404 of a manifest without referrers, although it must not. What was learned ends with
// the work: a registry that is upgraded is asked anew.
import type { Digest } from '../oci/digest.ts';
import type { HttpAnswer } from './http.ts';
import { readBounded } from './status.ts';

/** Digests of which the endpoint has to be missing, and none of which it may be there, until it counts as missing. */
const digestsToLack = 8;
/** Bytes of an answer that are looked at; what web servers say to a path that they don't know is short. */
const wordsBytes = 16 * 1024;

type Seen = { hasApi: boolean; readonly lacking: Set<Digest> };

const seenBy = new WeakMap<object, Seen>();

/** Whether it need not be asked for any more. */
export function isKnownToLackApi(work: object | undefined): boolean {
  const seen = work === undefined ? undefined : seenBy.get(work);
  return seen !== undefined && !seen.hasApi && seen.lacking.size >= digestsToLack;
}

/** The API has answered. */
export function learnOfApi(work: object | undefined): void {
  if (work !== undefined) seenOf(work).hasApi = true;
}

/** An answer for want of the API; its body is read or discarded. Counted where nothing in it is about the content. */
export async function learnOfLack(
  work: object | undefined,
  subject: Digest,
  answer: HttpAnswer,
): Promise<void> {
  if (work === undefined || answer.status !== 404) {
    answer.discard();
    return;
  }
  // One that breaks off proves nothing.
  const words = await readBounded(answer, wordsBytes).catch(() => undefined);
  if (words !== undefined && !isAboutContent(words.toString('latin1'))) seenOf(work).lacking.add(subject);
}

/** A registry that knows the path says what it lacks there (distribution-spec, "Error codes"). */
function isAboutContent(words: string): boolean {
  return /"errors"|_UNKNOWN/u.test(words);
}

function seenOf(work: object): Seen {
  const seen = seenBy.get(work) ?? { hasApi: false, lacking: new Set() };
  seenBy.set(work, seen);
  return seen;
}

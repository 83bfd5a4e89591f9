// The chain of a channel: every valid statement that the registry shows, over all tags and over the digests that
// statements name as their previous. What a registry hides can't be seen: `previous` and `--after` are there for that.
import { ContentError } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import type { ContentSource } from '../oci/content-store.ts';
import { parseDigest, type Digest } from '../oci/digest.ts';
import type { Content } from '../oci/manifest.ts';
import { findCandidates } from '../signing/candidates.ts';
import { uncheckableError } from '../signing/verifier.ts';
import type { Heartbeat } from '../trust/freshness.ts';
import { highestOf, listStatements, type PromotionRequest } from '../trust/promotion.ts';
import type { PromotionStatement } from '../trust/promotion-statement.ts';

export type Chain = {
  /** What the channel's tag shows now. */
  readonly shown: Digest | undefined;
  /** All statements that count, the highest sequence first. */
  readonly statements: readonly PromotionStatement[];
  readonly heartbeats: readonly Heartbeat[];
  /** Statements that at least one authority signed: their sequences are used up, even if others have yet to sign. */
  readonly begun: readonly PromotionStatement[];
  /** The highest statement about what the tag shows. */
  readonly current: PromotionStatement | undefined;
  /** The highest statement about anything. */
  readonly highest: PromotionStatement | undefined;
  /** Whether two artifacts were promoted by the highest sequence: only a new statement settles that ("equivocation"). */
  readonly isDisputed: boolean;
};

/**
 * Reads the chain.
 * @param extra references that are looked at beside the tags
 * @throws VerificationError `SIGNATURE_UNCHECKABLE` where one can't be read: it may be the highest
 */
export async function readChain(
  source: ContentSource,
  request: PromotionRequest,
  extra: readonly string[],
  signal?: AbortSignal,
): Promise<Chain> {
  const shownContent = await resolveOptional(source, request.channel, signal);
  const shown = shownContent?.descriptor.digest;
  // The fallback index of referrers and legacy signatures are no artifacts.
  const tags = (await source.tags(signal)).filter((tag) => !/^sha256-[a-f0-9]{64}/u.test(tag));
  const open: string[] = [...new Set([...tags, ...extra, ...(shown === undefined ? [] : [shown])])];
  const required = new Set(open);
  const seen = new Set<Digest>();
  const statements: PromotionStatement[] = [];
  const heartbeats: Heartbeat[] = [];
  const begun: PromotionStatement[] = [];
  const once: PromotionRequest = { ...request, quorum: { ...request.quorum, threshold: 1 } };
  for (let reference = open.shift(); reference !== undefined; reference = open.shift()) {
    // A tag that is gone again, or a previous artifact that was deleted, carries nothing.
    const content = required.has(reference)
      ? await source.resolve(reference, signal)
      : await resolveOptional(source, reference, signal);
    if (content === undefined || seen.has(content.descriptor.digest)) continue;
    seen.add(content.descriptor.digest);
    const candidates = await findCandidates(source, content.descriptor, signal);
    const list = listStatements(candidates, request);
    // A statement that can't be read may be the highest: the next one would equal it ("equivocation").
    if (list.unreadable.length > 0) {
      throw uncheckableError('promotion statement', content.descriptor, list);
    }
    statements.push(...list.statements);
    heartbeats.push(...list.heartbeats);
    const first = listStatements(candidates, once).statements;
    begun.push(...first);
    for (const { previous } of first) {
      if (previous === undefined || seen.size + open.length >= ociLimits.tags) continue;
      open.push(parseDigest(previous.digest));
    }
  }
  const highest = highestOf(statements);
  return {
    shown,
    statements: statements.toSorted((a, b) => b.sequence - a.sequence),
    heartbeats,
    begun,
    current: highestOf(statements.filter(({ subject }) => subject === shown)),
    highest,
    isDisputed: statements.some(
      ({ sequence, subject }) => sequence === highest?.sequence && subject !== highest.subject,
    ),
  };
}

async function resolveOptional(
  source: ContentSource,
  reference: string,
  signal?: AbortSignal,
): Promise<Content | undefined> {
  try {
    return await source.resolve(reference, signal);
  } catch (error) {
    if (error instanceof ContentError && error.code === 'CONTENT_MISSING') return undefined;
    throw error;
  }
}

// The history of a channel: its chain as people and scripts read it, with what is odd about it said in words.
import type { ContentSource } from '../oci/content-store.ts';
import type { Digest } from '../oci/digest.ts';
import { deadlineMsOf } from '../trust/freshness.ts';
import type { PromotionRequest } from '../trust/promotion.ts';
import type { PromotionStatement } from '../trust/promotion-statement.ts';
import { readChain, type Chain } from './chain.ts';

export type HistoryEntry = {
  readonly sequence: number;
  readonly action: PromotionStatement['action'];
  readonly digest: Digest;
  readonly statementDigest: Digest;
  readonly issuedAt: string;
  /** Heartbeats counted; absent where nothing sets an end. */
  readonly freshUntil?: string;
  readonly heartbeats: number;
  /** How many authorities signed it. */
  readonly signers: number;
  readonly note?: string;
  /** Whether the channel's tag shows it now, by this statement. */
  readonly isCurrent: boolean;
};

export type History = {
  readonly repository: string;
  readonly channel: string;
  readonly epoch: number;
  readonly shown: Digest | null;
  readonly entries: readonly HistoryEntry[];
  /** What somebody should look at: gaps, disputes, a tag that nothing promoted, statements that wait for a signer. */
  readonly notes: readonly string[];
};

/** Reads a channel's history, the highest sequence first; throws as {@link readChain} does. */
export async function readHistory(
  source: ContentSource,
  wanted: PromotionRequest,
  { maxAgeMs, nowMs }: { readonly maxAgeMs: number | undefined; readonly nowMs: number },
  signal?: AbortSignal,
): Promise<History> {
  const chain = await readChain(source, wanted, [], signal);
  const entries = chain.statements.map((statement): HistoryEntry => {
    const { sequence, action, subject, statementDigest, issuedAt, note } = statement;
    const { deadlineMs } = deadlineMsOf(statement, chain.heartbeats, { maxAgeMs, latestMs: nowMs });
    return {
      sequence,
      action,
      digest: subject,
      statementDigest,
      issuedAt,
      ...(deadlineMs === undefined ? {} : { freshUntil: new Date(deadlineMs).toISOString() }),
      heartbeats: chain.heartbeats.filter(
        (heartbeat) => heartbeat.sequence === sequence && heartbeat.subject === subject,
      ).length,
      signers: statement.signers,
      ...(note === undefined ? {} : { note }),
      isCurrent: chain.current?.statementDigest === statementDigest,
    };
  });
  const { repository, channel, epoch } = wanted;
  return { repository, channel, epoch, shown: chain.shown ?? null, entries, notes: notesOf(chain, channel) };
}

function notesOf(chain: Chain, channel: string): readonly string[] {
  const { shown, current, highest, isDisputed, statements, begun } = chain;
  const notes: string[] = [];
  if (shown !== undefined && current === undefined)
    notes.push(`${channel} shows ${shown}, which nothing promoted`);
  if (isDisputed)
    notes.push(`sequence ${highest?.sequence ?? 0} promotes two artifacts: promote again to settle it`);
  else if (highest !== undefined && current !== undefined && highest.sequence > current.sequence) {
    notes.push(`${channel} shows sequence ${current.sequence}, but ${highest.sequence} is the highest`);
  }
  const known = new Set(statements.map(({ sequence }) => sequence));
  const missing = statements.flatMap(({ previous }) =>
    previous === undefined || known.has(previous.sequence) ? [] : [previous.sequence],
  );
  if (missing.length > 0) notes.push(`the registry does not show sequence ${missing.join(', ')}`);
  for (const { sequence, statementDigest } of begun) {
    if (known.has(sequence)) continue;
    notes.push(`sequence ${sequence} waits for more signers: statement ${statementDigest}`);
  }
  return notes;
}

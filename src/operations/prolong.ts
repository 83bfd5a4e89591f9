// Prolong: a heartbeat says of what a channel shows that it is still what is promoted. It moves no tag and promotes
// nothing, so an unattended key may send it; it is sent sparingly, since every one stays in the registry.
import { InputError, PromotionError, VerificationError } from '../errors.ts';
import { signingLimits } from '../limits.ts';
import type { ContentStore } from '../oci/content-store.ts';
import type { Content } from '../oci/manifest.ts';
import { parseTag } from '../oci/reference.ts';
import { deadlineMsOf, endMsOf } from '../trust/freshness.ts';
import type { PromotionPredicate, PromotionStatement } from '../trust/promotion-statement.ts';
import { readChain, type Chain } from './chain.ts';
import { formatTime, type Ports } from './ports.ts';
import { toResult, type Promoted, type PromoteRequest } from './promote.ts';
import { attachStatement } from './promotion-statements.ts';

export type ProlongRequest = Pick<
  PromoteRequest,
  'store' | 'channel' | 'wanted' | 'signer' | 'expiresInMs' | 'maxAgeMs' | 'reason'
> & {
  /** Whether it is done only where it is of use: it prolongs, and at least half of its time is new. */
  readonly isSparing?: boolean;
};

/**
 * Says of what a channel shows that it is still what is promoted: a heartbeat, which prolongs it and moves nothing.
 * @throws PromotionError `STATEMENT_MISSING`, `EQUIVOCATION`; InputError `INPUT_INVALID`, `INPUT_MISSING`;
 *   VerificationError `CANDIDATE_LIMIT` where too many referrers are there already
 */
export async function prolong(request: ProlongRequest, ports: Ports): Promise<Promoted> {
  const { store, channel, wanted, signer } = request;
  parseTag(channel);
  const chain = await readChain(store, wanted, [], ports.signal);
  const current = assertProlongable(chain, channel);
  const artifact = await store.resolve(current.subject, ports.signal);
  const nowMs = ports.now();
  const { repository, epoch, sequence, previous } = current;
  const predicate: PromotionPredicate = {
    repository,
    channel,
    epoch,
    sequence,
    ...(previous === undefined ? {} : { previous }),
    action: 'heartbeat',
    issuedAt: formatTime(nowMs),
    ...(request.expiresInMs === undefined ? {} : { expiresAt: formatTime(nowMs + request.expiresInMs) }),
    ...(request.reason === undefined ? {} : { note: request.reason }),
  };
  if (
    request.isSparing === true &&
    !isOfUse(predicate, current, chain, { maxAgeMs: request.maxAgeMs, nowMs, log: ports.log })
  ) {
    return toResult(current, { previousDigest: current.subject, isChanged: false, missingSigners: 0 });
  }
  await assertRoomFor(store, artifact, ports);
  const { statement } = await attachStatement({ store, wanted, signer, artifact }, predicate, ports);
  return toResult(statement, { previousDigest: current.subject, isChanged: false, missingSigners: 0 });
}

/** What the channel shows, by its highest statement. */
function assertProlongable(chain: Chain, channel: string): PromotionStatement {
  const { current, highest, shown } = chain;
  if (shown === undefined || current === undefined || highest === undefined) {
    throw new PromotionError(
      'STATEMENT_MISSING',
      `tag ${channel} shows nothing that a valid statement promoted`,
      { hint: `Promote an artifact first; a heartbeat only repeats what was promoted.` },
    );
  }
  if (highest.subject !== shown || chain.isDisputed) {
    throw new PromotionError(
      'EQUIVOCATION',
      `tag ${channel} shows sequence ${current.sequence}, but ${highest.sequence} promotes ${highest.subject}`,
      { hint: 'Finish or repeat the promotion first; a heartbeat would confirm what is not the latest.' },
    );
  }
  return current;
}

/** What counts as the time of a heartbeat that has no end. */
const unboundedMs = 24 * 3_600_000;

/** Every heartbeat stays as a referrer, so one that moves the end by little is not worth its place. */
function isOfUse(
  { issuedAt, expiresAt }: PromotionPredicate,
  current: PromotionStatement,
  { heartbeats }: Chain,
  { maxAgeMs, nowMs, log }: { maxAgeMs: number | undefined; nowMs: number; log: Ports['log'] },
): boolean {
  const before = deadlineMsOf(current, heartbeats, { maxAgeMs, latestMs: nowMs }).deadlineMs;
  const after = endMsOf({ issuedAt, expiresAt }, maxAgeMs);
  if (before === undefined) {
    // Only clusters know of an end, by their policies: now and then it is told all the same.
    const told = heartbeats.filter(
      ({ sequence, subject }) => sequence === current.sequence && subject === current.subject,
    );
    const lastMs = Math.max(...told.map((one) => Date.parse(one.issuedAt)));
    if (nowMs - lastMs >= ((after ?? nowMs + unboundedMs) - nowMs) / 2) return true;
    log(`told at ${new Date(lastMs).toISOString()}: no heartbeat is needed yet`);
    return false;
  }
  if (after === undefined) {
    throw new InputError(
      'INPUT_MISSING',
      '--expires-in is missing: without an end a heartbeat prolongs nothing',
      {
        hint: 'What the channel shows has an end of its own; say until when it is prolonged.',
      },
    );
  }
  if (after - before >= (after - nowMs) / 2) return true;
  log(`fresh until ${new Date(before).toISOString()}: no heartbeat is needed yet`);
  return false;
}

/** Heartbeats must not fill up what an artifact may have of referrers, or it could neither be read nor superseded. */
async function assertRoomFor(store: ContentStore, { descriptor }: Content, ports: Ports): Promise<void> {
  const { length } = await store.referrers(descriptor, ports.signal);
  if (length < signingLimits.heartbeatReferrers) return;
  throw new VerificationError(
    'CANDIDATE_LIMIT',
    `${descriptor.digest} has ${length} referrers: no heartbeat is added beyond ${signingLimits.heartbeatReferrers}`,
    [],
    { hint: 'Delete heartbeats that are over from the registry, or promote a new release.' },
  );
}

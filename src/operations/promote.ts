// Promote: verify the release, find the channel's highest statement, sign the next one, attach it, read it back, only
// then move the tag. A tag can't be moved atomically in OCI, so the move is checked before and after.
import { durationSchema, parseDurationMs } from '../api/common.ts';
import { InputError, PromotionError } from '../errors.ts';
import { longestDurationMs, signingLimits } from '../limits.ts';
import type { ContentStore } from '../oci/content-store.ts';
import type { Digest } from '../oci/digest.ts';
import type { Content } from '../oci/manifest.ts';
import { parseTag } from '../oci/reference.ts';
import { findCandidates, type Candidates } from '../signing/candidates.ts';
import { isKeyless, mismatchOf, type Authority } from '../signing/authority.ts';
import type { KeylessSigner, Signer } from '../signing/signer.ts';
import { deadlineMsOf } from '../trust/freshness.ts';
import type { PromotionRequest } from '../trust/promotion.ts';
import type { PromotionPredicate, PromotionStatement } from '../trust/promotion-statement.ts';
import { readChain, type Chain } from './chain.ts';
import { attachStatement, cosignStatement, nextPredicate, type Attached } from './promotion-statements.ts';
import { formatTime, type Ports } from './ports.ts';
import { resolveTag, writeTag } from './publish.ts';

export type PromoteRequest = {
  readonly store: ContentStore;
  /** Tag or digest of the artifact; only what it resolves to now is signed. */
  readonly from: string;
  readonly channel: string;
  /** Whose statements count, and what they must say. */
  readonly wanted: PromotionRequest;
  /** Throws unless the artifact is a release as asked. */
  readonly verifyRelease: (candidates: Candidates) => void;
  readonly signer: Signer;
  /** A sequence that is known to be used, where the registry may not show it. */
  readonly after?: number | undefined;
  /** Milliseconds after which the policy counts a statement as overdue. */
  readonly maxAgeMs?: number | undefined;
  /** Milliseconds after which the statement says that it is overdue. */
  readonly expiresInMs?: number | undefined;
  readonly reason?: string | undefined;
  /** Whether the artifact must have been promoted to this channel before. */
  readonly isRollback?: boolean | undefined;
  /** A statement that others have begun to sign: the same bytes are signed once more. */
  readonly cosign?: Digest | undefined;
  /** What the channel must show now, for who decided by it. */
  readonly expectCurrent?: Digest | undefined;
};

export type Promoted = {
  readonly digest: Digest;
  readonly channel: string;
  readonly sequence: number;
  readonly action: PromotionPredicate['action'];
  readonly previousDigest: Digest | undefined;
  readonly statementDigest: Digest;
  readonly expiresAt: string | undefined;
  /** Whether the tag was moved. */
  readonly isChanged: boolean;
  /** How many authorities have yet to sign before the tag may be moved. */
  readonly missingSigners: number;
};

/**
 * Promotes an artifact to a channel.
 * @throws every error of its steps; `INPUT_CONFLICT`, `STATEMENT_MISSING`, `ROLLBACK_NOT_ALLOWED`, `TAG_MOVED`,
 *   `SEQUENCE_LIMIT` of its own
 */
export async function promote(request: PromoteRequest, ports: Ports): Promise<Promoted> {
  const { store, channel, wanted } = request;
  const { signal } = ports;
  parseTag(channel);
  const artifact = await store.resolve(request.from, signal);
  const { digest } = artifact.descriptor;
  request.verifyRelease(await findCandidates(store, artifact.descriptor, signal));
  ports.log(`verified ${digest}`);

  const chain = await readChain(store, wanted, [request.from], signal);
  assertExpected(request, chain.shown);
  assertFollowable(request, chain, digest);
  const { highest } = chain;
  // A promotion that ended between its statement and its tag is taken up again.
  const isDue =
    highest === undefined ||
    highest.subject !== digest ||
    // Somewhere that sequence is used for something else, so this one is not above all.
    highest.sequence <= (request.after ?? 0) ||
    chain.isDisputed ||
    isOverdue(highest, chain, request, ports.now());
  if (!isDue && request.cosign === undefined && chain.shown === digest) {
    ports.log(`${channel} shows it already, by sequence ${highest.sequence}`);
    return toResult(highest, { previousDigest: chain.shown, isChanged: false, missingSigners: 0 });
  }
  const attached = await attach(request, { ...chain, isDue }, artifact, ports);
  const { statement, missingSigners } = attached;
  if (missingSigners > 0) {
    ports.log(`${missingSigners} more must sign statement ${statement.statementDigest}; ${channel} stays`);
    return toResult(statement, { previousDigest: chain.shown, isChanged: false, missingSigners });
  }
  if (chain.shown === digest) {
    return toResult(statement, { previousDigest: chain.shown, isChanged: false, missingSigners });
  }
  await moveTag(request, chain, artifact, signal);
  ports.log(`${channel} shows it now`);
  return toResult(statement, { previousDigest: chain.shown, isChanged: true, missingSigners });
}

/** The statement of this promotion: signed now, signed along, or begun before and taken up. */
async function attach(
  request: PromoteRequest,
  chain: Chain & { readonly isDue: boolean },
  artifact: Content,
  ports: Ports,
): Promise<Attached> {
  const { store, wanted, signer, cosign } = request;
  const { digest } = artifact.descriptor;
  if (cosign !== undefined) {
    const latest = usedUp(chain);
    const { maxAgeMs } = request;
    return cosignStatement({ store, wanted, signer, artifact, latest, maxAgeMs }, cosign, ports);
  }
  if (!chain.isDue && chain.highest !== undefined) return { statement: chain.highest, missingSigners: 0 };
  const nowMs = ports.now();
  const predicate = nextPredicate({
    wanted,
    previous: chain.highest,
    after: Math.max(request.after ?? 0, usedUp(chain)),
    action: isBack(chain, digest) ? 'rollback' : 'promote',
    issuedAt: formatTime(nowMs),
    expiresAt: request.expiresInMs === undefined ? undefined : formatTime(nowMs + request.expiresInMs),
    note: request.reason,
  });
  return attachStatement({ store, wanted, signer, artifact }, predicate, ports);
}

/**
 * The highest sequence that is used up, also by statements that wait for signers. One signer alone must not end all
 * promoting with a sequence far above the rest, so those count within reach only.
 */
function usedUp({ highest, begun }: Chain): number {
  const base = highest?.sequence ?? 0;
  const reached = begun
    .map(({ sequence }) => sequence)
    .filter((one) => one <= base + signingLimits.begunReach);
  return Math.max(base, ...reached);
}

/** What is overdue by itself or by the policy is promoted anew, although nothing else changes. */
function isOverdue(
  statement: PromotionStatement,
  { heartbeats }: Chain,
  { maxAgeMs }: PromoteRequest,
  nowMs: number,
): boolean {
  const { deadlineMs } = deadlineMsOf(statement, heartbeats, { maxAgeMs, latestMs: nowMs });
  return deadlineMs !== undefined && deadlineMs <= nowMs;
}

/** Whether an artifact was promoted before, and something else since. */
function isBack({ statements, highest }: Chain, digest: Digest): boolean {
  return highest?.subject !== digest && statements.some(({ subject }) => subject === digest);
}

/** @throws PromotionError `STATEMENT_MISSING` where the tag carries no valid statement, `ROLLBACK_NOT_ALLOWED` */
function assertFollowable(
  { channel, isRollback, cosign, after }: PromoteRequest,
  chain: Chain,
  digest: Digest,
): void {
  const { shown, current, statements, begun } = chain;
  // More signers may be asked for than when it was promoted: then those who lack sign it along.
  const mayBeCompleted = cosign !== undefined && begun.some(({ subject }) => subject === shown);
  // Whoever says how far the sequences went does not count on what the tag shows.
  if (shown !== undefined && current === undefined && !mayBeCompleted && after === undefined) {
    throw new PromotionError(
      'STATEMENT_MISSING',
      `tag ${channel} shows ${shown}, which no valid statement promoted`,
      {
        hint: 'Promoted with another key? Name it with --promotion-key. With fewer signers than the policy asks for now? Sign it along with --cosign. Written by hand? Say with --after which sequence clusters have accepted, or point the tag back to what was promoted last.',
      },
    );
  }
  if (isRollback === true && !statements.some(({ subject }) => subject === digest)) {
    throw new PromotionError(
      'ROLLBACK_NOT_ALLOWED',
      `${digest} was never promoted to ${channel}, so there is no going back to it`,
      { hint: 'Promote it as a new release, without --rollback; `sealift history` shows what was promoted.' },
    );
  }
}

/** @throws PromotionError `TAG_MOVED` */
function assertExpected({ channel, expectCurrent }: PromoteRequest, shown: Digest | undefined): void {
  if (expectCurrent === undefined || shown === expectCurrent) return;
  throw new PromotionError('TAG_MOVED', `tag ${channel} shows ${shown ?? 'nothing'}, not ${expectCurrent}`, {
    hint: 'Something else was promoted since this was decided; see what, then decide anew.',
  });
}

/** A tag has no lock: it is looked at right before it is written, and again after. */
async function moveTag(
  { store, channel }: PromoteRequest,
  chain: Chain,
  artifact: Content,
  signal?: AbortSignal,
): Promise<void> {
  const shown = await resolveTag(store, channel, signal);
  if (shown !== chain.shown) {
    const message = `tag ${channel} moved from ${chain.shown ?? 'nothing'} to ${shown ?? 'nothing'} meanwhile`;
    throw new PromotionError('TAG_MOVED', message, {
      hint: 'Another promotion ran at the same time; see which one is wanted, then promote again.',
    });
  }
  await writeTag(store, artifact, channel, signal);
}

/** Milliseconds of `expiresInMs` as people write them; undefined where they are no duration, or beyond the bounds. */
export function expiryMsOf(text: string): number | undefined {
  const ms = durationSchema.safeParse(text).success ? parseDurationMs(text) : 0;
  return ms >= 1000 && ms <= longestDurationMs ? ms : undefined;
}

/**
 * Two roles, two signers: one leaked key, or one workflow, must not be enough to publish and to promote.
 * @param releases authorities of which one must have signed the release
 * @throws InputError `INPUT_CONFLICT`; SigningError where no certificate is issued
 */
export async function assertTwoSigners(
  signer: Signer,
  releases: readonly Authority[],
  signal?: AbortSignal,
): Promise<void> {
  const isSame =
    signer.kind === 'key'
      ? releases.some((one) => !isKeyless(one) && one.key.hint === signer.verifyKey.hint)
      : await isCertifiedAs(signer, releases, signal);
  if (!isSame) return;
  const what = signer.kind === 'key' ? 'key' : 'identity';
  throw new InputError('INPUT_CONFLICT', `promotions are signed by the ${what} that signs releases`, {
    hint:
      signer.kind === 'key'
        ? 'Make a second key pair for promotions with `sealift keygen`.'
        : 'Promote in a workflow of its own.',
  });
}

/** Nobody is asked for a certificate where no release is signed by identity. */
async function isCertifiedAs(
  signer: KeylessSigner,
  releases: readonly Authority[],
  signal?: AbortSignal,
): Promise<boolean> {
  const certified = releases.filter(isKeyless);
  if (certified.length === 0) return false;
  const identity = await signer.identity(signal);
  return certified.some(({ keyless }) => mismatchOf(keyless, identity) === undefined);
}

/** A promotion as its caller gets it. */
export function toResult(
  statement: PromotionStatement,
  rest: Pick<Promoted, 'previousDigest' | 'isChanged' | 'missingSigners'>,
): Promoted {
  const { subject, channel, sequence, action, statementDigest, expiresAt } = statement;
  return { digest: subject, channel, sequence, action, statementDigest, expiresAt, ...rest };
}

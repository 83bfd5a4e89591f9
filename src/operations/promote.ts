// Promote: verify the release, find the channel's highest statement, sign the next one, attach it, read it back, only
// then move the tag. A tag can't be moved atomically in OCI, so the move is checked before and after.
import { InputError, PromotionError } from '../errors.ts';
import type { ContentStore } from '../oci/content-store.ts';
import type { Content } from '../oci/manifest.ts';
import type { Digest } from '../oci/digest.ts';
import { parseTag } from '../oci/reference.ts';
import { attachBundle } from '../signing/attach.ts';
import { signStatement } from '../signing/sign-statement.ts';
import type { Signer, VerifyKey } from '../signing/keys.ts';
import { formatStatement } from '../signing/statement.ts';
import { findCandidates, uncheckableError } from '../signing/verifier.ts';
import { highestOf, listStatements, type PromotionRequest } from '../trust/promotion.ts';
import {
  promotionPredicateSchema,
  promotionPredicateType,
  type PromotionPredicate,
  type PromotionStatement,
} from '../trust/promotion-statement.ts';
import { verifySignatures } from '../trust/signatures.ts';
import { formatTime, type Ports } from './ports.ts';
import { resolveTag, writeTag } from './publish.ts';

export type PromoteRequest = {
  readonly store: ContentStore;
  /** Tag or digest of the artifact; only what it resolves to now is signed. */
  readonly from: string;
  readonly channel: string;
  /** Logical repository that the statement names. */
  readonly repository: string;
  readonly epoch: number;
  /** Keys of which one must have signed the release. */
  readonly verifyKeys: readonly VerifyKey[];
  readonly signer: Signer;
  /** Keys of the channel's other promoters, whose statements count as well. */
  readonly promotionKeys?: readonly VerifyKey[];
  readonly note?: string | undefined;
};

export type Promoted = {
  readonly digest: Digest;
  readonly channel: string;
  readonly sequence: number;
  readonly action: PromotionPredicate['action'];
  readonly previousDigest: Digest | undefined;
  readonly statementDigest: Digest;
  readonly isChanged: boolean;
};

/** @throws every error of its steps; `INPUT_CONFLICT`, `STATEMENT_MISSING`, `TAG_MOVED`, `SEQUENCE_LIMIT` of its own */
export async function promote(request: PromoteRequest, ports: Ports): Promise<Promoted> {
  const { store, channel } = request;
  const { signal } = ports;
  parseTag(channel);
  assertTwoKeys(request);
  const artifact = await store.resolve(request.from, signal);
  const { digest } = artifact.descriptor;
  const release = {
    authorities: request.verifyKeys.map((key, index) => ({ name: `key ${index + 1}`, key })),
    threshold: 1,
  };
  verifySignatures(await findCandidates(store, artifact.descriptor, signal), release);
  ports.log(`verified ${digest}`);

  const chain = await readChain(store, request, signal);
  const { highest } = chain;
  // A promotion that ended between its statement and its tag is taken up again.
  const isDue = highest === undefined || highest.subject !== digest || chain.isDisputed;
  if (!isDue && chain.shown === digest) {
    ports.log(`${channel} shows it already, by sequence ${highest.sequence}`);
    return toResult(highest, chain.shown, false);
  }
  const statement = isDue ? await attachNext(request, chain, artifact, ports) : highest;
  await moveTag(request, chain, artifact, signal);
  ports.log(`${channel} shows it now`);
  return toResult(statement, chain.shown, true);
}

/** Signs the next statement, attaches it, and reads it back. */
async function attachNext(
  request: PromoteRequest,
  chain: Chain,
  artifact: Content,
  ports: Ports,
): Promise<PromotionStatement> {
  const { store, signer } = request;
  const { digest } = artifact.descriptor;
  const predicate = nextPredicate(request, chain, digest, ports.now());
  const bytes = await signStatement(signer, formatStatement(digest, promotionPredicateType, predicate));
  const bundle = { bytes, predicateType: promotionPredicateType, created: predicate.issuedAt };
  const referrer = await attachBundle(store, artifact.descriptor, bundle, ports.signal);
  const candidates = await findCandidates(store, artifact.descriptor, ports.signal);
  const own = listStatements(candidates, toPromotionRequest(request)).statements.find(
    ({ statementDigest }) => statementDigest === referrer.descriptor.digest,
  );
  if (own === undefined) {
    throw new PromotionError(
      'STATEMENT_MISSING',
      `statement was attached to ${digest}, but the registry does not list it`,
    );
  }
  ports.log(`attached statement of sequence ${own.sequence}`);
  return own;
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

/** Two roles, two keys: one leaked key must not be enough to publish and to promote. */
function assertTwoKeys({ signer, verifyKeys }: PromoteRequest): void {
  if (verifyKeys.some(({ hint }) => hint === signer.verifyKey.hint)) {
    throw new InputError('INPUT_CONFLICT', 'promotions are signed by the key that signs releases', {
      hint: 'Make a second key pair for promotions with `sealift keygen`.',
    });
  }
}

function toPromotionRequest(request: PromoteRequest): PromotionRequest {
  const { repository, channel, epoch, signer, promotionKeys = [] } = request;
  const keys = [signer.verifyKey, ...promotionKeys];
  return {
    repository,
    channel,
    epoch,
    quorum: { authorities: keys.map((key, index) => ({ name: `promoter ${index + 1}`, key })), threshold: 1 },
  };
}

type Chain = {
  /** What the channel's tag shows now. */
  readonly shown: Digest | undefined;
  /** The highest statement about what it shows. */
  readonly current: PromotionStatement | undefined;
  /** The highest statement about anything that is tagged. */
  readonly highest: PromotionStatement | undefined;
  /** Whether two artifacts were promoted by the highest sequence: only a new statement settles that ("equivocation"). */
  readonly isDisputed: boolean;
  /** Digests that were promoted to this channel. */
  readonly promoted: ReadonlySet<Digest>;
};

/** @throws PromotionError `STATEMENT_MISSING` where the channel's tag carries no valid statement */
async function readChain(store: ContentStore, request: PromoteRequest, signal?: AbortSignal): Promise<Chain> {
  const wanted = toPromotionRequest(request);
  const shown = await resolveTag(store, request.channel, signal);
  // The fallback index of referrers is no artifact.
  const tags = (await store.tags(signal)).filter((tag) => !/^sha256-[a-f0-9]{64}/u.test(tag));
  const statements: PromotionStatement[] = [];
  const seen = new Set<Digest>();
  for (const reference of new Set([...tags, request.from, ...(shown === undefined ? [] : [shown])])) {
    const { descriptor } = await store.resolve(reference, signal);
    if (seen.has(descriptor.digest)) continue;
    seen.add(descriptor.digest);
    const list = listStatements(await findCandidates(store, descriptor, signal), wanted);
    // A statement that can't be read may be the highest: the next one would equal it ("equivocation").
    if (list.unreadable.length > 0)
      throw uncheckableError('promotion statement', descriptor, list.unreadable);
    statements.push(...list.statements);
  }
  const current = highestOf(statements.filter(({ subject }) => subject === shown));
  if (shown !== undefined && current === undefined) {
    throw new PromotionError(
      'STATEMENT_MISSING',
      `tag ${request.channel} shows ${shown}, which no valid statement promoted`,
      {
        hint: 'Promoted with another key? Name it with --promotion-key. Written by hand? Point the tag back to what was promoted last, then promote again.',
      },
    );
  }
  const highest = highestOf(statements);
  const isDisputed = statements.some(
    ({ sequence, subject }) => sequence === highest?.sequence && subject !== highest.subject,
  );
  return {
    shown,
    current,
    highest,
    isDisputed,
    promoted: new Set(statements.map(({ subject }) => subject)),
  };
}

function nextPredicate(
  request: PromoteRequest,
  chain: Chain,
  digest: Digest,
  nowMs: number,
): PromotionPredicate {
  const sequence = (chain.highest?.sequence ?? 0) + 1;
  if (!Number.isSafeInteger(sequence)) {
    throw new PromotionError('SEQUENCE_LIMIT', 'channel has used its last sequence', {
      hint: 'Raise the epoch in the TrustPolicy and promote with --epoch.',
    });
  }
  const parsed = promotionPredicateSchema.safeParse({
    repository: request.repository,
    channel: request.channel,
    epoch: request.epoch,
    sequence,
    ...(chain.highest === undefined
      ? {}
      : { previous: { sequence: chain.highest.sequence, digest: chain.highest.subject } }),
    action: chain.promoted.has(digest) ? 'rollback' : 'promote',
    issuedAt: formatTime(nowMs),
    ...(request.note === undefined ? {} : { note: request.note }),
  } satisfies PromotionPredicate);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(
    'INPUT_INVALID',
    `${issue?.path.join('.') ?? 'statement'}: ${issue?.message ?? 'is not valid'}`,
  );
}

function toResult(
  statement: PromotionStatement,
  previousDigest: Digest | undefined,
  isChanged: boolean,
): Promoted {
  return {
    digest: statement.subject,
    channel: statement.channel,
    sequence: statement.sequence,
    action: statement.action,
    previousDigest,
    statementDigest: statement.statementDigest,
    isChanged,
  };
}

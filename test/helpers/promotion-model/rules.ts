// The reference model of promotion, first part: what a cluster must say. Written plainly from docs/promotion.md, over
// facts instead of bytes; nothing of src/trust is called here. A "paper" is anything signed beside an artifact.

export const repository = 'config/shop';
export const channel = 'production';
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const clockSkewMs = 5 * minute;

/** Keys of the story: who releases, who promotes, who only prolongs, and two whom nobody trusts at the start. */
export type Actor = 'release' | 'release2' | 'alice' | 'bob' | 'cron' | 'mallory';

export type Action = 'promote' | 'rollback' | 'heartbeat';

/** What a promotion statement says. */
export type Said = {
  readonly repository: string;
  readonly channel: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly action: Action;
  readonly issuedMs: number;
  readonly expiresMs?: number | undefined;
  readonly previous?: string | undefined;
};

export type Paper = {
  /** The referrer that carries it: a name, by which a tie is broken. */
  readonly carrier: string;
  /** The artifact that it is attached to, and the one that it names. */
  readonly on: string;
  readonly about: string;
  readonly signer: Actor;
  /** Equal for the very same signed bytes. */
  readonly bytes: string;
  /** Absent for a release's signature. */
  readonly said?: Said | undefined;
};

export type Policy = {
  /** How the policy is broken, if it is. */
  readonly fault: 'none' | 'missing' | 'no-channel' | 'one-key';
  readonly releaseKey: 'release' | 'release2';
  readonly promoters: readonly Actor[];
  readonly threshold: number;
  /** Whether `cron` may prolong. */
  readonly mayCronProlong: boolean;
  readonly epoch: number;
  readonly minSequence: number;
  readonly maxJump: number | undefined;
  readonly maxAgeMs: number | undefined;
  readonly mayRollBackLocally: boolean;
  readonly denied: readonly string[];
};

export const firstPolicy: Policy = {
  fault: 'none',
  releaseKey: 'release',
  promoters: ['alice', 'bob'],
  threshold: 1,
  mayCronProlong: true,
  epoch: 1,
  minSequence: 1,
  maxJump: undefined,
  maxAgeMs: 24 * hour,
  mayRollBackLocally: true,
  denied: [],
};

/** A code of a refusal. */
export type Refused = { readonly code: string };

/** What can be seen of a registry: the papers that are listed, and which of them can't be read. */
export type View = { readonly papers: readonly Paper[]; readonly unreadable: ReadonlySet<string> };

export type Counted = Said & { readonly subject: string; readonly carrier: string };

export type Sorted = {
  readonly statements: readonly Counted[];
  readonly heartbeats: readonly Counted[];
  /** Codes, in the order of the registry. */
  readonly refusals: readonly string[];
};

export function refuse(code: string): Refused {
  return { code };
}

export function isRefused(outcome: object): outcome is Refused {
  return 'code' in outcome;
}

/** What the papers on an artifact are worth to a channel whose statements need `threshold` of the promoters. */
export function sortPapers(
  view: View,
  artifact: string,
  policy: Policy,
  threshold = policy.threshold,
): Sorted {
  const known: readonly Actor[] = policy.mayCronProlong ? [...policy.promoters, 'cron'] : policy.promoters;
  const counted = papersOn(view, artifact).filter(
    ({ said, about, signer }) => said !== undefined && about === artifact && known.includes(signer),
  );
  const statements: Counted[] = [];
  const heartbeats: Counted[] = [];
  const refusals: string[] = [];
  for (const bytes of new Set(counted.map((paper) => paper.bytes))) {
    const copies = counted.filter((paper) => paper.bytes === bytes);
    const [first] = copies;
    if (first?.said === undefined) continue;
    const { said, carrier } = first;
    const signers = new Set(copies.map(({ signer }) => signer));
    const isPromoted = policy.promoters.filter((name) => signers.has(name)).length >= threshold;
    const isProlonged = said.action === 'heartbeat' && policy.mayCronProlong && signers.has('cron');
    if (!isPromoted && !isProlonged) refusals.push('STATEMENT_MISSING');
    else if (said.repository !== repository) refusals.push('WRONG_REPOSITORY');
    else if (said.channel !== channel) refusals.push('WRONG_CHANNEL');
    else if (said.epoch !== policy.epoch) refusals.push('WRONG_EPOCH');
    else
      (said.action === 'heartbeat' ? heartbeats : statements).push({ ...said, subject: artifact, carrier });
  }
  return { statements, heartbeats, refusals };
}

/** The papers on an artifact that can be read. */
function papersOn({ papers, unreadable }: View, artifact: string): readonly Paper[] {
  return papers.filter(({ on, carrier }) => on === artifact && !unreadable.has(carrier));
}

export function hasUnreadable({ papers, unreadable }: View, artifact: string): boolean {
  return papers.some(({ on, carrier }) => on === artifact && unreadable.has(carrier));
}

/** Why an artifact is no release, if it is none. */
export function releaseFault(view: View, artifact: string, { releaseKey }: Policy): Refused | undefined {
  const readable = papersOn(view, artifact);
  const signed = readable.filter(({ signer, about }) => signer === releaseKey && about === artifact);
  if (signed.some(({ said }) => said === undefined)) return undefined;
  if (hasUnreadable(view, artifact)) return refuse('SIGNATURE_UNCHECKABLE');
  if (signed.length > 0) return refuse('PREDICATE_UNEXPECTED');
  return refuse(readable.length > 0 ? 'SIGNATURE_INVALID' : 'SIGNATURE_MISSING');
}

/** The highest sequence; of several, the carrier that sorts first. */
export function highestOf(statements: readonly Counted[]): Counted | undefined {
  let highest: Counted | undefined;
  for (const one of statements) {
    const isHigher = highest === undefined || one.sequence > highest.sequence;
    const isFirst = one.sequence === highest?.sequence && one.carrier < highest.carrier;
    if (isHigher || isFirst) highest = one;
  }
  return highest;
}

/** The end of a statement or a heartbeat by itself; undefined for none. */
function endOf({ issuedMs, expiresMs }: Said, maxAgeMs: number | undefined): number | undefined {
  const byAge = maxAgeMs === undefined ? undefined : issuedMs + maxAgeMs;
  if (byAge === undefined || expiresMs === undefined) return byAge ?? expiresMs;
  return byAge < expiresMs ? byAge : expiresMs;
}

export type Freshness = { readonly deadlineMs: number | undefined; readonly issuedMs: number };

/** How far the heartbeats for a statement carry it; what is issued after `latestMs` is from the future. */
export function freshness(
  statement: Counted,
  heartbeats: readonly Counted[],
  maxAgeMs: number | undefined,
  latestMs: number,
): Freshness {
  let deadlineMs = endOf(statement, maxAgeMs);
  let { issuedMs } = statement;
  for (const beat of heartbeats) {
    const isOfIt =
      beat.epoch === statement.epoch &&
      beat.sequence === statement.sequence &&
      beat.subject === statement.subject;
    if (!isOfIt || beat.issuedMs > latestMs) continue;
    if (beat.issuedMs > issuedMs) issuedMs = beat.issuedMs;
    const endMs = endOf(beat, maxAgeMs);
    if (deadlineMs !== undefined && endMs !== undefined && endMs > deadlineMs) deadlineMs = endMs;
  }
  return { deadlineMs, issuedMs };
}

/** What a memory holds of the channel. */
export type Known = {
  readonly epoch: number;
  readonly sequence: number;
  readonly digest: string;
  readonly issuedMs: number;
};

export function isAbove(one: Known, other: Known): boolean {
  return one.epoch > other.epoch || (one.epoch === other.epoch && one.sequence > other.sequence);
}

/** The higher of two memories, with the later time of both. */
export function higherKnown(record: Known | undefined, volume: Known | undefined): Known | undefined {
  if (record === undefined || volume === undefined) return record ?? volume;
  const higher = isAbove(volume, record) ? volume : record;
  return { ...higher, issuedMs: Math.max(record.issuedMs, volume.issuedMs) };
}

export type Decided = Freshness & { readonly statement: Counted };

/** What a cluster says of the promotion of what its channel shows. */
export function decide(
  view: View,
  artifact: string,
  policy: Policy,
  { known, nowMs }: { readonly known: Known | undefined; readonly nowMs: number },
): Decided | Refused {
  const { statements, heartbeats, refusals } = sortPapers(view, artifact, policy);
  const statement = highestOf(statements);
  if (statement === undefined) {
    if (hasUnreadable(view, artifact)) return refuse('SIGNATURE_UNCHECKABLE');
    return refuse(refusals.find((code) => code !== 'STATEMENT_MISSING') ?? 'STATEMENT_MISSING');
  }
  const disorder = disorderOf(statement, policy, known);
  if (disorder !== undefined) return refuse(disorder);
  // Time is never before what was accepted already, and the future is what the clock says it is.
  const heardMs = known?.issuedMs ?? 0;
  const timeMs = nowMs > heardMs ? nowMs : heardMs;
  const latestMs = nowMs + clockSkewMs > heardMs ? nowMs + clockSkewMs : heardMs;
  if (statement.issuedMs > latestMs) return refuse('STATEMENT_EXPIRED');
  const fresh = freshness(statement, heartbeats, policy.maxAgeMs, latestMs);
  if (fresh.deadlineMs !== undefined && timeMs >= fresh.deadlineMs) return refuse('STATEMENT_EXPIRED');
  return { statement, ...fresh };
}

/** Why a statement does not come after what was accepted, if so. */
function disorderOf(statement: Counted, policy: Policy, known: Known | undefined): string | undefined {
  const { epoch, sequence, subject } = statement;
  if (sequence < policy.minSequence) return 'SEQUENCE_REPLAYED';
  if (known === undefined || known.epoch < epoch) return undefined;
  if (known.epoch > epoch || sequence < known.sequence) return 'SEQUENCE_REPLAYED';
  if (sequence === known.sequence && subject !== known.digest) return 'EQUIVOCATION';
  const base = known.sequence > policy.minSequence ? known.sequence : policy.minSequence;
  const isJump = policy.maxJump !== undefined && sequence > base + policy.maxJump;
  return isJump ? 'SEQUENCE_JUMP' : undefined;
}

/** Why nothing is asked of a registry at all under a policy. */
export function policyFault({ fault, promoters, threshold }: Policy): Refused | undefined {
  if (fault === 'missing') return refuse('POLICY_MISSING');
  if (fault === 'one-key' || threshold > promoters.length) return refuse('POLICY_INVALID');
  return fault === 'no-channel' ? refuse('REF_NOT_A_CHANNEL') : undefined;
}

/** Why what runs by a sequence may run no longer, if so: no word of time, or of what is newer elsewhere. */
export function runningFault(
  view: View,
  artifact: string,
  policy: Policy,
  sequence: number,
): Refused | undefined {
  const fault = policyFault(policy);
  if (fault !== undefined) return fault;
  if (policy.denied.includes(artifact)) return refuse('DIGEST_DENIED');
  const unsigned = releaseFault(view, artifact, policy);
  if (unsigned !== undefined) return unsigned;
  const isPromoted = sortPapers(view, artifact, policy).statements.some((one) => one.sequence === sequence);
  if (!isPromoted) return refuse('STATEMENT_MISSING');
  return sequence < policy.minSequence ? refuse('SEQUENCE_REPLAYED') : undefined;
}

/** What a puller keeps beside what it accepted: papers of anybody whom the policy names. */
export function keptPapers({ papers, unreadable }: View, artifact: string, policy: Policy): View {
  const named = new Set<Actor>([policy.releaseKey, ...policy.promoters]);
  if (policy.mayCronProlong) named.add('cron');
  const kept = papers.filter(
    ({ on, carrier, signer }) => on === artifact && !unreadable.has(carrier) && named.has(signer),
  );
  return { papers: kept, unreadable: new Set() };
}

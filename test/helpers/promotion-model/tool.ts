// The reference model of promotion, second part: what `sealift promote` does to a registry, told beforehand.
import {
  channel,
  freshness,
  hasUnreadable,
  highestOf,
  refuse,
  releaseFault,
  repository,
  second,
  sortPapers,
  type Action,
  type Actor,
  type Counted,
  type Paper,
  type Policy,
  type Refused,
  type Said,
  type View,
} from './rules.ts';

/** A registry's tags, and what can be seen of its papers. */
export type Shown = { readonly tags: ReadonlyMap<string, string>; readonly view: View };

export type Chain = {
  readonly shown: string | undefined;
  readonly statements: readonly Counted[];
  readonly heartbeats: readonly Counted[];
  readonly highest: Counted | undefined;
  readonly current: Counted | undefined;
  /** Statements that one promoter at least has signed. */
  readonly begun: readonly Counted[];
  /** The highest sequence that is used up; one signer alone reaches only so far above what is promoted. */
  readonly used: number;
  readonly isDisputed: boolean;
  /** Whether something that was found can't be read: it may be the highest. */
  readonly isUnsure: boolean;
};

/** How far above what is promoted a statement that waits for signers uses sequences up. */
const reach = 100;

/** All statements of the channel, over all tags and what statements name as their previous. */
export function chainOf({ tags, view }: Shown, policy: Policy, from: readonly string[]): Chain {
  const shown = tags.get(channel);
  const open = [...tags.values(), ...from];
  const seen = new Set<string>();
  const statements: Counted[] = [];
  const heartbeats: Counted[] = [];
  const begun: Counted[] = [];
  for (let artifact = open.shift(); artifact !== undefined; artifact = open.shift()) {
    if (seen.has(artifact)) continue;
    seen.add(artifact);
    const whole = sortPapers(view, artifact, policy);
    statements.push(...whole.statements);
    heartbeats.push(...whole.heartbeats);
    for (const one of sortPapers(view, artifact, policy, 1).statements) {
      begun.push(one);
      if (one.previous !== undefined) open.push(one.previous);
    }
  }
  const highest = highestOf(statements);
  const base = highest?.sequence ?? 0;
  const reached = begun.map(({ sequence }) => sequence).filter((one) => one <= base + reach);
  return {
    shown,
    begun,
    used: Math.max(base, ...reached),
    statements,
    heartbeats,
    highest,
    current: highestOf(statements.filter(({ subject }) => subject === shown)),
    isUnsure: [...seen].some((artifact) => hasUnreadable(view, artifact)),
    isDisputed: statements.some(
      ({ sequence, subject }) => sequence === highest?.sequence && subject !== highest.subject,
    ),
  };
}

export type PromoteFacts = {
  readonly from: string;
  readonly by: Actor;
  readonly after?: number | undefined;
  readonly expiresInMs?: number | undefined;
  readonly isRollback?: boolean | undefined;
  /** Carrier of a statement that is to be signed along. */
  readonly cosign?: string | undefined;
};

/** What comes of a command: a code, or what was done; what was attached stays attached in both cases. */
export type Effect = {
  readonly outcome:
    Refused | { readonly sequence: number; readonly action: Action; readonly missing: number };
  readonly attached?: Omit<Paper, 'carrier' | 'bytes'> & { readonly bytes?: string };
  /** What the channel's tag shows afterwards. */
  readonly shown: string | undefined;
};

/** What `promote` does, where nobody else writes. */
export function promoteEffect(world: Shown, policy: Policy, facts: PromoteFacts, nowMs: number): Effect {
  const { from, cosign } = facts;
  const shown = world.tags.get(channel);
  const unsigned = releaseFault(world.view, from, policy);
  if (unsigned !== undefined) return { outcome: unsigned, shown };
  const chain = chainOf(world, policy, [from]);
  const fault = followFault(chain, facts);
  if (fault !== undefined) return { outcome: refuse(fault), shown };
  if (cosign !== undefined)
    return cosignEffect(world, policy, { ...facts, cosign }, { used: chain.used, nowMs });
  const { highest } = chain;
  const after = facts.after ?? 0;
  if (highest !== undefined && !isDue(chain, highest, policy, { from, nowMs, after }))
    return { outcome: { ...done(highest), missing: 0 }, shown: from };
  return nextEffect(chain, policy, facts, nowMs);
}

/** Why nothing is promoted on top of what the channel shows, if so. */
function followFault(chain: Chain, { from, cosign, after, isRollback }: PromoteFacts): string | undefined {
  const { shown, current, begun, statements, isUnsure } = chain;
  if (isUnsure) return 'SIGNATURE_UNCHECKABLE';
  if (shown !== undefined && current === undefined) {
    // More signers may be asked for than when it was promoted; then it is signed along.
    const mayBeCompleted = cosign !== undefined && begun.some(({ subject }) => subject === shown);
    // Who says how far the sequences went does not count on what the tag shows.
    if (!mayBeCompleted && after === undefined) return 'STATEMENT_MISSING';
  }
  const wasPromoted = statements.some(({ subject }) => subject === from);
  return isRollback === true && !wasPromoted ? 'ROLLBACK_NOT_ALLOWED' : undefined;
}

/** A new statement, above all that is used. */
function nextEffect(chain: Chain, policy: Policy, facts: PromoteFacts, nowMs: number): Effect {
  const { from, by, expiresInMs, after = 0 } = facts;
  const { shown, highest, statements, used } = chain;
  // What would not count is not even attached.
  if (!policy.promoters.includes(by)) return { outcome: refuse('STATEMENT_MISSING'), shown };
  const isBack = highest?.subject !== from && statements.some(({ subject }) => subject === from);
  const said: Said = {
    repository,
    channel,
    epoch: policy.epoch,
    sequence: Math.max(after, used) + 1,
    action: isBack ? 'rollback' : 'promote',
    issuedMs: wholeSeconds(nowMs),
    expiresMs: expiresInMs === undefined ? undefined : wholeSeconds(nowMs + expiresInMs),
    previous: highest?.subject,
  };
  const missing = policy.threshold - 1;
  const attached = { on: from, about: from, signer: by, said };
  return { outcome: { ...done(said), missing }, attached, shown: missing > 0 ? shown : from };
}

/** Whether a new statement is needed for what is to be promoted. */
function isDue(
  { isDisputed, heartbeats }: Chain,
  highest: Counted,
  { maxAgeMs }: Policy,
  { from, nowMs, after }: { readonly from: string; readonly nowMs: number; readonly after: number },
): boolean {
  if (highest.subject !== from || isDisputed || after >= highest.sequence) return true;
  const { deadlineMs } = freshness(highest, heartbeats, maxAgeMs, nowMs);
  return deadlineMs !== undefined && nowMs >= deadlineMs;
}

function cosignEffect(
  world: Shown,
  policy: Policy,
  { from, by, cosign }: PromoteFacts & { readonly cosign: string },
  { used, nowMs }: { readonly used: number; readonly nowMs: number },
): Effect {
  const shown = world.tags.get(channel);
  const papers = world.view.papers.filter(({ on, carrier }) => on === from && carrier === cosign);
  const only = sortPapers({ ...world.view, papers }, from, policy, 1);
  const [statement] = only.statements;
  const [paper] = papers;
  if (statement === undefined || paper?.said === undefined)
    return { outcome: refuse(only.refusals[0] ?? 'STATEMENT_MISSING'), shown };
  if (statement.sequence < used) return { outcome: refuse('SEQUENCE_REPLAYED'), shown };
  // By itself: a heartbeat for what waits is no reason to sign it.
  const { deadlineMs } = freshness(statement, [], policy.maxAgeMs, nowMs);
  if (deadlineMs !== undefined && nowMs >= deadlineMs) return { outcome: refuse('STATEMENT_EXPIRED'), shown };
  if (!policy.promoters.includes(by)) return { outcome: refuse('STATEMENT_MISSING'), shown };
  const attached = { on: from, about: from, signer: by, said: paper.said, bytes: paper.bytes };
  const same = world.view.papers.filter(({ on, bytes }) => on === from && bytes === paper.bytes);
  const signers = new Set([by, ...same.map(({ signer }) => signer)]);
  const signed = policy.promoters.filter((name) => signers.has(name)).length;
  const missing = Math.max(0, policy.threshold - signed);
  return { outcome: { ...done(statement), missing }, attached, shown: missing > 0 ? shown : from };
}

/** What `promote --heartbeat` does, where nobody else writes. */
export function prolongEffect(
  world: Shown,
  policy: Policy,
  { by, expiresInMs }: Pick<PromoteFacts, 'by' | 'expiresInMs'>,
  nowMs: number,
): Effect {
  const { shown, current, highest, isDisputed, isUnsure } = chainOf(world, policy, []);
  if (isUnsure) return { outcome: refuse('SIGNATURE_UNCHECKABLE'), shown };
  if (shown === undefined || current === undefined || highest === undefined)
    return { outcome: refuse('STATEMENT_MISSING'), shown };
  if (highest.subject !== shown || isDisputed) return { outcome: refuse('EQUIVOCATION'), shown };
  const said: Said = {
    repository,
    channel,
    epoch: current.epoch,
    sequence: current.sequence,
    action: 'heartbeat',
    issuedMs: wholeSeconds(nowMs),
    expiresMs: expiresInMs === undefined ? undefined : wholeSeconds(nowMs + expiresInMs),
    previous: current.previous,
  };
  // Promoters prolong as they promote: one of two is not enough.
  const isPromoter = policy.promoters.includes(by) && policy.threshold === 1;
  const mayProlong = isPromoter || (by === 'cron' && policy.mayCronProlong);
  if (!mayProlong) return { outcome: refuse('STATEMENT_MISSING'), shown };
  const attached = { on: shown, about: shown, signer: by, said };
  return { outcome: { ...done(said), missing: 0 }, attached, shown };
}

function done({ sequence, action }: Said): { readonly sequence: number; readonly action: Action } {
  return { sequence, action };
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / second) * second;
}

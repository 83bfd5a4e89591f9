// The reference model of promotion, third part: a cluster that looks at a registry, remembers, forgets and is told.
import {
  channel,
  decide,
  firstPolicy,
  higherKnown,
  isAbove,
  isRefused,
  keptPapers,
  policyFault,
  refuse,
  releaseFault,
  runningFault,
  type Decided,
  type Known,
  type Paper,
  type Policy,
  type Refused,
  type View,
} from './rules.ts';

/** What runs, with what came along with it. */
export type Running = {
  readonly digest: string;
  readonly sequence: number;
  readonly deadlineMs: number | undefined;
  readonly rolledBackFrom: number | undefined;
  readonly kept: View;
};

export type Healthy = { readonly digest: string; readonly sequence: number };

/** How a registry treats one who reads it. */
export type Treatment = {
  readonly hides: (carrier: string) => boolean;
  readonly unreadable: ReadonlySet<string>;
  /** Calls that fail. */
  readonly fails?: 'resolve' | 'referrers' | 'layer' | undefined;
};

export const honest: Treatment = { hides: () => false, unreadable: new Set() };

/** All there is to know: registry, clocks, policy, and what the cluster remembers. */
export type Model = {
  readonly tags: Map<string, string>;
  readonly papers: Paper[];
  /** Digests, in the order of their versions. */
  readonly artifacts: string[];
  policy: Policy;
  nowMs: number;
  pullerSkewMs: number;
  promoterSkewMs: number;
  promoter: Treatment;
  puller: Treatment;
  record: Known | undefined;
  volume: Known | 'unreadable' | undefined;
  snapshot: Known | undefined;
  /** The sequence that a cluster admin wants to return from. */
  rollbackFrom: number | undefined;
  running: Running | undefined;
  /** What a Delivery remembers across restarts. */
  applied: Healthy | undefined;
  healthy: readonly Healthy[];
};

export function newModel(nowMs: number): Model {
  return {
    tags: new Map(),
    papers: [],
    artifacts: [],
    policy: firstPolicy,
    nowMs,
    pullerSkewMs: 0,
    promoterSkewMs: 0,
    promoter: honest,
    puller: honest,
    record: undefined,
    volume: undefined,
    snapshot: undefined,
    rollbackFrom: undefined,
    running: undefined,
    applied: undefined,
    healthy: [],
  };
}

export function viewOf({ papers }: Model, { hides, unreadable }: Treatment): View {
  return { papers: papers.filter(({ carrier }) => !hides(carrier)), unreadable };
}

export type Accepted = Omit<Running, 'kept'>;

/** What a look gives for what was applied before a restart; undefined where there is none to be read again. */
export function restore(model: Model): Refused | Accepted | undefined {
  const { applied } = model;
  if (model.running !== undefined || applied === undefined) return undefined;
  const outcome = readAgain(model, applied);
  if (!isRefused(outcome)) model.running = { ...outcome, kept: keptNow(model, outcome.digest) };
  return outcome;
}

/** Why what runs is corrected no longer. */
export function rejudge({ running, policy }: Model): Refused | undefined {
  return running && runningFault(running.kept, running.digest, policy, running.sequence);
}

/** What is refused before a tag's verdict is asked for; else the digest that the tag shows. */
export function resolveTag(model: Model): Refused | string {
  const fault = policyFault(model.policy);
  if (fault !== undefined) return fault;
  if (model.puller.fails === 'resolve') return refuse('REGISTRY_UNAVAILABLE');
  return model.tags.get(channel) ?? refuse('CONTENT_MISSING');
}

/** The verdict on an artifact by the papers that were read. */
export function verdict(model: Model, artifact: string, view: View): Refused | Decided {
  const { policy, record, volume, nowMs, pullerSkewMs } = model;
  if (policy.denied.includes(artifact)) return refuse('DIGEST_DENIED');
  const unsigned = releaseFault(view, artifact, policy);
  if (unsigned !== undefined) return unsigned;
  if (volume === 'unreadable') return refuse('POLICY_INVALID');
  const known = higherKnown(record, volume);
  return decide(view, artifact, policy, { known, nowMs: nowMs + pullerSkewMs });
}

export type MemoryFails = 'record' | 'volume' | undefined;

/** Remembers what was decided, in the cluster and then on the volume. */
export function remember(model: Model, decided: Decided, fails: MemoryFails): Refused | undefined {
  const { record, volume } = model;
  const known = toKnown(model, decided);
  if (!isKept(record, known)) {
    if (fails === 'record') return refuse('KUBE_UNAVAILABLE');
    const isSame = record?.epoch === known.epoch && record.sequence === known.sequence;
    if (!isSame) model.rollbackFrom = undefined;
    model.record = known;
  }
  if (volume === 'unreadable' || !isKept(volume, known)) {
    if (fails === 'volume') return refuse('FILE_UNREADABLE');
    model.volume = known;
  }
  return undefined;
}

function toKnown({ record, volume }: Model, { statement, issuedMs }: Decided): Known {
  const keptMs = volume === 'unreadable' ? 0 : (volume?.issuedMs ?? 0);
  const { epoch, sequence, subject: digest } = statement;
  return { epoch, sequence, digest, issuedMs: Math.max(issuedMs, record?.issuedMs ?? 0, keptMs) };
}

/** Whether the record in the cluster must be written for this. */
export function mustWrite(model: Model, decided: Decided): boolean {
  return !isKept(model.record, toKnown(model, decided));
}

function isKept(memory: Known | undefined, known: Known): boolean {
  return memory !== undefined && isEqual(memory, known) && memory.issuedMs >= known.issuedMs;
}

function isEqual(one: Known, other: Known): boolean {
  return one.epoch === other.epoch && one.sequence === other.sequence && one.digest === other.digest;
}

/** Whether an older decision would lower what is remembered, or give its sequence another digest. */
export function isOvertaken({ record, volume }: Model, { statement }: Decided): boolean {
  const known = higherKnown(record, volume === 'unreadable' ? undefined : volume);
  const wanted = { ...statement, digest: statement.subject };
  return known !== undefined && !isAbove(wanted, known) && !isEqual(wanted, known);
}

const outages = new Set(['REGISTRY_UNAVAILABLE', 'SIGNATURE_UNCHECKABLE']);

/** What runs after a good verdict: what the tag shows, or what a cluster admin returned to. */
export function settle(model: Model, { statement, deadlineMs }: Decided, view: View): Refused | Accepted {
  const { subject: digest, sequence, previous, action } = statement;
  const { policy, healthy, rollbackFrom } = model;
  const target = healthy.find((one) => one.digest === previous);
  const mayReturn = policy.mayRollBackLocally && action === 'promote' && target !== undefined;
  if (rollbackFrom === sequence && mayReturn) {
    const outcome = readAgain(model, target);
    if (!isRefused(outcome))
      return run(model, { ...outcome, rolledBackFrom: sequence }, keptNow(model, target.digest));
    // An outage is tried again; a refused artifact to return to is no refusal of what is promoted.
    if (outages.has(outcome.code)) return outcome;
  }
  const accepted = { digest, sequence, deadlineMs, rolledBackFrom: undefined };
  return run(model, accepted, keptPapers(view, digest, policy));
}

function run(model: Model, accepted: Accepted, kept: View): Accepted {
  const { digest, sequence } = accepted;
  model.running = { ...accepted, kept };
  model.applied = { digest, sequence };
  // Everything turns healthy here.
  model.healthy = [{ digest, sequence }, ...model.healthy.filter((one) => one.digest !== digest)];
  return accepted;
}

/** Reads an artifact that ran before by its digest. */
function readAgain(model: Model, { digest, sequence }: Healthy): Refused | Accepted {
  const { puller, policy } = model;
  const fault = policyFault(policy);
  if (fault !== undefined) return fault;
  if (puller.fails === 'resolve') return refuse('REGISTRY_UNAVAILABLE');
  if (puller.fails === 'referrers') return refuse('SIGNATURE_UNCHECKABLE');
  const refused = runningFault(viewOf(model, puller), digest, policy, sequence);
  if (refused !== undefined) return refused;
  if (puller.fails === 'layer') return refuse('REGISTRY_UNAVAILABLE');
  return { digest, sequence, deadlineMs: undefined, rolledBackFrom: undefined };
}

function keptNow(model: Model, digest: string): View {
  return keptPapers(viewOf(model, model.puller), digest, model.policy);
}

/** A whole look at the tag; `meanwhile` happens after the verdict and before anything is remembered. */
export function look(model: Model, fails?: MemoryFails): Refused | Accepted {
  const begun = beginLook(model);
  return isRefused(begun) ? begun : endLook(model, begun, fails);
}

export type Begun = { readonly artifact: string; readonly view: View; readonly decided: Decided };

/** A look up to its verdict and the artifact's layer. */
export function beginLook(model: Model): Refused | Begun {
  const artifact = resolveTag(model);
  if (typeof artifact !== 'string') return artifact;
  if (model.puller.fails === 'referrers') return refuse('SIGNATURE_UNCHECKABLE');
  const view = viewOf(model, model.puller);
  const decided = verdict(model, artifact, view);
  if (isRefused(decided)) return decided;
  return model.puller.fails === 'layer' ? refuse('REGISTRY_UNAVAILABLE') : { artifact, view, decided };
}

/** The rest of a look. Where somebody else was first, it is decided again by what is known then. */
export function endLook(model: Model, begun: Begun, fails?: MemoryFails): Refused | Accepted {
  const { artifact, view } = begun;
  let { decided } = begun;
  if (isOvertaken(model, decided)) {
    const again = verdict(model, artifact, view);
    if (isRefused(again)) return again;
    decided = again;
  }
  return remember(model, decided, fails) ?? settle(model, decided, view);
}

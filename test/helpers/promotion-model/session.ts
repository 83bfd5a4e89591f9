// One run: the model and the system under test side by side. Whatever is done is told by the model first, done then, and
// compared; what no model is asked for, the invariants of promotion, is asserted after every look.
import assert from 'node:assert/strict';
import type { KubeClient } from '../../../src/kube/request.ts';
import {
  beginLook,
  endLook,
  look,
  rejudge,
  restore,
  viewOf,
  type Accepted,
  type MemoryFails,
  type Model,
} from './cluster.ts';
import { createPullerSide, type LookSituation, type PullerSide } from './puller-side.ts';
import { createRegistrySide, type RegistrySide, type Situation, type Used } from './registry-side.ts';
import { channel, higherKnown, isAbove, isRefused, repository, type Known, type Refused } from './rules.ts';
import { promoteEffect, prolongEffect, type Effect, type PromoteFacts } from './tool.ts';

/** How often what was seen, over all runs: a test that never refuses proves nothing. */
export type Tally = Map<string, number>;

export type Session = {
  readonly registry: RegistrySide;
  readonly puller: PullerSide;
  readonly tally: Tally;
  /** The highest that was accepted, as far as a memory of it is left. */
  floor: Known | undefined;
};

export async function startSession(client: KubeClient, folder: string, tally: Tally): Promise<Session> {
  const registry = createRegistrySide();
  const puller = await createPullerSide(registry.memory, client, folder);
  return { registry, puller, tally, floor: undefined };
}

export function count({ tally }: Session, what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1);
}

/** The situation of who uses the tool. */
export function situationOf({ policy, nowMs, promoterSkewMs, promoter }: Model): Situation {
  return { policy, nowMs: nowMs + promoterSkewMs, treatment: promoter };
}

export function expectPromote(model: Model, facts: PromoteFacts): Effect {
  const { policy, nowMs } = situationOf(model);
  const shown = { tags: model.tags, view: viewOf(model, model.promoter) };
  return promoteEffect(shown, policy, facts, nowMs);
}

export async function usePromote(model: Model, session: Session, facts: PromoteFacts): Promise<void> {
  const effect = expectPromote(model, facts);
  const used = await session.registry.promote(facts, situationOf(model));
  compareUse(model, session, effect, used);
}

export async function useProlong(
  model: Model,
  session: Session,
  facts: Pick<PromoteFacts, 'by' | 'expiresInMs'>,
): Promise<void> {
  const { policy, nowMs } = situationOf(model);
  const shown = { tags: model.tags, view: viewOf(model, model.promoter) };
  const effect = prolongEffect(shown, policy, facts, nowMs);
  compareUse(model, session, effect, await session.registry.prolong(facts, situationOf(model)));
}

/** The tool did exactly what the model says, and the registry shows it. */
export function compareUse(model: Model, session: Session, effect: Effect, used: Used): void {
  const [attached, ...others] = used.attached;
  assert.deepEqual(others, [], 'one statement at a time');
  const isHidden = attached !== undefined && model.promoter.hides(attached.carrier);
  const before = model.tags.get(channel);
  const outcome = isHidden ? { code: 'STATEMENT_MISSING' } : effect.outcome;
  assert.deepEqual(used.outcome, outcome, 'what came of the tool');
  assert.deepEqual(withoutNames(attached), withoutNames(effect.attached), 'what the tool attached');
  if (effect.attached?.bytes !== undefined)
    assert.equal(attached?.bytes, effect.attached.bytes, 'same bytes');
  noteTool(session, used);
  takeIn(model, session);
  assert.equal(model.tags.get(channel), isHidden ? before : effect.shown, 'what the tag shows');
}

export function noteTool(session: Session, { outcome }: Used): void {
  count(session, 'code' in outcome ? `tool ${outcome.code}` : `tool ${outcome.action}`);
  if (!('code' in outcome) && outcome.missing > 0) count(session, 'tool waits for another signer');
}

function withoutNames(paper: Effect['attached']): object | undefined {
  if (paper === undefined) return undefined;
  const { on, about, signer, said } = paper;
  return { on, about, signer, said };
}

/** Tells the model what the registry holds and shows now. */
export function takeIn(model: Model, { registry }: Session): void {
  model.papers.push(...registry.log.slice(model.papers.length));
  model.tags.clear();
  for (const [tag, digest] of registry.memory.shown()) model.tags.set(tag, digest);
}

type LookOptions = {
  readonly memoryFails?: MemoryFails;
  /** Between the verdict and the memory. */
  readonly meanwhile?: () => Promise<void>;
};

/** One look of the puller, as its reconciler makes it. */
export async function lookAt(model: Model, session: Session, options: LookOptions = {}): Promise<void> {
  const { puller } = session;
  const situation: LookSituation = {
    policy: model.policy,
    nowMs: model.nowMs + model.pullerSkewMs,
    treatment: model.puller,
    ...(options.memoryFails === undefined ? {} : { memoryFails: options.memoryFails }),
  };
  const restored = restore(model);
  assert.deepEqual(await puller.restore(situation), restored, 'what was applied before');
  if (restored !== undefined) count(session, `restore ${isRefused(restored) ? restored.code : 'accepted'}`);
  await compareRunning(model, session);
  const before = model.running;
  const outcome = await compareLook(model, session, situation, options);
  count(session, `look ${nameOf(outcome)}`);
  if (isRefused(outcome)) {
    if (options.meanwhile === undefined)
      assert.equal(model.running, before, 'a refusal changes nothing that runs');
    if (outcome.code === 'STATEMENT_EXPIRED' && model.tags.get(channel) === before?.digest)
      count(session, 'overdue');
  } else assertInvariants(model, session, outcome);
  await compareRunning(model, session);
  if (options.meanwhile === undefined) await compareMemories(model, session);
}

/** What is remembered in the cluster and on the volume. */
export async function compareMemories(model: Model, { puller }: Session): Promise<void> {
  const { record, volume, rollbackFrom } = model;
  assert.deepEqual(await puller.memories(), { record, volume, rollbackFrom }, 'what is remembered');
}

function nameOf(outcome: Refused | Accepted): string {
  if (isRefused(outcome)) return outcome.code;
  return outcome.rolledBackFrom === undefined ? 'accepted' : 'rolled back locally';
}

async function compareLook(
  model: Model,
  session: Session,
  situation: LookSituation,
  { memoryFails, meanwhile }: LookOptions,
): Promise<Refused | Accepted> {
  const { puller } = session;
  if (meanwhile === undefined) {
    const outcome = look(model, memoryFails);
    assert.deepEqual(await puller.look(situation), outcome, 'the verdict on the tag');
    return outcome;
  }
  const begun = beginLook(model);
  let isReached = false;
  const looked = await puller.look({
    ...situation,
    meanwhile: async () => {
      // An artifact to return to is read as well.
      if (isReached) return;
      isReached = true;
      await meanwhile();
    },
  });
  assert.equal(isReached, !isRefused(begun), 'whether the layer was read');
  const outcome = isRefused(begun) ? begun : endLook(model, begun, memoryFails);
  assert.deepEqual(looked, outcome, 'the verdict of the look that was overtaken');
  return outcome;
}

/** What runs, and whether it may be corrected, by the policies of now. */
export async function compareRunning(model: Model, session: Session): Promise<void> {
  const { running, policy } = model;
  const runs = session.puller.running();
  assert.deepEqual([runs?.digest, runs?.sequence], [running?.digest, running?.sequence], 'what runs');
  const fault = rejudge(model);
  assert.deepEqual(await session.puller.rejudge(policy), fault, 'whether what runs is corrected');
  if (fault !== undefined) count(session, `rejudge ${fault.code}`);
  if (running === undefined || fault !== undefined) return;
  assert.ok(!policy.denied.includes(running.digest), 'what is denied is not corrected');
  assertPromoted(model, running);
}

/** Asked of the papers that were ever made, whatever the model made of them. */
function assertInvariants(model: Model, session: Session, accepted: Accepted): void {
  assert.ok(!model.policy.denied.includes(accepted.digest), 'what is denied is not accepted');
  assertPromoted(model, accepted);
  if (accepted.rolledBackFrom !== undefined) {
    assert.ok(model.policy.mayRollBackLocally, 'only where the policy allows it');
    return;
  }
  const known: Known = { ...accepted, epoch: model.policy.epoch, issuedMs: 0 };
  const { floor } = session;
  if (floor !== undefined) {
    const isSame = floor.epoch === known.epoch && floor.sequence === known.sequence;
    assert.ok(isSame || isAbove(known, floor), 'it never goes back');
    if (isSame) assert.equal(known.digest, floor.digest, 'one sequence has one digest');
  }
  session.floor = known;
  assertFresh(model, accepted);
}

/** Enough of the promoters of now named this digest with this sequence, and none of that was a heartbeat. */
function assertPromoted({ papers, policy }: Model, { digest, sequence }: Accepted): void {
  const about = papers.filter(({ on, about: named }) => on === digest && named === digest);
  assert.ok(
    about.some(({ signer, said }) => signer === policy.releaseKey && said === undefined),
    'the release key signed it',
  );
  const copies = new Map<string, Set<string>>();
  for (const { said, signer, bytes } of about) {
    if (said === undefined || said.action === 'heartbeat' || said.sequence !== sequence) continue;
    if (said.repository !== repository || said.channel !== channel || said.epoch !== policy.epoch) continue;
    if (policy.promoters.includes(signer)) copies.set(bytes, (copies.get(bytes) ?? new Set()).add(signer));
  }
  const most = Math.max(0, ...[...copies.values()].map(({ size }) => size));
  assert.ok(most >= policy.threshold, `${most} promoters named it with sequence ${sequence}`);
}

/** Somebody who may say so said that it is good until now, by the clock of the puller. */
function assertFresh({ papers, policy, nowMs, pullerSkewMs }: Model, { digest, sequence }: Accepted): void {
  const { maxAgeMs } = policy;
  const isFresh = papers.some(({ on, said }) => {
    if (on !== digest || said?.sequence !== sequence) return false;
    const endMs = Math.min(
      said.expiresMs ?? Infinity,
      maxAgeMs === undefined ? Infinity : said.issuedMs + maxAgeMs,
    );
    return endMs > nowMs + pullerSkewMs;
  });
  assert.ok(isFresh, 'nothing overdue lets a change in');
}

/** After something was forgotten: what is left of the memories is what may not be gone below. */
export function lowerFloor(model: Model, session: Session): void {
  const volume = model.volume === 'unreadable' ? undefined : model.volume;
  const left = higherKnown(model.record, volume);
  const { floor } = session;
  if (floor !== undefined && (left === undefined || isAbove(floor, left))) session.floor = left;
}

/** etcd is made to hold this of the channel, and the watch tells of it. */
export async function setRecord(model: Model, session: Session, known: Known | undefined): Promise<void> {
  const { puller } = session;
  await puller.records.remove();
  if (known !== undefined) await puller.records.write(known);
  await puller.tell();
  model.record = known;
  model.rollbackFrom = undefined;
  lowerFloor(model, session);
}

/** The puller's process starts anew, on its volume or on an empty one. */
export async function restart(
  model: Model,
  session: Session,
  { isVolumeLost = false }: { readonly isVolumeLost?: boolean } = {},
): Promise<void> {
  await session.puller.restart({ isVolumeLost });
  model.running = undefined;
  if (!isVolumeLost) return;
  model.volume = undefined;
  lowerFloor(model, session);
}

// Commands of people with the tool: publish, promote, roll back, sign along, prolong; alone, in races, and disturbed.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RegistryError } from '../../../src/errors.ts';
import type { StoreCall } from '../failing-store.ts';
import { honest, type Model } from './cluster.ts';
import { interleave } from './interleave.ts';
import type { Used } from './registry-side.ts';
import { channel, hour, minute, type Actor } from './rules.ts';
import {
  compareUse,
  count,
  expectPromote,
  lookAt,
  noteTool,
  situationOf,
  takeIn,
  useProlong,
  usePromote,
  type Session,
} from './session.ts';
import { hasArtifact, makeStep, pick, type Step } from './step.ts';
import { chainOf, type Chain, type Effect, type PromoteFacts } from './tool.ts';

const version = fc.nat({ max: 5 });
const promoter = fc.constantFrom<Actor>('alice', 'bob');
const expiresInMs = fc.constantFrom(undefined, undefined, minute, hour);
const maxArtifacts = 6;

export async function publishNext(model: Model, session: Session, by: Actor | undefined): Promise<void> {
  const number = model.artifacts.length + 1;
  const { digest } = await session.registry.publish(`value ${number}`, `${number}.0.0`, by);
  model.artifacts.push(digest);
  takeIn(model, session);
}

export const publish = fc
  .constantFrom<Actor | undefined>('release', 'release', 'release', 'release2', 'mallory', undefined)
  .map((by) =>
    makeStep({
      name: 'Publish',
      facts: { by },
      isPossible: ({ artifacts }) => artifacts.length < maxArtifacts,
      run: (model, session) => publishNext(model, session, by),
    }),
  );

export const promote = fc
  .record({
    version,
    by: promoter,
    expiresInMs,
    after: fc.option(fc.nat({ max: 3 }), { nil: undefined, freq: 8 }),
  })
  .map(({ version, after, ...facts }) =>
    makeStep({
      name: 'Promote',
      facts: { version, after, ...facts },
      isPossible: hasArtifact,
      run: (model, session) => {
        const from = pick(model.artifacts, version);
        const used = after === undefined ? undefined : chainNow(model).used + after;
        return usePromote(model, session, { ...facts, from, after: used });
      },
    }),
  );

export const rollback = fc.record({ version, by: promoter }).map((facts) =>
  makeStep({
    name: 'Rollback',
    facts,
    isPossible: hasArtifact,
    run: (model, session) => {
      const from = pick(model.artifacts, facts.version);
      return usePromote(model, session, { by: facts.by, from, isRollback: true });
    },
  }),
);

/** One whom the channel does not ask uses the tool: what he attaches must count for nothing. */
export const promoteByWrongKey = fc
  .record({ version, by: fc.constantFrom<Actor>('cron', 'cron', 'mallory', 'release') })
  .map((facts) =>
    makeStep({
      name: 'PromoteByWrongKey',
      facts,
      isPossible: hasArtifact,
      run: (model, session) =>
        usePromote(model, session, { by: facts.by, from: pick(model.artifacts, facts.version) }),
    }),
  );

export const cosign = fc
  .record({
    number: fc.nat({ max: 3 }),
    by: fc.constantFrom<Actor>('alice', 'bob', 'bob', 'cron', 'mallory'),
  })
  .map((facts) =>
    makeStep({
      name: 'Cosign',
      facts,
      isPossible: ({ papers }) => papers.some(({ said }) => said !== undefined),
      run: (model, session) => {
        const said = model.papers.filter((paper) => paper.said !== undefined).toReversed();
        const { on, carrier } = pick(said, facts.number);
        return usePromote(model, session, { by: facts.by, from: on, cosign: carrier });
      },
    }),
  );

/** The first signer leaves a statement that waits, where two are asked for; the second signs it along. */
export const promoteByTwo = fc.record({ version, isAsked: fc.boolean() }).map((facts) =>
  makeStep({
    name: 'PromoteByTwo',
    facts,
    isPossible: hasArtifact,
    run: async (model, session) => {
      if (facts.isAsked) model.policy = { ...model.policy, threshold: 2, promoters: ['alice', 'bob'] };
      const from = pick(model.artifacts, facts.version);
      const before = model.papers.length;
      await usePromote(model, session, { by: 'alice', from });
      const waiting = model.papers[before];
      if (waiting === undefined) return;
      await lookAt(model, session);
      await usePromote(model, session, { by: 'bob', from, cosign: waiting.carrier });
      await lookAt(model, session);
    },
  }),
);

export const heartbeat = fc
  .record({ by: fc.constantFrom<Actor>('cron', 'cron', 'cron', 'alice', 'bob', 'mallory'), expiresInMs })
  .map((facts) =>
    makeStep({ name: 'Heartbeat', facts, run: (model, session) => useProlong(model, session, facts) }),
  );

/** A new epoch as docs/promotion.md has it: the tag is deleted, and what is promoted begins anew. */
export const newEpoch = fc.record({ version, by: promoter }).map((facts) =>
  makeStep({
    name: 'NewEpoch',
    facts,
    isPossible: (model) => hasArtifact(model) && model.policy.epoch < 3,
    run: async (model, session) => {
      model.policy = { ...model.policy, epoch: model.policy.epoch + 1 };
      session.registry.deleteTag(channel);
      takeIn(model, session);
      await usePromote(model, session, { by: facts.by, from: pick(model.artifacts, facts.version) });
    },
  }),
);

export const deleteTag = fc.option(version, { nil: undefined, freq: 2 }).map((number) =>
  makeStep({
    name: 'DeleteTag',
    facts: { version: number },
    isPossible: hasArtifact,
    run: async (model, session) => {
      const { length } = model.artifacts;
      session.registry.deleteTag(number === undefined ? channel : `${(number % length) + 1}.0.0`);
      takeIn(model, session);
    },
  }),
);

/** A registry that fails once while the tool works, or a tag that somebody else writes meanwhile. */
export const disturbedPromote = (name: 'PromoteUnderErrors' | 'TagMovedDuringPromote'): fc.Arbitrary<Step> =>
  fc.record({ version, by: promoter, call: fc.integer({ min: 1, max: 40 }), other: version }).map((facts) =>
    makeStep({
      name,
      facts,
      isPossible: (model) => hasArtifact(model) && model.promoter === honest,
      run: async (model, session) => {
        const promoted = { by: facts.by, from: pick(model.artifacts, facts.version) };
        const other = name === 'TagMovedDuringPromote' ? pick(model.artifacts, facts.other) : undefined;
        await disturb(model, session, promoted, { call: facts.call, other });
      },
    }),
  );

async function disturb(
  model: Model,
  session: Session,
  facts: PromoteFacts,
  { call, other }: { readonly call: number; readonly other: string | undefined },
): Promise<void> {
  const effect = expectPromote(model, facts);
  const shownBefore = model.tags.get(channel);
  let isDisturbed = false;
  let firstLook = Infinity;
  const before = async ({ number, method, subject }: StoreCall): Promise<void> => {
    if (method === 'resolve' && subject === channel) firstLook = Math.min(firstLook, number);
    // It looks once more right before it writes, and then sees whatever came between.
    const isSeen = other !== shownBefore && call > firstLook && call < number;
    if (method === 'tag' && other !== undefined) assert.ok(!isSeen, 'the tag that moved is not written over');
    if (number !== call) return;
    isDisturbed = true;
    if (other === undefined) throw new RegistryError('REGISTRY_UNAVAILABLE', 'it is down');
    await session.registry.retag(other);
  };
  const used = await session.registry.promote(facts, { ...situationOf(model), before });
  if (!isDisturbed) {
    compareUse(model, session, effect, used);
    return;
  }
  const { used: known, highest } = surelyFound(model, facts);
  noteTool(session, used);
  takeIn(model, session);
  assertAttached(used, facts, known);
  const shown = model.tags.get(channel);
  const mayShow = [shownBefore, other, facts.from];
  assert.ok(mayShow.includes(shown), 'the tag shows what somebody wrote there');
  if (shown === facts.from && shown !== shownBefore && shown !== other)
    assertNamed(model, shown, highest?.sequence ?? 1);
  if ('code' in used.outcome) {
    const codes = [...codesOf(effect), ...(other === undefined ? errorCodes : movedCodes)];
    assert.ok(codes.includes(used.outcome.code), `${used.outcome.code} is none of ${codes.join(', ')}`);
  }
}

/** What a failing call can come to; one that can't be read back counts as not there. */
const errorCodes = ['REGISTRY_UNAVAILABLE', 'SIGNATURE_UNCHECKABLE', 'STATEMENT_MISSING'];
/** What a tag that moves can come to; before the chain is read, it is what the tool finds. */
const movedCodes = ['TAG_MOVED', 'STATEMENT_MISSING'];

/** Two promoters at once, turn by turn at each call of the registry. */
export const racePromotions = fc
  .record({
    versions: fc.tuple(version, version),
    turns: fc.array(fc.boolean(), { minLength: 20, maxLength: 60, size: 'max' }),
  })
  .map(({ versions, turns }) =>
    makeStep({
      name: 'RacePromotions',
      facts: { versions, turns: turns.map(Number).join('') },
      isPossible: (model) => hasArtifact(model) && model.promoter === honest,
      run: (model, session) => {
        const [one, other] = versions.map((number) => pick(model.artifacts, number));
        if (one === undefined || other === undefined) throw new TypeError('two versions race');
        return race(
          model,
          session,
          [
            { by: 'alice', from: one },
            { by: 'bob', from: other },
          ],
          turns,
        );
      },
    }),
  );

async function race(
  model: Model,
  session: Session,
  [one, other]: readonly [PromoteFacts, PromoteFacts],
  turns: readonly boolean[],
): Promise<void> {
  const effects = [expectPromote(model, one), expectPromote(model, other)] as const;
  const shownBefore = model.tags.get(channel);
  const found = [surelyFound(model, one), surelyFound(model, other)] as const;
  const situation = situationOf(model);
  const used = await interleave(
    [
      (before) => session.registry.promote(one, { ...situation, before }),
      (before) => session.registry.promote(other, { ...situation, before }),
    ],
    turns,
  );
  for (const outcome of used) noteTool(session, outcome);
  takeIn(model, session);
  const shown = model.tags.get(channel);
  assert.ok([shownBefore, one.from, other.from].includes(shown), 'the tag shows what one of them wrote');
  [one, other].forEach((facts, index) => {
    const { outcome } = pick(used, index);
    const { used: known, highest } = pick(found, index);
    assertAttached(pick(used, index), facts, known);
    if (shown === facts.from && shown !== shownBefore) assertNamed(model, shown, highest?.sequence ?? 1);
    if (!('code' in outcome)) return;
    // Whose key is gone may find that there is something to sign only once the other is through.
    const isGone = !model.policy.promoters.includes(facts.by);
    const codes = [...codesOf(pick(effects, index)), 'TAG_MOVED', ...(isGone ? ['STATEMENT_MISSING'] : [])];
    assert.ok(codes.includes(outcome.code), `${outcome.code} is none of ${codes.join(', ')}`);
  });
  if (effects.every((effect) => codesOf(effect).length === 0))
    assert.ok(
      used.some(({ outcome }) => !('code' in outcome)),
      'one of two wins a race',
    );
  const moved = used.filter(({ outcome }) => 'code' in outcome && outcome.code === 'TAG_MOVED');
  if (moved.length > 0) count(session, 'race lost');
}

function codesOf({ outcome }: Effect): readonly string[] {
  return 'code' in outcome ? [outcome.code] : [];
}

/** Whoever attaches something speaks of what he was asked for, above all that was there. */
function assertAttached({ attached }: Used, { from, by }: PromoteFacts, known: number): void {
  assert.ok(attached.length <= 1, 'one statement at a time');
  for (const { on, about, signer, said } of attached) {
    assert.deepEqual([on, about, signer], [from, from, by]);
    assert.ok((said?.sequence ?? 0) > known, 'its sequence is above all that were there');
  }
}

/**
 * What the tool moves a tag to was promoted by enough, and not below what was promoted before. Above it may be the
 * statement of who lost a race: it stays, and its digest is not what the tag shows.
 */
function assertNamed(model: Model, shown: string, before: number): void {
  const named = chainNow(model).statements.filter(({ subject }) => subject === shown);
  const highest = Math.max(...named.map(({ sequence }) => sequence));
  assert.ok(highest >= before, `sequence ${highest} is not below ${before}`);
}

/** What a promoter finds whatever the channel's tag shows: what only that tag led to may be out of sight. */
function surelyFound(model: Model, { from }: PromoteFacts): Chain {
  const tags = new Map([...model.tags].filter(([tag]) => tag !== channel));
  return chainNow({ ...model, tags }, [from]);
}

/** The channel's statements as they can be found. */
export function chainNow(model: Model, from: readonly string[] = []): Chain {
  const view = { papers: model.papers, unreadable: new Set<string>() };
  return chainOf({ tags: model.tags, view }, model.policy, from);
}

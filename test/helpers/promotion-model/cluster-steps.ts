// Commands of the cluster and its admins: looks, time, policies, and everything by which a cluster can forget.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { errorCodeOf } from '../../../src/errors.ts';
import { beginLook, mustWrite, type Model } from './cluster.ts';
import { firstPolicy, hour, isAbove, isRefused, minute, second, type Known, type Policy } from './rules.ts';
import { compareMemories, compareRunning, count, lookAt, restart, setRecord, usePromote } from './session.ts';
import { hasArtifact, makeStep, pick, type Step } from './step.ts';

export const pullerLook = fc.constant(
  makeStep({ name: 'PullerLook', run: (model, session) => lookAt(model, session) }),
);

/** A look whose memory can't be written: nothing that is not remembered may run. */
export const forgetfulLook = fc.constantFrom('record' as const, 'volume' as const).map((memoryFails) =>
  makeStep({
    name: 'ForgetfulLook',
    facts: { memoryFails },
    run: (model, session) => lookAt(model, session, { memoryFails }),
  }),
);

/** While one look reads its layer, the channel moves on and another Delivery's look is first. */
export const overtakenLook = fc
  .record({ version: fc.nat({ max: 5 }), isRecordDeleted: fc.boolean() })
  .map(({ version, isRecordDeleted }) =>
    makeStep({
      name: 'OvertakenLook',
      facts: { version, isRecordDeleted },
      isPossible: hasArtifact,
      run: async (model, session) => {
        const meanwhile = async (): Promise<void> => {
          await usePromote(model, session, { by: 'alice', from: pick(model.artifacts, version) });
          await lookAt(model, session);
          if (isRecordDeleted) await setRecord(model, session, undefined);
        };
        await lookAt(model, session, { meanwhile });
        await compareMemories(model, session);
        count(session, 'look overtaken');
      },
    }),
  );

/** While a look reads its layer, another writer raises the record, and the watch has not told of it yet. */
export const overwrittenRecord = fc
  .record({ ahead: fc.constantFrom(-1, 0, 1, 1, 5), isOther: fc.boolean() })
  .map((facts) =>
    makeStep({
      name: 'RecordOverwrittenDuringLook',
      facts,
      isPossible: ({ record }) => record !== undefined,
      run: async (model, session) => {
        const begun = beginLook(model);
        const { record } = model;
        if (isRefused(begun) || record === undefined) {
          await lookAt(model, session);
          return;
        }
        const { statement } = begun.decided;
        const other = model.artifacts.find((digest) => digest !== statement.subject);
        const written: Known = {
          epoch: statement.epoch,
          sequence: Math.max(1, statement.sequence + facts.ahead),
          digest: facts.isOther && other !== undefined ? other : statement.subject,
          issuedMs: record.issuedMs,
        };
        // What the API server would refuse is no race.
        if (!isAbove(written, record)) {
          await lookAt(model, session);
          return;
        }
        // A write of its own finds the other's by a conflict; without one the watch tells of it afterwards.
        const isFound = mustWrite(model, begun.decided);
        const meanwhile = async (): Promise<void> => {
          await session.puller.records.write(written);
          if (isFound) model.record = written;
        };
        await lookAt(model, session, { meanwhile });
        model.record = isFound ? model.record : written;
        await session.puller.tell();
        await compareMemories(model, session);
        count(session, 'record overwritten');
      },
    }),
  );

/** A cluster admin or an attacker tries to write a record down; the API server itself refuses. */
export const lowerRecord = fc.constantFrom('sequence', 'epoch', 'digest', 'time', 'nothing').map((what) =>
  makeStep({
    name: 'LowerRecord',
    facts: { what },
    isPossible: ({ record }) => record !== undefined && record.sequence > 1,
    run: async (model, session) => {
      const { record } = model;
      if (record === undefined) return;
      const { epoch, sequence, digest, issuedMs } = record;
      const written = {
        epoch: what === 'epoch' ? epoch - 1 : epoch,
        sequence: what === 'sequence' ? sequence - 1 : sequence,
        digest: what === 'digest' ? (model.artifacts.find((one) => one !== digest) ?? digest) : digest,
        issuedMs: what === 'time' ? issuedMs - minute : issuedMs,
      };
      const isSame = Object.entries(record).every(([key, value]) => Object(written)[key] === value);
      const code = await session.puller.records.write(written).then(() => undefined, errorCodeOf);
      assert.equal(code, isSame ? undefined : 'KUBE_INVALID', 'a record never goes back');
      await session.puller.tell();
    },
  }),
);

const steps = [1, 999, second, minute, minute, 5 * minute, 5 * minute + 1, 30 * minute, hour, hour];

export const advanceClock = fc.constantFrom(...steps, 24 * hour).map((ms) =>
  makeStep({
    name: 'AdvanceClock',
    facts: { ms },
    run: async (model, session) => {
      model.nowMs += ms;
      await compareRunning(model, session);
    },
  }),
);

export const setClock = (of: 'Puller' | 'Promoter'): fc.Arbitrary<Step> =>
  fc.constantFrom(0, 0, 0, -minute, -hour, -30 * hour, -1000 * hour, hour).map((ms) =>
    makeStep({
      name: `SetClockOf${of}${ms > 0 ? 'Forward' : ms < 0 ? 'Back' : 'Right'}`,
      facts: { ms },
      run: async (model) => {
        if (of === 'Puller') model.pullerSkewMs = ms;
        else model.promoterSkewMs = ms;
      },
    }),
  );

type Change = (model: Model, number: number) => Partial<Policy>;

const changes: Readonly<Record<string, Change>> = {
  RaiseEpoch: ({ policy }) => ({ epoch: policy.epoch + 1 }),
  LowerEpoch: ({ policy }) => ({ epoch: Math.max(1, policy.epoch - 1) }),
  MinSequence: ({ record }, number) => ({ minSequence: (record?.sequence ?? 0) + number }),
  NoMinSequence: () => ({ minSequence: 1 }),
  MaxJump: (_, number) => ({ maxJump: 1 + number }),
  NoMaxJump: () => ({ maxJump: undefined }),
  RevokePromoter: (_, number) => ({ promoters: number === 1 ? ['alice'] : ['bob'], threshold: 1 }),
  RevokeReleaseKey: ({ policy }) => ({
    releaseKey: policy.releaseKey === 'release' ? 'release2' : 'release',
  }),
  RevokeCronKey: () => ({ mayCronProlong: false }),
  ThresholdTwo: () => ({ threshold: 2, promoters: ['alice', 'bob'] }),
  ShortMaxAge: () => ({ maxAgeMs: hour }),
  NoMaxAge: () => ({ maxAgeMs: undefined, mayCronProlong: false }),
  DenyDigest: ({ policy, artifacts, running }, number) => {
    const digest = number === 0 ? running?.digest : artifacts[number - 1];
    return digest === undefined ? {} : { denied: [...new Set([...policy.denied, digest])] };
  },
};

/** Names of the changes. */
export const changeNames: readonly string[] = Object.keys(changes);

export const policyChange = fc
  .record({ name: fc.constantFrom(...changeNames), number: fc.nat({ max: 2 }) })
  .map(({ name, number }) =>
    makeStep({
      name: `Policy${name}`,
      facts: { number },
      run: async (model, session) => {
        model.policy = { ...model.policy, ...changes[name]?.(model, number) };
        await compareRunning(model, session);
      },
    }),
  );

/** Back to what most policies ask for; the epoch stays, or nothing could be promoted. */
export const mendPolicy = fc.constant(
  makeStep({
    name: 'PolicyMend',
    run: async (model, session) => {
      model.policy = { ...firstPolicy, epoch: model.policy.epoch };
      await compareRunning(model, session);
    },
  }),
);

const faults: readonly Partial<Policy>[] = [
  { fault: 'missing' },
  { fault: 'no-channel' },
  { fault: 'one-key' },
  { threshold: 3 },
];

/** For a while nothing can be judged: nothing is accepted, and nothing that runs is corrected. */
export const breakPolicy = fc.constantFrom(...faults).map((fault) =>
  makeStep({
    name: 'PolicyBreak',
    facts: fault,
    run: async (model, session) => {
      const { policy } = model;
      model.policy = { ...policy, ...fault };
      await lookAt(model, session);
      model.policy = policy;
      await compareRunning(model, session);
    },
  }),
);

export const deleteDelivery = fc.constant(
  makeStep({
    name: 'DeleteDelivery',
    run: async (model, session) => {
      session.puller.forgetDelivery();
      model.running = undefined;
      model.applied = undefined;
      model.healthy = [];
    },
  }),
);

export const restartPuller = fc.constant(
  makeStep({
    name: 'RestartPuller',
    run: (model, session) => restart(model, session),
  }),
);

export const loseVolume = fc.constant(
  makeStep({
    name: 'LoseVolume',
    run: (model, session) => restart(model, session, { isVolumeLost: true }),
  }),
);

/** What can't be read may be higher than anything: the channel is refused until an admin has deleted the file. */
export const damageVolume = fc.constant(
  makeStep({
    name: 'DamageVolume',
    isPossible: ({ volume }) => volume !== undefined,
    run: async (model, session) => {
      assert.ok(await session.puller.damageVolume(), 'there is something on the volume');
      await restart(model, session);
      model.volume = 'unreadable';
      await lookAt(model, session);
      await restart(model, session, { isVolumeLost: true });
    },
  }),
);

export const snapshotEtcd = fc.constant(
  makeStep({
    name: 'SnapshotEtcd',
    run: async (model) => {
      model.snapshot = model.record;
    },
  }),
);

/** etcd goes back to the snapshot, or to a time before there was a record; the puller goes on, or starts anew. */
export const restoreEtcd = fc.record({ isEmpty: fc.boolean(), isRestarted: fc.boolean() }).map((facts) =>
  makeStep({
    name: 'RestoreEtcd',
    facts,
    run: async (model, session) => {
      await setRecord(model, session, facts.isEmpty ? undefined : model.snapshot);
      if (facts.isRestarted) await restart(model, session);
    },
  }),
);

/** A cluster admin asks for a return to the artifact before, where the policy allows it or not. */
export const localRollback = fc
  .record({
    version: fc.option(fc.nat({ max: 5 }), { nil: undefined, freq: 2 }),
    off: fc.constantFrom(0, 0, 1),
    isAllowed: fc.constantFrom(true, true, false),
  })
  .map((facts) =>
    makeStep({
      name: 'LocalRollback',
      facts,
      isPossible: ({ record }) => record !== undefined,
      run: async (model, session) => {
        const { version, off, isAllowed } = facts;
        if (version !== undefined) {
          await usePromote(model, session, { by: 'alice', from: pick(model.artifacts, version) });
          await lookAt(model, session);
        }
        const sequence = (model.record?.sequence ?? 0) + off;
        await session.puller.records.annotate(sequence);
        await session.puller.tell();
        model.rollbackFrom = sequence;
        model.policy = { ...model.policy, mayRollBackLocally: isAllowed };
        await lookAt(model, session);
      },
    }),
  );

/** Both memories are lost at once: only the policy's `minSequence` is left to hold. */
export const loseBoth = fc.boolean().map((isSeeded) =>
  makeStep({
    name: 'LoseBothMemories',
    facts: { isSeeded },
    run: async (model, session) => {
      const sequence = model.record?.sequence ?? 1;
      await restart(model, session, { isVolumeLost: true });
      await setRecord(model, session, undefined);
      if (isSeeded) model.policy = { ...model.policy, minSequence: sequence };
    },
  }),
);

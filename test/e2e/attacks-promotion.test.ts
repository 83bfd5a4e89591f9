// Attacks on promotion by who holds a key that is for something else, an older statement, or a registry to replay it
// from. The promoter's own key is in the channel's authority `promoter`, that of the unattended heartbeats is `cron`.
import assert from 'node:assert/strict';
import type { Content } from '../../src/oci/manifest.ts';
import { formatStatement } from '../../src/signing/statement.ts';
import { signStatement } from '../../src/signing/sign-statement.ts';
import { promotionPredicateType } from '../../src/trust/promotion-statement.ts';
import { attachRaw, attestTo, copyBare, promoteBy, timeFromNow } from '../helpers/forging.ts';
import { signerNamed } from '../helpers/signers.ts';
import { channel, keysOf, testAttacks, type Lane, type LaneOptions } from './lane.ts';
import { conditionOf } from './tenant.ts';

/** A channel that `cron` may prolong, up to a quarter of an hour. */
async function prolonged(): Promise<LaneOptions> {
  return {
    policy: {
      authorities: await keysOf('ci', 'promoter', 'cron'),
      promotion: channel({ heartbeatAuthorities: ['cron'], maxAge: '15m' }),
    },
  };
}

function beat(sequence: number, members: object = {}): object {
  return { action: 'heartbeat', sequence, ...members };
}

/** A release with a statement of these members. */
async function promoted(lane: Lane, value: string, members: object = {}, signer?: string): Promise<Content> {
  const artifact = await lane.release(value);
  await lane.promote(artifact, members, signer);
  return artifact;
}

async function expiryOf(lane: Lane): Promise<string | undefined> {
  return (await lane.look()).status?.promotion?.expiresAt;
}

/** Seconds since 1970, as statements and conditions write times. */
function secondsOf(time: string | undefined): number {
  return Math.round(Date.parse(time ?? '') / 1000);
}

testAttacks('attacks on promotion', {
  'replayed statement': async (open) => {
    const lane = await open();
    const first = await lane.store.resolve('prod');
    await lane.deliver('second');
    await lane.refuses('SEQUENCE_REPLAYED', first);
    // The same artifact by a new statement is a rollback, and no replay.
    await lane.promote(first, { action: 'rollback' });
    await lane.look();
    await lane.untilApplied(first, 'first');
  },
  'equal sequence with another digest': async (open) => {
    const lane = await open();
    await lane.refuses('EQUIVOCATION', await promoted(lane, 'evil', { sequence: 1 }));
    await lane.deliver('settled', { sequence: 2 });
  },
  "another repository's promotion: app's used for db": async (open) => {
    const [app, db] = [await open(), await open()];
    const artifact = await app.release('app');
    await copyBare(app.store, db.store, artifact);
    for (const { store } of [app, db]) {
      await attestTo(store, artifact.descriptor, await signerNamed('ci'));
      await promoteBy(store, artifact.descriptor, await signerNamed('promoter'), {
        repository: app.repository,
        sequence: 5,
      });
    }
    await app.show(artifact);
    await app.look();
    await app.untilApplied(artifact, 'app');
    await db.refuses('WRONG_REPOSITORY', artifact);
  },
  'a promotion for another channel or of another epoch': async (open) => {
    const lane = await open();
    await lane.refuses('WRONG_CHANNEL', await promoted(lane, 'staging', { channel: 'staging' }));
    await lane.refuses('WRONG_EPOCH', await promoted(lane, 'epoch', { epoch: 2 }));
  },
  'a promotion of two artifacts at once': async (open) => {
    const lane = await open();
    const artifact = await lane.release('two');
    const predicate = {
      repository: lane.repository,
      channel: 'prod',
      epoch: 1,
      sequence: 2,
      action: 'promote',
    };
    const one = formatStatement(artifact.descriptor.digest, promotionPredicateType, {
      ...predicate,
      issuedAt: timeFromNow(0),
    });
    const { subject, ...rest } = JSON.parse(one.toString()) as { subject: object[] }; // what was just made
    const both = { ...rest, subject: [...subject, { digest: { sha256: '0'.repeat(64) } }] };
    const bytes = await signStatement(await signerNamed('promoter'), Buffer.from(JSON.stringify(both)));
    await attachRaw(lane.store, artifact.descriptor, bytes, promotionPredicateType);
    await lane.refuses('STATEMENT_MISSING', artifact);
  },
  'a half-signed promotion, one signer twice': async (open) => {
    const lane = await open({
      first: null,
      policy: {
        authorities: await keysOf('ci', 'promoter', 'approver'),
        promotion: channel({ authorities: ['promoter', 'approver'], threshold: 2 }),
      },
    });
    const artifact = await lane.release('approved');
    const statement = { sequence: 1, issuedAt: timeFromNow(0) };
    await lane.promote(artifact, statement);
    await lane.promote(artifact, statement);
    await lane.refuses('STATEMENT_MISSING', artifact);
    // Of two statements with different words nobody knows which one both meant.
    await lane.promote(artifact, { ...statement, note: 'mine' }, 'approver');
    await lane.refuses('STATEMENT_MISSING', artifact);
    await lane.promote(artifact, statement, 'approver');
    await lane.look();
    await lane.untilApplied(artifact, 'approved');
  },
  'expired statement as a new candidate': async (open) => {
    const lane = await open();
    const times = { issuedAt: timeFromNow(-60), expiresAt: timeFromNow(-30) };
    await lane.refuses('STATEMENT_EXPIRED', await promoted(lane, 'expired', times));
    await lane.corrects();
    await lane.deliver('good');
  },
  'statement older than the policy lets it be': async (open) => {
    const lane = await open(await prolonged());
    const times = { issuedAt: timeFromNow(-16 * 60), expiresAt: timeFromNow(3600) };
    await lane.refuses('STATEMENT_EXPIRED', await promoted(lane, 'aged', times));
  },
  'statement from the future': async (open) => {
    const lane = await open();
    await lane.refuses('STATEMENT_EXPIRED', await promoted(lane, 'future', { issuedAt: timeFromNow(3600) }));
    await lane.deliver('good');
  },
  'expired statement of what runs (freeze)': async (open) => {
    const lane = await open({ promotion: { expiresAt: timeFromNow(6) } });
    const delivery = await lane.until(
      'the alarm',
      (found) => conditionOf(found, 'Fresh')?.status === 'False',
    );
    assert.match(conditionOf(delivery, 'Fresh')?.message ?? '', /^STATEMENT_EXPIRED: /u);
    const looked = await lane.look();
    for (const type of ['Ready', 'SourceVerified']) assert.equal(conditionOf(looked, type)?.status, 'True');
    assert.equal(looked.status?.candidate, undefined);
    await lane.corrects();
    await lane.deliver('good');
    await lane.until('no alarm', (found) => conditionOf(found, 'Fresh') === undefined);
  },
  'heartbeat key that promotes': async (open) => {
    const lane = await open(await prolonged());
    await lane.refuses('STATEMENT_MISSING', await promoted(lane, 'evil', { sequence: 2 }, 'cron'));
    await lane.refuses(
      'STATEMENT_MISSING',
      await promoted(lane, 'back', { sequence: 2, action: 'rollback' }, 'cron'),
    );
    await lane.deliver('good');
  },
  'heartbeat of an unseen sequence': async (open) => {
    const lane = await open(await prolonged());
    const running = await lane.store.resolve('prod');
    const before = await expiryOf(lane);
    // Of another artifact it promotes nothing, of what runs it prolongs nothing.
    await lane.refuses('STATEMENT_MISSING', await promoted(lane, 'evil', beat(2), 'cron'));
    await lane.promote(running, beat(2, { issuedAt: timeFromNow(2) }), 'cron');
    await lane.show(running);
    await lane.look();
    await lane.untilApplied(running, 'first');
    assert.equal(await expiryOf(lane), before);
    assert.equal((await lane.record())?.spec.sequence, 1);
  },
  'heartbeat by a stranger, by the release key, and without leave': async (open) => {
    const lane = await open(await prolonged());
    const running = await lane.store.resolve('prod');
    const before = await expiryOf(lane);
    for (const signer of ['stranger', 'ci'])
      await lane.promote(running, beat(1, { issuedAt: timeFromNow(2) }), signer);
    assert.equal(await expiryOf(lane), before);
    const strict = await open({ promotion: { expiresAt: timeFromNow(600) } });
    const own = await strict.store.resolve('prod');
    const expiry = await expiryOf(strict);
    await strict.promote(own, beat(1, { expiresAt: timeFromNow(3600) }), 'cron');
    assert.equal(await expiryOf(strict), expiry);
  },
  'heartbeat beyond maxAge': async (open) => {
    const lane = await open(await prolonged());
    const running = await lane.store.resolve('prod');
    const issuedAt = timeFromNow(2);
    await lane.promote(running, beat(1, { issuedAt, expiresAt: timeFromNow(10 * 365 * 86_400) }), 'cron');
    assert.equal(secondsOf(await expiryOf(lane)), secondsOf(issuedAt) + 15 * 60);
    assert.equal(secondsOf((await lane.record())?.spec.issuedAt), secondsOf(issuedAt));
  },
  'heartbeat from the future': async (open) => {
    const lane = await open(await prolonged());
    const before = await expiryOf(lane);
    const running = await lane.store.resolve('prod');
    await lane.promote(running, beat(1, { issuedAt: timeFromNow(3600) }), 'cron');
    assert.equal(await expiryOf(lane), before);
  },
  'sequence jump': async (open) => {
    const lane = await open({ policy: { promotion: channel({}, { maxJump: 10 }) } });
    const far = await promoted(lane, 'far', { sequence: 12 });
    await lane.refuses('SEQUENCE_JUMP', far);
    // The true promoter is not locked out by it.
    await lane.deliver('near', { sequence: 11 });
    const { sequence } = (await lane.record())?.spec ?? {};
    assert.equal(sequence, 11);
    const further = await promoted(lane, 'further', { sequence: Number.MAX_SAFE_INTEGER });
    await lane.refuses('SEQUENCE_JUMP', further);
    const late = await promoted(lane, 'late', { sequence: 30 });
    await lane.refuses('SEQUENCE_JUMP', late);
    await lane.setPolicy({ promotion: channel({}, { maxJump: 10, minSequence: 30 }) });
    await lane.untilApplied(late, 'late');
  },
  'below the floor that an admin has set': async (open) => {
    const lane = await open({ policy: { promotion: channel({}, { minSequence: 7 }) }, first: null });
    const low = await promoted(lane, 'low', { sequence: 6 });
    await lane.refuses('SEQUENCE_REPLAYED', low);
    await lane.deliver('high', { sequence: 7 });
    // Raised above what runs it puts that out, as a revocation does.
    await lane.setPolicy({ promotion: channel({}, { minSequence: 8 }) });
    await lane.until('distrust', (found) =>
      /is not corrected/u.test(conditionOf(found, 'Ready')?.message ?? ''),
    );
    await lane.leavesAlone();
    await lane.deliver('higher', { sequence: 8 });
  },
});

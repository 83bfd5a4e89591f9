// What must not be forgotten: the highest promotion outlives the Delivery, the cluster's records, the volume and the
// puller, as long as one of them is there. With a volume of its own, and one attack after the other: pullers restart.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apiVersion, localRollbackAnnotation } from '../../src/api/common.ts';
import { resourceSchema } from '../../src/resources/resource.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { timeFromNow } from '../helpers/forging.ts';
import { channel, keysOf, policyPath, recordsPath, testAttacks, type Lane, type LaneRecord } from './lane.ts';
import { conditionOf, type Tenant } from './tenant.ts';

const stateFolder = (folder: string): string => join(folder, 'state');
const flags = (folder: string): readonly string[] => ['--state-dir', stateFolder(folder)];

/** Two promotions: what was first may not come back by its old statement. */
async function twoOf(lane: Lane): Promise<{ readonly first: Content; readonly record: LaneRecord }> {
  const first = await lane.store.resolve('prod');
  await lane.deliver('second');
  const record = await lane.record();
  assert.ok(record?.spec.sequence === 2);
  return { first, record };
}

function recordPathOf({ metadata }: LaneRecord): string {
  return `${recordsPath}/${metadata.name}`;
}

function stateFileOf({ site }: Tenant, { metadata }: LaneRecord): string {
  return join(stateFolder(site.plane.directory), `${metadata.name}.promotion.json`);
}

/** Everything of the puller in its namespace but what an uninstall leaves. */
async function removeOwnRecords(tenant: Tenant): Promise<void> {
  await tenant.remove('/api/v1/namespaces/sealift-system/secrets');
}

async function askForRollback(lane: Lane, sequence: number): Promise<void> {
  const record = await lane.record();
  assert.ok(record !== undefined);
  const annotations = { [localRollbackAnnotation]: String(sequence) };
  await lane.tenant.patch(recordPathOf(record), { metadata: { annotations } });
}

/** A second promotion that names the first as its previous. */
async function deliverAfter(lane: Lane, members: object = {}): Promise<Content> {
  const { digest } = (await lane.store.resolve('prod')).descriptor;
  return lane.deliver('second', { previous: { sequence: 1, digest }, ...members });
}

async function isNotRolledBack(lane: Lane, sequence: number, why: RegExp): Promise<void> {
  await askForRollback(lane, sequence);
  const { status } = await lane.until('the answer', (found) =>
    /ROLLBACK_NOT_ALLOWED/u.test(found.status?.verification?.warnings?.join() ?? ''),
  );
  assert.match(status?.verification?.warnings?.join() ?? '', why);
  assert.equal(await lane.live(), 'second');
  await lane.corrects();
}

testAttacks(
  'attacks on the memory of promotions',
  {
    'a heartbeat is seen though no tag moves and nobody asks': async (open) => {
      const authorities = await keysOf('ci', 'promoter', 'cron');
      const prolonged = channel({ heartbeatAuthorities: ['cron'], maxAge: '20s' });
      const lane = await open({ policy: { authorities, promotion: prolonged }, source: { interval: '5s' } });
      const before = await lane.look();
      const issuedAt = timeFromNow(1);
      await lane.promote(
        await lane.store.resolve('prod'),
        { action: 'heartbeat', sequence: 1, issuedAt },
        'cron',
      );
      const { status } = await lane.until(
        'the heartbeat',
        (found) => found.status?.promotion?.expiresAt !== before.status?.promotion?.expiresAt,
      );
      assert.equal(Date.parse(status?.promotion?.expiresAt ?? ''), Date.parse(issuedAt) + 20_000);
      assert.equal(status?.candidate, undefined);
    },
    'replay after deletion of the Delivery': async (open) => {
      const lane = await open();
      const { first } = await twoOf(lane);
      await lane.unfollow();
      await lane.show(first);
      await lane.follow();
      await lane.refuses('SEQUENCE_REPLAYED', first);
      await lane.deliver('third');
    },
    'replay after a restore of etcd: the volume holds': async (open, tenant) => {
      const lane = await open();
      const { first, record } = await twoOf(lane);
      await tenant.restartPuller('SIGTERM', { meanwhile: () => tenant.remove(recordPathOf(record)) });
      await lane.refuses('SEQUENCE_REPLAYED', first);
      await lane.corrects();
      await lane.deliver('third');
      assert.equal((await lane.record())?.spec.sequence, 3);
    },
    'replay after a restore of an older record: the volume holds': async (open, tenant) => {
      const lane = await open();
      const older = await lane.record();
      assert.ok(older !== undefined);
      const { first, record } = await twoOf(lane);
      await tenant.restartPuller('SIGKILL', {
        meanwhile: async () => {
          await tenant.remove(recordPathOf(record));
          const { metadata, spec } = older;
          const object = { apiVersion, kind: 'PromotionRecord', metadata: { name: metadata.name }, spec };
          await tenant.site.apply([resourceSchema.parse(object)]);
        },
      });
      await lane.refuses('SEQUENCE_REPLAYED', first);
      const artifact = await lane.release('evil');
      await lane.promote(artifact, { sequence: 2 });
      await lane.refuses('EQUIVOCATION', artifact);
      await lane.deliver('third', { sequence: 3 });
    },
    'a record that is deleted under a running puller': async (open, tenant) => {
      const lane = await open();
      const { first, record } = await twoOf(lane);
      await tenant.remove(recordPathOf(record));
      await lane.refuses('SEQUENCE_REPLAYED', first);
      await lane.deliver('third');
    },
    'replay with records and volume gone: minSequence holds': async (open, tenant) => {
      const lane = await open();
      const { first, record } = await twoOf(lane);
      await lane.setPolicy({ promotion: channel({}, { minSequence: 2 }) });
      await tenant.restartPuller('SIGTERM', {
        flags: [],
        meanwhile: () => tenant.remove(recordPathOf(record)),
      });
      await lane.refuses('SEQUENCE_REPLAYED', first);
      await lane.corrects();
      await tenant.restartPuller('SIGTERM', { flags: flags(tenant.site.plane.directory) });
      await lane.deliver('third');
    },
    'replay after a re-install with a new volume: the records hold': async (open, tenant) => {
      const lane = await open();
      const { first } = await twoOf(lane);
      await lane.show(first);
      await tenant.restartPuller('SIGKILL', {
        meanwhile: async () => {
          await removeOwnRecords(tenant);
          await rm(stateFolder(tenant.site.plane.directory), { recursive: true });
        },
      });
      const { digest } = first.descriptor;
      await lane.until('the refusal', ({ status }) => {
        return status?.candidate?.reason === 'SEQUENCE_REPLAYED' && status.candidate.digest === digest;
      });
      assert.equal(await lane.live(), 'second');
      await lane.deliver('third');
    },
    'a state file that can not be read': async (open, tenant) => {
      const lane = await open();
      const { first, record } = await twoOf(lane);
      const file = stateFileOf(tenant, record);
      assert.equal(JSON.parse(await readFile(file, 'utf8')).sequence, 2);
      for (const text of ['', '{"sequence":1}']) {
        await tenant.restartPuller('SIGTERM', { meanwhile: () => writeFile(file, text) });
        const next = await lane.release(`next ${text.length}`);
        await lane.promote(next);
        await lane.refuses('POLICY_INVALID', next);
        await lane.refuses('POLICY_INVALID', first);
      }
      await lane.corrects();
      await tenant.restartPuller('SIGTERM', { meanwhile: () => rm(file) });
      await lane.refuses('SEQUENCE_REPLAYED', first);
      await lane.deliver('last');
    },
    'a clock that was set back': async (open, tenant) => {
      const lane = await open({ promotion: { expiresAt: timeFromNow(3600) } });
      const record = await lane.record();
      assert.ok(record !== undefined);
      // The cluster has seen a statement of tomorrow: whatever its clock says, it is not earlier now.
      await tenant.patch(recordPathOf(record), { spec: { issuedAt: timeFromNow(86_400) } });
      await lane.look();
      const overdue = await lane.until(
        'the alarm',
        (found) => conditionOf(found, 'Fresh')?.status === 'False',
      );
      assert.equal(conditionOf(overdue, 'Ready')?.status, 'True');
      await lane.corrects();
      const next = await lane.release('overdue');
      await lane.promote(next, { expiresAt: timeFromNow(7200) });
      await lane.refuses('STATEMENT_EXPIRED', next);
      await tenant.restartPuller('SIGTERM', { meanwhile: () => tenant.remove(recordPathOf(record)) });
      await lane.deliver('good', { expiresAt: timeFromNow(2 * 86_400) });
    },
    'an epoch that goes back': async (open) => {
      const lane = await open({
        policy: { promotion: channel({}, { epoch: 2 }) },
        promotion: { epoch: 2 },
      });
      const older = await lane.release('older');
      await lane.promote(older, { epoch: 1, sequence: 900 });
      await lane.refuses('WRONG_EPOCH', older);
      await lane.setPolicy({ promotion: channel({}, { epoch: 1 }) });
      await lane.look();
      await lane.until('the refusal', ({ status }) => status?.candidate?.reason === 'SEQUENCE_REPLAYED');
      await lane.setPolicy({ promotion: channel({}, { epoch: 3 }) });
      const next = await lane.release('next');
      await lane.promote(next, { epoch: 3, sequence: 1 });
      await lane.show(next);
      await lane.look();
      await lane.untilApplied(next, 'next');
    },
    'a local rollback: not by itself, then by leave, until the next sequence': async (open) => {
      const lane = await open();
      const first = await lane.store.resolve('prod');
      await deliverAfter(lane);
      await isNotRolledBack(lane, 2, /localRollback is Never/u);
      await lane.setPolicy({ promotion: channel({}, { localRollback: 'Previous' }) });
      const back = await lane.untilApplied(first, 'first');
      assert.equal(conditionOf(back, 'RolledBackLocally')?.status, 'True');
      await lane.corrects();
      assert.equal((await lane.record())?.spec.sequence, 2, 'the memory does not go back');
      await lane.tenant.restartPuller('SIGKILL');
      await lane.look();
      await lane.corrects();
      const third = await lane.deliver('third');
      assert.equal((await lane.record())?.metadata.annotations?.[localRollbackAnnotation], undefined);
      const after = await lane.untilApplied(third, 'third');
      assert.equal(conditionOf(after, 'RolledBackLocally'), undefined);
    },
    'a local rollback from a rollback, to the unknown, and of another sequence': async (open) => {
      const policy = { promotion: channel({}, { localRollback: 'Previous' }) };
      const lane = await open({ policy });
      await deliverAfter(lane, { action: 'rollback' });
      await isNotRolledBack(lane, 2, /is a rollback itself/u);
      const strange = await open({ policy });
      const digest = `sha256:${'0'.repeat(64)}`;
      const second = await strange.deliver('second', { previous: { sequence: 1, digest } });
      await askForRollback(strange, 1);
      const { status } = await strange.look();
      assert.equal(status?.lastAppliedRevision, `prod@${second.descriptor.digest}`);
      assert.equal(status.verification?.warnings, undefined);
      await isNotRolledBack(strange, 2, /never seen healthy here/u);
    },
    'a local rollback to what is denied': async (open) => {
      const lane = await open({ policy: { promotion: channel({}, { localRollback: 'Previous' }) } });
      const { digest } = (await lane.store.resolve('prod')).descriptor;
      await deliverAfter(lane);
      await lane.setPolicy({ deniedDigests: [digest] });
      await isNotRolledBack(lane, 2, /DIGEST_DENIED/u);
    },
    '--allow-unverified: without a policy, never against one': async (open, tenant) => {
      const lane = await open();
      await tenant.restartPuller('SIGTERM', { flags: ['--allow-unverified'] });
      const artifact = await lane.push('unsigned');
      await lane.refuses('SIGNATURE_MISSING', artifact);
      await tenant.remove(policyPath(lane.name));
      await lane.look();
      const { status } = await lane.untilApplied(artifact, 'unsigned');
      assert.deepEqual(status?.verification?.policies, []);
      // For another namespace it is no policy of this one.
      const spec = {
        match: [{ url: lane.url, namespaces: ['elsewhere'] }],
        authorities: await keysOf('ci'),
        signatures: { authorities: ['ci'] },
      };
      const policy = { apiVersion, kind: 'TrustPolicy', metadata: { name: lane.name }, spec };
      await tenant.site.apply([resourceSchema.parse(policy)]);
      await tenant.restartPuller('SIGTERM', { flags: flags(tenant.site.plane.directory) });
      await lane.until('the refusal', (found) => found.status?.candidate?.reason === 'POLICY_MISSING');
      await lane.leavesAlone();
    },
  },
  { concurrency: 1, flags },
);

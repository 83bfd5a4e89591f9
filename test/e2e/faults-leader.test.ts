// Two pullers and one lease: whoever has lost it, frozen or cut off, writes nothing more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../control-plane/wait.ts';
import { readAuditTrail, writesWithoutLease } from '../helpers/chaos/audit-trail.ts';
import { withFaultSite } from '../helpers/chaos/fault-site.ts';
import { formatMark, isObjectOf, marksIn, olderOverNewer } from '../helpers/chaos/marks.ts';
import { configMapOf } from './bed.ts';

const timeoutMs = 20_000;
/** More than are sent at once: the others wait in the client's queue. */
const count = 80;

test('a leader that was frozen or cut off writes nothing once another leads', async (t) => {
  await withFaultSite(async ({ site, addPuller, bed: openBed, history }) => {
    const flags = ['--lease-duration', '3s'];
    const first = await addPuller({ identity: 'first', flags });
    const bed = await openBed('leader', { isPromoted: true });
    const names = Array.from({ length: count }, (_, index) => `m-${index}`);
    const release = (number: number): Promise<unknown> =>
      bed.publish(
        names.map((name) =>
          bed.configMap(name, { value: formatMark({ kind: 'good', lane: 'leader', number }) }),
        ),
      );
    const countOf = (number: number): number => {
      const latest = new Map(history.stored().map(({ key, text = '' }) => [key, text]));
      return names.filter((name) =>
        marksIn(latest.get(`configmaps/leader/${name}`) ?? '').some(
          (mark) => mark.kind === 'good' && mark.number === number,
        ),
      ).length;
    };
    const untilAll = (number: number): Promise<void> =>
      waitUntil(async () => countOf(number) === count, { what: `artifact ${number} everywhere`, timeoutMs });
    const leads = async (slot: typeof first, times: number): Promise<void> =>
      waitUntil(
        async () =>
          (await slot.log()).filter(({ message }) => message === 'following Deliveries').length >= times,
        { what: `${slot.identity} to lead`, timeoutMs },
      );
    const assertDisciplined = async (): Promise<void> => {
      const credentials = [first, second].map(({ credentialId }) => credentialId);
      const strays = writesWithoutLease(await readAuditTrail(site.plane.auditLogFile), credentials);
      assert.deepEqual(strays, []);
      const stored = history.stored().filter(({ key }) => isObjectOf(key, ['leader']));
      assert.deepEqual(olderOverNewer(stored, { leader: [1, 2, 3] }), []);
      history.assertWhole();
    };
    const follow = async (): Promise<void> => {
      await release(1);
      await bed.follow();
      await untilAll(1);
    };
    await follow();
    const second = await addPuller({ identity: 'second', flags });

    await t.test('frozen in the middle of many corrections', async () => {
      first.proxy.slow(150);
      await Promise.all(names.map((name) => bed.edit(configMapOf(name), { data: { value: 'spoiled' } })));
      await waitUntil(async () => countOf(1) > 0, { what: 'the first corrections', timeoutMs });
      first.freeze();
      assert.ok(countOf(1) < count, 'some were to be left');
      await leads(second, 1);
      await release(2);
      await bed.annotate({ 'reconcile.sealift.dev/requestedAt': 'second' });
      await untilAll(2);
      const starts = first.starts();
      first.thaw();
      await waitUntil(async () => first.starts() > starts, {
        what: 'the end of the former leader',
        timeoutMs,
      });
      first.proxy.mend();
      await bed.look();
      assert.equal(countOf(2), count);
      await assertDisciplined();
    });

    await t.test('cut off from the API server', async () => {
      const starts = second.starts();
      second.proxy.cut();
      await leads(first, 2);
      await release(3);
      await bed.annotate({ 'reconcile.sealift.dev/requestedAt': 'third' });
      await untilAll(3);
      await waitUntil(async () => second.starts() > starts, {
        what: 'the end of the former leader',
        timeoutMs,
      });
      second.proxy.mend();
      await bed.edit(configMapOf('m-0'), { data: { value: 'spoiled' } });
      await untilAll(3);
      await assertDisciplined();
    });
  });
});

// A puller that is killed at every point of its work, each time while a promoted artifact replaces another: what left
// goes, what stays stays, nothing falls back, whatever it was about to do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../control-plane/wait.ts';
import type { Stored } from '../helpers/chaos/etcd-history.ts';
import { withFaultSite } from '../helpers/chaos/fault-site.ts';
import { formatMark, isObjectOf, marksIn, olderOverNewer } from '../helpers/chaos/marks.ts';

const timeoutMs = 20_000;
const lane = 'kill';
const count = 50;

/** Moments to kill at: what was stored last. `seen` holds what was stored since the artifact was shown. */
const moments: Readonly<Record<string, (seen: readonly Stored[]) => boolean>> = {
  'once the promotion is remembered': (seen) =>
    seen.some(({ key }) => key.startsWith('sealift.dev/promotionrecords/')),
  'once what is begun is recorded': (seen) => seen.some(isRecord),
  'after the first object': (seen) => seen.some(isObject),
  'in the middle of the objects': (seen) => seen.filter(isObject).length >= count / 2,
  'after the first deletion': (seen) => seen.some(isDeletion),
  'in the middle of the deletions': (seen) => seen.filter(isDeletion).length >= count / 4,
  'once everything is recorded': (seen) => seen.some(isDeletion) && seen.slice(-1).some(isRecord),
};

const isRecord = ({ key }: Stored): boolean => key.startsWith('secrets/sealift-system/sealift-records-');
const isObject = ({ key, text }: Stored): boolean => isObjectOf(key, [lane]) && text !== undefined;
const isDeletion = ({ key, text }: Stored): boolean => isObjectOf(key, [lane]) && text === undefined;

test('a puller that is killed at any point goes on where it was', async (t) => {
  await withFaultSite(async ({ bed: openBed, addPuller, history }) => {
    const slot = await addPuller({ identity: 'killed' });
    // Time to strike between two requests.
    slot.proxy.slow(5);
    const bed = await openBed(lane, { isPromoted: true });
    let number = 0;
    let wanted: readonly string[] = [];
    const show = async (): Promise<void> => {
      number += 1;
      const value = formatMark({ kind: 'good', lane, number });
      // Half of the objects leave with each artifact, and as many come.
      wanted = Array.from({ length: count }, (_, index) => `m-${index + (number * count) / 2}`);
      await bed.publish(wanted.map((name) => bed.configMap(name, { value })));
    };
    const isConverged = (): boolean => {
      const latest = new Map(history.stored().map(({ key, text }) => [key, text]));
      const held = [...latest].filter(
        ([key, text]) => key.startsWith(`configmaps/${lane}/m-`) && text !== undefined,
      );
      const areRight = held.every(([, text = '']) => marksIn(text).some((mark) => mark.number === number));
      const names = held.map(([key]) => key.split('/').at(-1) ?? '').toSorted();
      return areRight && names.join() === [...wanted].toSorted().join();
    };
    const untilConverged = (): Promise<void> =>
      waitUntil(async () => isConverged(), { what: `artifact ${number} and nothing else`, timeoutMs });

    await show();
    await bed.follow();
    await untilConverged();
    const owned = await bed.get({ apiVersion: 'v1', kind: 'ConfigMap', name: wanted[0] ?? '' });
    const { labels, annotations } = owned?.metadata ?? {};
    await bed.apply(bed.configMap('bystander', { theirs: 'yes' }, { labels, annotations }));

    for (const [moment, hasCome] of Object.entries(moments)) {
      await t.test(moment, async () => {
        const from = history.stored().length;
        await show();
        await bed.annotate({ 'reconcile.sealift.dev/requestedAt': `${number}` });
        const deadlineMs = performance.now() + timeoutMs;
        // Nothing tells sooner: a poll of 50 ms would come too late.
        while (!hasCome(history.stored().slice(from))) {
          assert.ok(performance.now() < deadlineMs, 'the moment did not come');
          await new Promise((resolve) => setImmediate(resolve));
        }
        await slot.kill('SIGKILL');
        await slot.release();
        await untilConverged();
        const { status } = await bed.until('a promotion that is Ready', (delivery) => {
          const { promotion, lastAppliedRevision } = delivery.status ?? {};
          return (
            promotion?.sequence === number && lastAppliedRevision === delivery.status?.artifact?.revision
          );
        });
        assert.equal(status?.resources, count);
      });
    }
    const timeline = Array.from({ length: number }, (_, index) => index + 1);
    const objects = history.stored().filter(({ key }) => isObjectOf(key, [lane]));
    assert.deepEqual(olderOverNewer(objects, { [lane]: timeline }), []);
    const touched = history.stored().filter(({ key }) => key === `configmaps/${lane}/bystander`);
    assert.equal(touched.length, 1, "somebody else's object that copies our marks is left alone");
    history.assertWhole();
  });
});

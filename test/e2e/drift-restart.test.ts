// What a restart must not forget of drift: what is left to others, what is held, what is only told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTransport } from '../../src/registry/transport.ts';
import type { ServerProcess } from '../control-plane/server-process.ts';
import { withTempDir } from '../helpers/temp.ts';
import { startSite } from '../site/site.ts';
import { autoscaler, autoscalerOf, scale } from './autoscaler.ts';
import { configMapOf, deploymentOf, openBed, type Bed, type BedOptions } from './bed.ts';
import { conditionOf } from './tenant.ts';

type House = {
  readonly open: (name: string, options?: BedOptions) => Promise<Bed>;
  /** Runs something while no puller does. */
  readonly whileDown: (run: () => Promise<void>) => Promise<void>;
};

async function withHouse(run: (house: House) => Promise<void>): Promise<void> {
  const transport = createTransport();
  await withTempDir(async (directory) => {
    const site = await startSite({ directory });
    try {
      let puller: ServerProcess = await site.startPuller();
      const ground = { site, transport, puller: () => puller };
      await run({
        open: (name, options) => openBed(ground, name, options),
        whileDown: async (act) => {
          await puller.stop();
          await act();
          puller = await site.startPuller();
        },
      });
    } finally {
      await site.stop();
      transport.close();
    }
  });
}

async function repairsIn(bed: Bed): Promise<readonly string[]> {
  return (await bed.events()).filter((event) => event.startsWith('DriftCorrected'));
}

test('a restart and drift', async (t) => {
  await withHouse(async ({ open, whileDown }) => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const [corrected, ignored, warned, held, scaled] = await Promise.all([
      open('corrected'),
      open('ignored', { delivery: { ignore: [{ paths: ['/data/theirs'] }] } }),
      open('warned', { delivery: { driftMode: 'Warn' } }),
      open('held', {
        delivery: { holds: [{ target: { kind: 'ConfigMap', name: 'settings' }, until, reason: 'why' }] },
      }),
      open('scaled', { delivery: { wait: false } }),
    ]);
    for (const bed of [corrected, ignored, warned, held])
      await bed.deliver([bed.configMap('settings', { mode: 'safe', theirs: '1' })]);
    await scaled.deliver([scaled.deployment('web', { replicas: 2 })]);
    await scaled.apply(autoscaler(scaled, 'web'));
    const held0 = await held.untilCondition('Held', 'True', 'why');
    await whileDown(async () => {
      const edited = { data: { mode: 'theirs' } };
      for (const bed of [corrected, warned, held])
        await bed.edit(configMapOf('settings'), edited, { manager: 'kubectl-edit' });
      await ignored.edit(configMapOf('settings'), { data: { theirs: '2' } });
      await scale(scaled, 'web', 5);
      await held.publish([held.configMap('settings', { mode: 'safer' })]);
    });

    await t.test('what changed meanwhile is corrected, with its fields and who changed them', async () => {
      await corrected.untilEvent(
        /^DriftCorrected: ConfigMap \S+ was changed \(\.data\.mode\) by kubectl-edit/u,
      );
      await corrected.untilObject(
        configMapOf('settings'),
        'as it was',
        ({ data }) => data?.['mode'] === 'safe',
      );
    });

    await t.test('an ignored field is left to others, and no repair is told', async () => {
      await ignored.look();
      assert.equal((await ignored.get(configMapOf('settings')))?.data?.['theirs'], '2');
      await ignored.edit(configMapOf('settings'), { data: { mode: 'theirs' } });
      const { data } = await ignored.untilObject(
        configMapOf('settings'),
        'as it was',
        (found) => found.data?.['mode'] === 'safe',
      );
      assert.equal(data?.['theirs'], '2');
      await ignored.untilEvent('DriftCorrected');
      const repairs = await repairsIn(ignored);
      assert.deepEqual([repairs.length, repairs[0]?.includes('(.data.mode)')], [1, true]);
    });

    await t.test('Warn names the fields', async () => {
      await warned.untilCondition('Drifted', 'True', 'was changed (.data.mode) by kubectl-edit');
      assert.equal((await warned.get(configMapOf('settings')))?.data?.['mode'], 'theirs');
    });

    await t.test('a hold goes on, with the same end, and the update waits', async () => {
      await held.look();
      const again = await held.untilCondition('Held', 'True', 'an update of it waits');
      assert.equal((await held.get(configMapOf('settings')))?.data?.['mode'], 'theirs');
      const endOf = (delivery: typeof again): string | undefined =>
        /until (\S+?Z)/u.exec(conditionOf(delivery, 'Held')?.message ?? '')?.[1];
      assert.equal(endOf(again), endOf(held0));
      assert.equal((await held.events()).filter((event) => event.startsWith('HoldBegun')).length, 1);
    });

    await t.test('replicas stay an autoscaler’s, and come back when it went meanwhile', async () => {
      await scaled.look();
      assert.equal((await scaled.get(deploymentOf('web')))?.spec?.['replicas'], 5);
      await whileDown(() => scaled.remove(autoscalerOf('web')));
      await scaled.untilObject(deploymentOf('web'), 'as it was', ({ spec }) => spec?.['replicas'] === 2);
    });

    await t.test('the held update is applied when the hold is released', async () => {
      await held.setSpec({ holds: [] });
      await held.untilObject(configMapOf('settings'), 'updated', ({ data }) => data?.['mode'] === 'safer');
    });
  });
});

import assert from 'node:assert/strict';
import * as z from 'zod';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf, type Bed } from '../e2e/bed.ts';
import { sealift, type Finished } from '../helpers/cli.ts';

const heldSchema = z.object({
  delivery: z.string(),
  target: z.object({ name: z.string() }),
  reason: z.string(),
});

export const behaviour = behaviourOf(
  'sealift hold holds an object, lists what is held, and releases it',
  async (open) => {
    const bed = await open();
    await bed.deliver([bed.configMap('settings', { mode: 'safe' })]);
    await bed.apply(bed.configMap('stranger', {}));
    const [missing, foreign, gone] = await Promise.all([
      hold(bed, 'configmap/settings', '--for', '1h'),
      hold(bed, 'configmap/stranger', '--for', '1h', '--reason', 'x'),
      hold(bed, 'configmap/nothing', '--for', '1h', '--reason', 'x'),
    ]);
    assert.deepEqual([missing.code, codeIn(missing)], [3, 'INPUT_MISSING'], 'a reason is needed');
    assert.deepEqual([foreign.code, codeIn(foreign)], [3, 'INPUT_INVALID'], 'no Delivery keeps it');
    assert.deepEqual([gone.code, codeIn(gone)], [6, 'KUBE_NOT_FOUND']);
    const done = await hold(bed, 'ConfigMap/settings', '--for', '1h', '--reason', 'incident 4711');
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(heldSchema.parse(JSON.parse(done.stdout)), {
      delivery: `${bed.name}/app`,
      target: { name: 'settings' },
      reason: 'incident 4711',
    });
    await bed.untilEvent(
      /^HoldBegun: ConfigMap \S+settings is not corrected until .*, by sealift-hold \S+: incident 4711/u,
    );
    await bed.edit(configMapOf('settings'), { data: { mode: 'theirs' } });
    await bed.untilCondition('Drifted', 'True', 'incident 4711');
    const listed = await hold(bed, '--list');
    assert.match(listed.stdout, /"holds":\[\{"delivery":"\S+\/app".*"reason":"incident 4711"/u);
    const released = await hold(bed, 'configmaps/settings', '--release');
    assert.equal(released.code, 0, released.stderr);
    await bed.untilObject(configMapOf('settings'), 'as it was', ({ data }) => data?.['mode'] === 'safe');
  },
);

function hold({ site, name }: Bed, ...args: readonly string[]): Promise<Finished> {
  const { adminKubeconfig, directory } = site.plane;
  return sealift(['hold', ...args, '-n', name, '--kubeconfig', adminKubeconfig, '-o', 'json'], {
    cwd: directory,
  });
}

function codeIn({ stdout }: Finished): string {
  return z.object({ error: z.object({ code: z.string() }) }).parse(JSON.parse(stdout)).error.code;
}

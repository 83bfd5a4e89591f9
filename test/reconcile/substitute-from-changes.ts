import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';
import { configMapOf } from '../e2e/bed.ts';

export const behaviour = behaviourOf(
  'a changed value applies anew, an unchanged one costs no write, and one that is gone takes nothing away',
  async (open) => {
    const bed = await open();
    const metadata = { name: 'site', namespace: bed.name };
    const secret = (password: string): object => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      stringData: { password, unused: `${password}-more` },
    });
    await bed.apply(secret('first-word'));
    await bed.publish([bed.configMap('settings', { login: 'ann:${password}' }), bed.configMap('other', {})]);
    await bed.follow({ postBuild: { substituteFrom: [{ kind: 'Secret', name: 'site' }] } });
    const applied = async (): Promise<number> =>
      (await bed.requests()).filter(
        ({ stage, verb, objectRef }) =>
          stage === 'ResponseComplete' && verb === 'patch' && objectRef?.name === 'settings',
      ).length;
    const untilLogin = (login: string): Promise<unknown> =>
      bed.untilObject(configMapOf('settings'), login, ({ data }) => data?.['login'] === login);
    await untilLogin('ann:first-word');
    await bed.untilCondition('Ready', 'True', '');
    assert.equal(await applied(), 1);
    await bed.look();
    assert.equal(await applied(), 1);

    await bed.apply(secret('second-word'), { force: true });
    await bed.look();
    await untilLogin('ann:second-word');
    assert.equal(await applied(), 2);

    await bed.remove({ apiVersion: 'v1', kind: 'Secret', name: 'site' });
    await bed.look();
    await bed.untilCondition('Ready', 'True', '');
    await bed.untilCondition('SourceVerified', 'Unknown', 'INPUT_MISSING');
    await bed.edit(configMapOf('settings'), { data: { login: 'theirs' } });
    await untilLogin('ann:second-word');
    assert.ok((await bed.get(configMapOf('other'))) !== undefined);

    const told = JSON.stringify([await bed.delivery(), await bed.events(), await bed.puller().readLog()]);
    assert.ok(!told.includes('first-word') && !told.includes('second-word'));
  },
);

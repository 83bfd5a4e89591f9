import assert from 'node:assert/strict';
import { behaviourOf } from '../e2e/behaviour.ts';

export const behaviour = behaviourOf(
  'what the API server quotes of a Secret’s variable gets into no condition, Event or log',
  async (open) => {
    const bed = await open();
    const metadata = { name: 'site', namespace: bed.name };
    const stringData = { word: 'Open "Sesame"', other: 'and-quite-another\nline two' };
    await bed.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData });
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', labels: { word: '${word}', other: '${other^^}' } },
      spec: { type: '${word}', ports: [{ port: 80, name: '${other:4}' }] },
    };
    await bed.publish([{ ...bed.deployment('web'), spec: { replicas: '${word}' } }, service]);
    await bed.follow({ postBuild: { substituteFrom: [{ kind: 'Secret', name: 'site' }] } });
    await bed.untilCondition('Ready', 'False', 'APPLY_FAILED');
    await bed.look();
    const delivery = await bed.delivery();
    const told = JSON.stringify([delivery, await bed.events(), await bed.puller().readLog()]);
    assert.match(told, /…/u);
    assert.ok(!/sesame|quite-another|line two/iu.test(told), told);
  },
);

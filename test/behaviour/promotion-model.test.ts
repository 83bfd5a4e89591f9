// Promotions, rollbacks, heartbeats, attacks, races, outages and forgetting in random order: the tool and the puller do
// what the reference model in test/helpers/promotion-model says, and never what docs/promotion.md rules out.
// The order is the same in every run; `SEALIFT_SEED=N` asks for another, `SEALIFT_RUNS=N` for more or less of it. What
// fails is printed shrunk, with the seed; the same seed and the same number of runs come to the same failure.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/request.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { startControlPlaneFor } from '../control-plane/control-plane.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { createRecordsServer } from '../helpers/memory-records.ts';
import { newModel } from '../helpers/promotion-model/cluster.ts';
import { createRecords } from '../helpers/promotion-model/records.ts';
import { startSession, usePromote, type Tally } from '../helpers/promotion-model/session.ts';
import { pick } from '../helpers/promotion-model/step.ts';
import { allSteps, expectedTally } from '../helpers/promotion-model/steps.ts';
import { publishNext } from '../helpers/promotion-model/tool-steps.ts';
import { withTempDir } from '../helpers/temp.ts';
import { noon } from '../helpers/times.ts';
import { readObjects } from '../site/site.ts';

const { SEALIFT_SEED: otherSeed, SEALIFT_RUNS: otherRuns } = process.env;
const seed = Number(otherSeed ?? 4);
const runs = Number(otherRuns ?? 120);
/** Another order may be without what is rare. */
const isOtherOrder = otherSeed !== undefined || otherRuns !== undefined;

/** Each run begins with two releases, the first of them promoted. */
async function runModel(client: () => Promise<KubeClient>, numRuns: number): Promise<Tally> {
  const tally: Tally = new Map();
  await withTempDir(async (folder) => {
    let number = 0;
    const commands = fc.commands(allSteps, { maxCommands: 80, size: 'max' });
    const property = fc.asyncProperty(commands, async (steps) => {
      number += 1;
      const model = newModel(noon);
      const session = await startSession(await client(), join(folder, `${number}`), tally);
      await publishNext(model, session, 'release');
      await publishNext(model, session, 'release');
      await usePromote(model, session, { by: 'alice', from: pick(model.artifacts, 0) });
      await fc.asyncModelRun(() => ({ model, real: session }), steps);
    });
    await fc.assert(property, { seed, numRuns });
  });
  return tally;
}

suite('promotion follows its reference model', () => {
  test('over thousands of commands, with all that can be refused among them', async () => {
    const tally = await runModel(async () => createRecordsServer(), runs);
    if (isOtherOrder) return;
    const missing = expectedTally.filter((what) => !tally.has(what));
    assert.deepEqual(missing, [], 'seen in no run');
  });

  test('with the records of a real API server', async (t) => {
    const plane = await startControlPlaneFor(t, { controllerManager: false });
    const config = await loadKubeconfig(plane.adminKubeconfig);
    const client = createKubeClient({ config, now: () => performance.now(), random: Math.random });
    try {
      await installCrds(client);
      const emptied = async (): Promise<KubeClient> => {
        await createRecords(client).remove();
        return client;
      };
      const tally = await runModel(emptied, Math.ceil(runs / 10));
      if (isOtherOrder) return;
      assert.ok((tally.get('look accepted') ?? 0) > 5, 'something was accepted');
      assert.ok(tally.has('step LowerRecord') && tally.has('step RestoreEtcd'), 'records were written');
    } finally {
      client.close();
    }
  });
});

/** Returns when the records are served. */
async function installCrds(client: KubeClient): Promise<void> {
  const kind = {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    plural: 'customresourcedefinitions',
    namespaced: false,
  };
  for (const body of await readObjects(join(import.meta.dirname, '../../puller/deploy/crds.yaml'))) {
    const path = resourcePath(kind, undefined, body.metadata.name);
    await client.request({ method: 'PATCH', path, query: { fieldManager: 'admin', force: 'true' }, body });
  }
  const list = { method: 'GET', path: '/apis/sealift.dev/v1alpha1/promotionrecords' } as const;
  await waitUntil(async () => (await client.request(list)).status === 200, {
    what: 'PromotionRecords to be served',
    timeoutMs: 60_000,
  });
}

// Autoscalers of somebody else, by a watch whose lines a test gives: whom it is kept for, whatever comes first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAutoscalers, type Scaled } from '../../../../puller/reconcile/autoscalers.ts';
import type { ResourceKind } from '../../../../src/kube/discovery.ts';
import type { KubeClient } from '../../../../src/kube/request.ts';
import { identityKey } from '../../../../src/resources/resource.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';
import { settleTurns } from '../../../helpers/keepers.ts';

const kind: ResourceKind = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
  verbs: ['list', 'watch'],
};

function scaledOf(name: string): Scaled {
  const identity = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name };
  return { key: identityKey(identity), identity, account: undefined };
}

/** One autoscaler, which targets Deployment `two`; then the end of what there is. */
const lines = [
  {
    type: 'ADDED',
    object: {
      metadata: { name: 'two', namespace: 'shop', uid: 'uid', resourceVersion: '5' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'two' } },
    },
  },
  {
    type: 'BOOKMARK',
    object: { metadata: { resourceVersion: '7', annotations: { 'k8s.io/initial-events-end': 'true' } } },
  },
];

/** Tells what there is once the gate opens, and then nothing more. */
function makeClient(gate: Promise<void>): { readonly client: KubeClient; readonly open: () => number } {
  let count = 0;
  const client: KubeClient = {
    ...answeringClient(() => assert.fail('nothing is asked')),
    openStream: async ({ signal }) => {
      count += 1;
      const ended = new Promise<void>((resolve) =>
        signal?.addEventListener('abort', () => {
          count -= 1;
          resolve();
        }),
      );
      return { status: 200, headers: {}, body: tell(gate, ended), close: () => undefined };
    },
  };
  return { client, open: () => count };
}

async function* tell(gate: Promise<void>, ended: Promise<void>): AsyncGenerator<Buffer> {
  await gate;
  for (const line of lines) yield Buffer.from(`${JSON.stringify(line)}\n`);
  await ended;
}

test('the watch goes on for an object that came in the turn in which another one left', async () => {
  for (let turns = 0; turns < 60; turns += 1) {
    const gate = Promise.withResolvers<void>();
    const { client, open } = makeClient(gate.promise);
    let second: PromiseWithResolvers<void> | undefined;
    const find = async (): Promise<ResourceKind> => {
      await second?.promise;
      return kind;
    };
    const ending = new AbortController();
    const autoscalers = createAutoscalers({
      client,
      discovery: { find, list: async () => [kind], invalidate: () => undefined },
      onChanged: () => undefined,
      onBroken: (error) => assert.fail(String(error)),
      signal: ending.signal,
    });
    const first = autoscalers.targets(scaledOf('one'));
    await settleTurns();
    second = Promise.withResolvers<void>();
    const other = autoscalers.targets(scaledOf('two'));
    gate.resolve();
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    second.resolve();
    assert.deepEqual([await first, await other], [false, true]);
    await settleTurns();
    assert.equal(open(), 1, `nothing tells of changes where the second one came ${turns} turns later`);
    autoscalers.drop(scaledOf('two').key);
    await settleTurns();
    assert.equal(open(), 0);
    ending.abort();
  }
});

// Leader election on a real API server: one leader at a time, takeover after release and after expiry, and a leader
// that stops by itself when it can't renew.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';

import { loadKubeconfig } from '../../src/kube/kubeconfig.ts';
import { type HeldLease, runWithLease } from '../../src/kube/lease.ts';
import { type KubeClient, createKubeClient } from '../../src/kube/request.ts';
import { startControlPlaneFor } from '../control-plane/control-plane.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { startLine } from '../unit/kube/line.ts';

const now = (): number => performance.now();
const leaseDurationMs = 2000;

type Candidate = {
  /** Moments of `acquired` and `lost`, in milliseconds of `now`. */
  readonly history: { readonly what: 'acquired' | 'lost'; readonly atMs: number }[];
  leads(): boolean;
  /** Stops cleanly and waits for the release. */
  stop(): Promise<void>;
};

function stand(t: TestContext, client: KubeClient, name: string, identity: string): Candidate {
  const stopping = new AbortController();
  const history: Candidate['history'] = [];
  let held: HeldLease | undefined;
  const done = runWithLease(client, {
    namespace: 'default',
    name,
    identity,
    leaseDurationMs,
    renewMs: 200,
    retryMs: 100,
    now,
    date: () => new Date(),
    onAcquired(lease) {
      held = lease;
      history.push({ what: 'acquired', atMs: now() });
    },
    onLost() {
      held = undefined;
      history.push({ what: 'lost', atMs: now() });
    },
    signal: stopping.signal,
  });
  const stop = async (): Promise<void> => {
    stopping.abort();
    await done;
  };
  t.after(stop);
  return { history, leads: () => held?.isHeld() === true, stop };
}

function until(condition: () => boolean, what: string): Promise<void> {
  return waitUntil(() => Promise.resolve(condition()), { what, timeoutMs: 30_000 });
}

test('leader election on a real API server', async (t) => {
  const plane = await startControlPlaneFor(t, { controllerManager: false });
  const config = await loadKubeconfig(plane.adminKubeconfig);
  const makeClient = (t: TestContext, way = config): KubeClient => {
    const client = createKubeClient({ config: way, now, random: Math.random });
    t.after(() => client.close());
    return client;
  };

  await t.test('the second leads as soon as the first has released', async (t) => {
    const client = makeClient(t);
    const first = stand(t, client, 'released', 'first');
    await until(first.leads, 'the first to lead');
    const second = stand(t, client, 'released', 'second');
    const { body } = await client.request({ method: 'GET', path: leasePath('released') });
    assert.match(JSON.stringify(body), /"holderIdentity":"first"/u);
    await first.stop();
    const stoppedMs = now();
    assert.deepEqual(
      first.history.map(({ what }) => what),
      ['acquired', 'lost'],
    );
    await until(second.leads, 'the second to lead');
    assert.ok((second.history[0]?.atMs ?? 0) - stoppedMs < leaseDurationMs);
    await second.stop();
    assert.match(
      JSON.stringify((await client.request({ method: 'GET', path: leasePath('released') })).body),
      /"holderIdentity":""/u,
    );
  });

  await t.test('a leader that loses its connection stops before the second leads', async (t) => {
    const line = await startLine(t, [config]);
    const first = stand(t, makeClient(t, line.config), 'expired', 'first');
    await until(first.leads, 'the first to lead');
    const second = stand(t, makeClient(t), 'expired', 'second');
    line.silence();
    await until(() => first.history.length === 2, 'the first to stop');
    assert.equal(first.leads(), false);
    assert.equal(second.leads(), false);
    await until(second.leads, 'the second to lead');
    assert.ok((second.history[0]?.atMs ?? 0) > (first.history[1]?.atMs ?? Infinity));
    assert.ok((first.history[1]?.atMs ?? 0) - (first.history[0]?.atMs ?? 0) > leaseDurationMs / 2);
    line.mend();
    await second.stop();
    await until(first.leads, 'the first to lead again');
  });

  await t.test('of many who want it exactly one leads', async (t) => {
    const candidates = Array.from({ length: 5 }, (_, index) =>
      stand(t, makeClient(t), 'many', `candidate-${index}`),
    );
    for (let round = 0; round < 3; round += 1) {
      await until(() => candidates.some((candidate) => candidate.leads()), 'a leader');
      const leaders = candidates.filter((candidate) => candidate.leads());
      assert.equal(leaders.length, 1);
      await leaders[0]?.stop();
    }
    const all = candidates
      .flatMap(({ history }) => history)
      .toSorted((left, right) => left.atMs - right.atMs);
    for (const [index, { what }] of all.entries()) assert.equal(what, index % 2 === 0 ? 'acquired' : 'lost');
  });
});

function leasePath(name: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/default/leases/${name}`;
}

// The store of records against a model: random writes, removals, outages, lost answers and kills, over many restarts.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createRandom } from '../../../../bench/cluster/random.ts';
import { emptyRecord } from '../../../../puller/reconcile/record.ts';
import { createRecordStore } from '../../../../puller/reconcile/record-store.ts';
import { KubeError } from '../../../../src/errors.ts';
import { pullerLimits } from '../../../../src/limits.ts';
import { serveSecrets } from '../../../helpers/secret-server.ts';

const runs = 20;
const lives = 6;
const owners = Array.from({ length: 12 }, (_, index) => `o${index}`);
const { segmentBytes, slackBytes, slackSegments, entryBytes } = pullerLimits.recordLog;

/** What a restart may find of an owner: the last answered, or one that came after it. */
type Possible = Set<string | undefined>;

for (let seed = 1; seed <= runs; seed += 1) {
  test(`whatever happens, what was answered counts and garbage is bounded (seed ${seed})`, async () => {
    const random = createRandom(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    /** The process is gone: nothing that it sends arrives. */
    let life = 0;
    let faultRate = 0;
    const lost = (): KubeError => new KubeError('KUBE_UNAVAILABLE', 'lost', { retryable: true });
    const strike = (): void => {
      if (random() < faultRate) throw lost();
    };
    const server = serveSecrets({ before: strike, after: strike });
    const possible = new Map<string, Possible>(owners.map((owner) => [owner, new Set([undefined])]));
    let count = 0;

    for (let turn = 0; turn < lives; turn += 1) {
      life += 1;
      const mine = life;
      // What a process has sent is done, or never is, when its successor gets the lease.
      await server.untilQuiet();
      faultRate = 0;
      const store = createRecordStore(
        {
          ...server.client,
          request: (request) => {
            if (mine !== life) throw lost();
            return server.client.request(request);
          },
        },
        'sealift-system',
        0,
      );
      const found = await store.load();
      for (const owner of owners) {
        const revision = found.get(owner)?.revision?.split(' ')[0];
        assert.ok(possible.get(owner)?.has(revision), `${owner} is ${revision}`);
        possible.set(owner, new Set([revision]));
      }
      faultRate = turn % 2 === 0 ? 0.1 : 0;
      await Promise.all(
        owners.map(async (owner) => {
          for (let step = 0; step < 12; step += 1) {
            if (mine !== life) return;
            count += 1;
            const revision = below(8) === 0 ? undefined : `r${count}`;
            possible.get(owner)?.add(revision);
            const size = [200, 4000, 20_000, 80_000][below(4)] ?? 0;
            const delivery = { namespace: 'shop', name: owner, uid: owner };
            const text = `${revision} ${randomBytes(size / 2).toString('hex')}`;
            const record = { ...emptyRecord(delivery), revision: text };
            const done = revision === undefined ? store.remove(owner) : store.write(owner, record);
            const isAnswered = await done.then(
              () => true,
              () => false,
            );
            if (isAnswered && mine === life) possible.set(owner, new Set([revision]));
            if (turn % 3 === 1 && below(80) === 0) life += 1;
          }
        }),
      );
      if (turn % 2 === 1 && mine === life) {
        // What is cleaned up comes to rest by itself.
        await server.untilQuiet();
        assertBounded(server.secrets);
      }
    }
  });
}

function assertBounded(secrets: ReadonlyMap<string, Readonly<Record<string, string>>>): void {
  const segments = [...secrets].filter(([name]) => name.startsWith('sealift-records-'));
  const numbers = new Map<string, number>();
  let bytes = 0;
  for (const [name, data] of segments) {
    for (const [owner, text] of Object.entries(data)) {
      bytes += text.length;
      const number = Number(name.split('-').at(-1));
      if (number >= (numbers.get(owner) ?? 0)) numbers.set(owner, number);
    }
  }
  const live = [...numbers].reduce(
    (sum, [owner, number]) => sum + (secrets.get(`sealift-records-${number}`)?.[owner]?.length ?? 0),
    0,
  );
  // The segment that is written, of a segment and an entry at most, comes on top.
  assert.ok(bytes <= 2 * live + slackBytes + segmentBytes + entryBytes, `${bytes} for ${live}`);
  assert.ok(segments.length <= (2 * live) / segmentBytes + slackSegments + 1, `${segments.length} segments`);
}

// A registry that is killed at any moment of a push: what it serves afterwards is whole, and what it has acknowledged is
// there. Each round kills a real process while several clients push, at a point that the seed says.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fetchBytes } from '../../src/oci/content-store.ts';
import { openLayout, type LayoutStore } from '../../src/layout/layout.ts';
import { computeDigest, type Digest } from '../../src/oci/digest.ts';
import { readManifestFacts } from '../../src/oci/manifest-facts.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { startSealift } from '../helpers/cli.ts';
import { makeBlob, makeManifest } from '../helpers/content-store-contract.ts';
import { makeTempDir } from '../helpers/temp.ts';
import { pushBlob, putManifest, sendTo, type Send } from '../unit/server/client.ts';
import { emptyContent, emptyDescriptor } from '../../src/oci/descriptor.ts';

const ROUNDS = 6;
const CLIENTS = 4;
/** Some hundred KiB, so that uploads are under way at most moments. */
const LAYER_CHARACTERS = 300_000;

/** A generator of numbers below 1 (mulberry32): the same seed gives the same moments. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the registry has said is there. */
type Acknowledged = { readonly tags: Map<string, Digest>; readonly digests: Set<Digest> };

type Started = { readonly send: Send; kill(): Promise<void> };

async function start(t: TestContext, cwd: string): Promise<Started> {
  const running = startSealift(['serve', 'registry', '--listen', '127.0.0.1:0'], { cwd });
  t.after(() => running.child.kill('SIGKILL'));
  const port = Number((await running.firstLine()).split(':')[1]);
  return {
    send: (...request) => sendTo(port, ...request),
    async kill() {
      running.child.kill('SIGKILL');
      await once(running.child, 'close');
    },
  };
}

/** One push after the other until the registry is gone. */
async function pushOn(send: Send, name: string, acknowledged: Acknowledged): Promise<void> {
  for (let count = 0; ; count += 1) {
    const text = `${name} ${count} `.padEnd(LAYER_CHARACTERS, 'x');
    const { manifest, layer } = makeManifest(text);
    const steps: (readonly [Content, () => Promise<{ status: number }>])[] = [
      [layer, () => pushBlob(send, 'a', layer)],
      [manifest, () => putManifest(send, 'a', manifest)],
      [manifest, () => putManifest(send, 'a', manifest, `${name}-${count}`)],
    ];
    const signature = makeManifest(`signature of ${name} ${count}`, { subject: manifest.descriptor });
    steps.push(
      [signature.layer, () => pushBlob(send, 'a', signature.layer)],
      [signature.manifest, () => putManifest(send, 'a', signature.manifest)],
    );
    for (const [content, step] of steps) {
      const answer = await step().catch(() => undefined);
      if (answer === undefined) return;
      assert.equal(answer.status, 201);
      acknowledged.digests.add(content.descriptor.digest);
    }
    acknowledged.tags.set(`${name}-${count}`, manifest.descriptor.digest);
  }
}

/** No file under a digest's name has other content, and index.json can be read. */
async function assertWhole(layout: string, acknowledged: Acknowledged): Promise<LayoutStore> {
  const folder = join(layout, 'blobs', 'sha256');
  const names = await readdir(folder);
  for (const name of names) {
    assert.equal(computeDigest(await readFile(join(folder, name))), `sha256:${name}`);
  }
  for (const digest of acknowledged.digests)
    assert.ok(names.includes(digest.slice('sha256:'.length)), digest);
  return openLayout(layout);
}

/** Every tag shows a manifest whose blobs are there; what was acknowledged is among them. */
async function assertComplete(store: LayoutStore, { tags, digests }: Acknowledged): Promise<void> {
  const shown = await store.tags();
  for (const [tag, digest] of tags) assert.equal(store.find(tag)?.digest, digest);
  for (const tag of shown) {
    const content = await store.resolve(tag);
    for (const blob of readManifestFacts(content).blobs) await fetchBytes(store, blob, blob.size);
    const signatures = await store.referrers(content.descriptor);
    for (const signature of signatures) await store.resolve(signature.digest);
  }
  const known = [...digests].filter((digest) => store.find(digest) !== undefined);
  assert.ok(known.length >= tags.size * 2, 'manifests that were acknowledged are listed');
}

test('killed at any moment, it serves only what is whole, and all that it has acknowledged', async (t) => {
  const cwd = await makeTempDir(t);
  const layout = join(cwd, 'registry', 'a');
  const random = makeRandom(5);
  const acknowledged: Acknowledged = { tags: new Map(), digests: new Set() };
  for (let round = 0; round < ROUNDS; round += 1) {
    const { send, kill } = await start(t, cwd);
    await pushBlob(send, 'a', { descriptor: emptyDescriptor, bytes: emptyContent });
    // The moment is one of the work, not of the clock: after so many answers, in the middle of the next requests.
    let left = 1 + Math.floor(random() * 60);
    let killing: Promise<void> | undefined;
    const counted: Send = async (...request) => {
      if (left === 0) killing ??= kill();
      left -= 1;
      return send(...request);
    };
    await Promise.all(
      Array.from({ length: CLIENTS }, (_, client) => pushOn(counted, `r${round}c${client}`, acknowledged)),
    );
    await killing;
    await assertComplete(await assertWhole(layout, acknowledged), acknowledged);
  }
  assert.ok(acknowledged.tags.size > ROUNDS);
  // The next one removes what the killed ones left half written, and goes on.
  const { send } = await start(t, cwd);
  const [tag = ''] = acknowledged.tags.keys();
  assert.equal((await send('GET', `/v2/a/manifests/${tag}`)).status, 200);
  assert.deepEqual(await readdir(join(layout, '.uploads')), []);
  const blob = makeBlob('after all');
  assert.equal((await pushBlob(send, 'a', blob)).status, 201);
});

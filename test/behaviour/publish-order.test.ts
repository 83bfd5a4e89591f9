// Publish: sign, verify, then tag. Whatever fails on the way, no tag shows anything unverified.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FailuresError, InvalidReferenceError, PromotionError, RegistryError } from '../../src/errors.ts';
import type { ContentStore } from '../../src/oci/content-store.ts';
import { publish, type Published } from '../../src/operations/publish.ts';
import { verifyArtifact } from '../../src/operations/verify.ts';
import { quorumOf } from '../helpers/authorities.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { watchStore } from '../helpers/failing-store.ts';
import { configFile, makePorts, makeStore, publishValue } from '../helpers/published.ts';
import { signerNamed } from '../helpers/signers.ts';

async function publishTo(
  store: ContentStore,
  tags: readonly string[] = ['1.0'],
  value = 'a',
): Promise<Published> {
  const signer = await signerNamed('release');
  return publish({ store, files: [configFile(value)], annotations: {}, signer, tags }, makePorts());
}

async function verifyTag(store: ContentStore, reference: string): Promise<readonly string[]> {
  const { authorities } = await quorumOf(['release']);
  return (await verifyArtifact(store, { reference, authorities })).matched;
}

suite('publish', () => {
  test('gives a tag that verifies', async (t) => {
    const store = await makeStore(t);
    const published = await publishTo(store, ['1.0', 'v1']);
    assert.equal(published.isChanged, true);
    assert.deepEqual(published.resources, ['ConfigMap settings']);
    assert.deepEqual(await store.tags(), ['1.0', 'v1']);
    assert.equal((await store.resolve('1.0')).descriptor.digest, published.digest);
    assert.deepEqual(await verifyTag(store, 'v1'), ['release']);
  });

  test('again changes nothing and adds no second signature', async (t) => {
    const store = await makeStore(t);
    const first = await publishTo(store);
    const again = await publishTo(store);
    assert.deepEqual(
      [again.digest, again.signatureDigest, again.isChanged],
      [first.digest, first.signatureDigest, false],
    );
    assert.equal((await store.referrers((await store.resolve('1.0')).descriptor)).length, 1);
  });

  test('by a second signer adds its signature', async (t) => {
    const store = await makeStore(t);
    const first = await publishValue(store, 'a', '1.0');
    const second = await publishValue(store, 'a', '1.0', 'other');
    assert.equal(second.digest, first.digest);
    assert.equal((await store.referrers(first.content.descriptor)).length, 2);
  });

  test('refuses a tag that shows something else, before anything is pushed', async (t) => {
    const store = await makeStore(t);
    await publishTo(store);
    const watched = watchStore(store, ({ method }) => assert.notEqual(method, 'push'));
    await assertRejectsWithCode(publishTo(watched, ['2.0', '1.0'], 'b'), PromotionError, 'TAG_EXISTS');
    assert.deepEqual(await store.tags(), ['1.0']);
  });

  test('refuses files and tags that are not acceptable, before anything is asked', async (t) => {
    const store = watchStore(await makeStore(t), () => assert.fail('asked'));
    const signer = await signerNamed('release');
    const base = { store, annotations: {}, signer, tags: ['1.0'] };
    const broken = { path: 'a.yaml', bytes: Buffer.from('kind: A') };
    const chart = { path: 'Chart.yaml', bytes: Buffer.from('') };
    await assertRejectsWithCode(
      publish({ ...base, files: [broken] }, makePorts()),
      FailuresError,
      'RESOURCE_INVALID',
    );
    await assertRejectsWithCode(
      publish({ ...base, files: [chart] }, makePorts()),
      FailuresError,
      'NOT_RENDERED',
    );
    const files = [configFile('a')];
    await assertRejectsWithCode(
      publish({ ...base, files, tags: ['.a'] }, makePorts()),
      InvalidReferenceError,
      'TAG_INVALID',
    );
  });

  test('does not tag files that a puller would pass over', async (t) => {
    const store = await makeStore(t);
    const signer = await signerNamed('release');
    const files = [{ ...configFile('a'), path: 'app.txt' }];
    await assertRejectsWithCode(
      publish({ store, files, annotations: {}, signer, tags: ['1.0'] }, makePorts()),
      FailuresError,
      'RESOURCE_INVALID',
    );
    assert.deepEqual(await store.tags(), []);
  });

  test('tells a tag that another writer moved at the same time', async (t) => {
    const store = await makeStore(t);
    const other = await publishValue(store, 'other', 'other');
    const racing: ContentStore = {
      ...store,
      tag: async (content, tag, signal) => {
        await store.tag(content, tag, signal);
        await store.tag(other.content, tag, signal);
      },
    };
    await assertRejectsWithCode(publishTo(racing), PromotionError, 'TAG_MOVED');
  });
});

test('a failure at any call leaves no tag on anything unverified, and another try succeeds', async (t) => {
  let calls = 0;
  await publishTo(watchStore(await makeStore(t), ({ number }) => void (calls = number)));
  assert.ok(calls > 10, 'the steps are there');
  let failures = 0;
  for (let failing = 1; failing <= calls; failing += 1) {
    const store = await makeStore(t);
    const broken = watchStore(store, ({ number }) => {
      if (number === failing) throw new RegistryError('REGISTRY_UNAVAILABLE', `call ${number}`);
    });
    // One call may fail without harm: what can't be read among signatures hides none that can be.
    const failed = await publishTo(broken).then(
      () => 0,
      () => 1,
    );
    failures += failed;
    for (const tag of await store.tags()) assert.deepEqual(await verifyTag(store, tag), ['release']);
    await publishTo(store);
    assert.deepEqual(await verifyTag(store, '1.0'), ['release']);
  }
  assert.ok(failures >= calls - 2, `${failures} of ${calls} calls`);
});

test('content that comes back other than it was pushed is not tagged', async (t) => {
  const store = await makeStore(t);
  const other = await publishValue(store, 'other', 'other');
  const lying: ContentStore = {
    ...store,
    resolve: async (reference, signal) =>
      reference.startsWith('sha256:') ? other.content : store.resolve(reference, signal),
    referrers: async () => [],
  };
  await assert.rejects(publishTo(lying));
  assert.deepEqual(await store.tags(), ['other']);
});

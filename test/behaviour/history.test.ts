// sealift history: the chain of a channel as people and scripts read it, and in words what somebody should look at.
import assert from 'node:assert/strict';
import { after, suite, test, type TestContext } from 'node:test';
import type { Content } from '../../src/oci/manifest.ts';
import type { KeySigner } from '../../src/signing/signer.ts';
import { openField } from '../helpers/field.ts';
import { promoteBy, pushValue, releaseValue, timeFromNow } from '../helpers/forging.ts';
import { startProxy } from '../helpers/registry-proxy.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

const field = await openField();
const registry = await startReferrersRegistry(field.cwd);
after(async () => {
  await registry.stop();
  await field.close();
});
const [release, promoter, attacker] = await Promise.all([
  field.signer('release'),
  field.signer('promoter'),
  field.signer('attacker'),
]);
await Promise.all([field.signer('second'), field.signer('heart')]);

type Entry = {
  readonly sequence: number;
  readonly action: string;
  readonly digest: string;
  readonly freshUntil?: string;
  readonly heartbeats: number;
  readonly signers: number;
  readonly note?: string;
  readonly isCurrent: boolean;
};
type History = {
  readonly shown: string | null;
  readonly entries: readonly Entry[];
  readonly notes: readonly string[];
};

type Place = {
  readonly store: RegistryStore;
  readonly repository: string;
  readonly reference: string;
  release(value: string, tag?: string): Promise<Content>;
  /** Attaches a statement without moving the tag. */
  state(artifact: Content, members?: object, signer?: KeySigner): Promise<Content>;
  promote(tag: string, ...flags: readonly string[]): Promise<Readonly<Record<string, unknown>>>;
  history(...flags: readonly string[]): Promise<History>;
  policy(channel?: object): Promise<readonly string[]>;
};

let places = 0;
const byKeys = ['--promotion-key', 'promoter.pub'];

function makePlace(t: TestContext): Place {
  const repository = `acme/app-${(places += 1)}`;
  const reference = `${registry.host}/${repository}`;
  const store = openStore(t, reference);
  const keys = ['--verify-key', 'release.pub', '--key', 'promoter.key'];
  return {
    store,
    repository,
    reference,
    release: (value, tag = value) => releaseValue(store, release, value, tag),
    state: (artifact, members = {}, signer = promoter) =>
      promoteBy(store, artifact.descriptor, signer, { repository, ...members }),
    promote: (tag, ...flags) =>
      field.json([
        'promote',
        `${reference}${tag}`,
        'prod',
        ...(flags.includes('--policy') ? [] : keys),
        ...flags,
      ]),
    // What the command printed; each test looks at its members.
    history: async (...flags) =>
      (await field.json([
        'history',
        reference,
        'prod',
        ...(flags.length === 0 ? byKeys : flags),
      ])) as unknown as History,
    policy: async (channel = {}) => [
      '--policy',
      await field.policies(`policy-${(places += 1)}.yaml`, {
        url: `oci://${reference}`,
        authorities: ['release', 'promoter', 'second', 'heart'],
        promotion: { channels: [{ tag: 'prod', authorities: ['promoter'], ...channel }] },
      }),
    ],
  };
}

suite('the chain', { concurrency: 3 }, () => {
  test('the highest first, with who signed, why, and which is shown', async (t) => {
    const place = makePlace(t);
    const a = await place.release('a');
    const b = await place.release('b');
    await place.promote(':a', '--reason', 'first');
    await place.promote(':b', '--expires-in', '720h');
    await place.promote('', '--rollback', a.descriptor.digest, '--reason', 'b is slow');
    const history = await place.history();
    assert.equal(history.shown, a.descriptor.digest);
    assert.deepEqual(history.notes, []);
    assert.deepEqual(
      history.entries.map(({ sequence, action, digest, signers, isCurrent, note }) => [
        sequence,
        action,
        digest,
        signers,
        isCurrent,
        note,
      ]),
      [
        [3, 'rollback', a.descriptor.digest, 1, true, 'b is slow'],
        [2, 'promote', b.descriptor.digest, 1, false, undefined],
        [1, 'promote', a.descriptor.digest, 1, false, 'first'],
      ],
    );
    const [current, expiring] = history.entries;
    assert.equal(current?.freshUntil, undefined);
    assert.ok(Date.parse(expiring?.freshUntil ?? '') > Date.now() + 700 * 3_600_000);
  });

  test('as text, one line each, and a star at what is shown', async (t) => {
    const place = makePlace(t);
    await place.release('a');
    await place.release('b');
    await place.promote(':a', '--reason', 'words "with" quotes');
    await place.promote(':b');
    const { stdout, stderr, code } = await field.run(['history', place.reference, 'prod', ...byKeys]);
    assert.equal(code, 0, stderr);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? '', /^\* +2 {2}promote {3}sha256:[a-f0-9]{64} {2}\S+Z {2}until replaced/u);
    assert.match(lines[1] ?? '', /^ +1 {2}promote .*"words \\"with\\" quotes"$/u);
  });

  test('heartbeats are counted at what they prolong, and move its end', async (t) => {
    const place = makePlace(t);
    const artifact = await place.release('a', 'prod');
    await place.state(artifact, { sequence: 1, issuedAt: timeFromNow(-7200) });
    const policy = await place.policy({ heartbeatAuthorities: ['heart'], maxAge: '3h' });
    const before = await place.history(...policy);
    await place.promote('', '--heartbeat', ...policy, '--key', 'heart.key');
    const { entries, notes } = await place.history(...policy);
    assert.deepEqual(notes, []);
    assert.deepEqual(
      entries.map(({ sequence, heartbeats }) => [sequence, heartbeats]),
      [[1, 1]],
    );
    assert.equal(before.entries[0]?.heartbeats, 0);
    const movedMs =
      Date.parse(entries[0]?.freshUntil ?? '') - Date.parse(before.entries[0]?.freshUntil ?? '');
    assert.ok(movedMs > 7_000_000 && movedMs < 7_600_000, `${movedMs} ms`);
  });

  test('only statements for this channel, repository, epoch, and by its authorities', async (t) => {
    const place = makePlace(t);
    const artifact = await place.release('a');
    await place.promote(':a');
    await place.state(artifact, { sequence: 2, channel: 'staging' });
    await place.state(artifact, { sequence: 3, repository: 'acme/another' });
    await place.state(artifact, { sequence: 4, epoch: 2 });
    await place.state(artifact, { sequence: 5 }, attacker);
    await place.state(artifact, { sequence: 6 }, release);
    const sequencesOf = async (...flags: readonly string[]): Promise<readonly number[]> =>
      (await place.history(...flags)).entries.map(({ sequence }) => sequence);
    assert.deepEqual(await sequencesOf(), [1]);
    assert.deepEqual(await sequencesOf(...byKeys, '--epoch', '2'), [4]);
    assert.deepEqual(await sequencesOf(...byKeys, '--repository', 'acme/another'), [3]);
    assert.deepEqual(await sequencesOf(...byKeys, '--promotion-key', 'attacker.pub'), [5, 1]);
  });

  test('an artifact whose tag is gone is found by the statement that followed it', async (t) => {
    const place = makePlace(t);
    const a = await pushValue(place.store, 'a');
    const b = await place.release('b', 'prod');
    await place.state(a, { sequence: 1 });
    await place.state(b, { sequence: 2, previous: { sequence: 1, digest: a.descriptor.digest } });
    const { entries, notes } = await place.history();
    assert.deepEqual(
      entries.map(({ sequence, digest }) => [sequence, digest]),
      [
        [2, b.descriptor.digest],
        [1, a.descriptor.digest],
      ],
    );
    assert.deepEqual(notes, []);
  });

  test('nothing promoted is an empty history', async (t) => {
    const place = makePlace(t);
    await place.release('a');
    assert.deepEqual((({ shown, entries, notes }) => [shown, entries, notes])(await place.history()), [
      null,
      [],
      [],
    ]);
  });
});

suite('what somebody should look at', { concurrency: 3 }, () => {
  test('a gap: a statement names a previous one that the registry does not show', async (t) => {
    const place = makePlace(t);
    const a = await pushValue(place.store, 'a');
    const b = await place.release('b', 'prod');
    await place.state(b, { sequence: 5, previous: { sequence: 4, digest: a.descriptor.digest } });
    const { notes } = await place.history();
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? '', /does not show sequence 4/u);
  });

  test('a dispute: two artifacts by one sequence, until the next promotion settles it', async (t) => {
    const place = makePlace(t);
    const a = await place.release('a', 'prod');
    const b = await place.release('b', 'b');
    await place.state(a, { sequence: 3 });
    await place.state(b, { sequence: 3 });
    const { notes, entries } = await place.history();
    assert.equal(entries.length, 2);
    assert.match(notes.join('\n'), /sequence 3 promotes two artifacts/u);
    await place.promote(':b');
    const settled = await place.history();
    assert.deepEqual([settled.notes, settled.entries[0]?.sequence], [[], 4]);
  });

  test('statements that wait for a second signer, with the digest to sign', async (t) => {
    const place = makePlace(t);
    await place.release('a');
    const policy = await place.policy({ authorities: ['promoter', 'second'], threshold: 2 });
    const { statementDigest } = await place.promote(':a', ...policy, '--key', 'promoter.key');
    const waiting = await place.history(...policy);
    assert.deepEqual(waiting.entries, []);
    assert.equal(waiting.notes.length, 1);
    assert.ok(waiting.notes[0]?.includes(String(statementDigest)));
    await place.promote(':a', ...policy, '--cosign', String(statementDigest), '--key', 'second.key');
    const done = await place.history(...policy);
    assert.deepEqual(done.notes, []);
    assert.deepEqual(
      done.entries.map(({ signers, isCurrent }) => [signers, isCurrent]),
      [[2, true]],
    );
  });

  test('a bare retag: the tag shows what nothing promoted', async (t) => {
    const place = makePlace(t);
    await place.release('a');
    await place.promote(':a');
    const other = await pushValue(place.store, 'other', 'prod');
    const { shown, notes, entries } = await place.history();
    assert.equal(shown, other.descriptor.digest);
    assert.match(notes.join('\n'), /which nothing promoted/u);
    assert.deepEqual(
      entries.map(({ isCurrent }) => isCurrent),
      [false],
    );
  });

  test('a tag that lags behind: a higher statement promotes something else', async (t) => {
    const place = makePlace(t);
    const a = await place.release('a');
    await place.release('b');
    await place.promote(':a');
    await place.promote(':b');
    await place.store.tag(a, 'prod');
    const { notes } = await place.history();
    assert.match(notes.join('\n'), /shows sequence 1, but 2 is the highest/u);
  });

  test('the notes go to stderr as text, and not among the data', async (t) => {
    const place = makePlace(t);
    const a = await place.release('a', 'prod');
    await place.state(a, { sequence: 2, previous: { sequence: 1, digest: `sha256:${'0'.repeat(64)}` } });
    const { stdout, stderr } = await field.run(['history', place.reference, 'prod', ...byKeys]);
    assert.match(stderr, /does not show sequence 1/u);
    assert.equal(stdout.trimEnd().split('\n').length, 1);
  });

  test('what can not be read is an error: a history with holes would be believed', async (t) => {
    const place = makePlace(t);
    const a = await place.release('a', 'prod');
    const statement = await place.state(a);
    const proxy = await startProxy(registry.host, {
      before: ({ path }) => (path.includes(statement.descriptor.digest) ? { status: 404 } : undefined),
    });
    t.after(() => proxy.close());
    const through = ['history', `${proxy.host}/${place.repository}`, 'prod', ...byKeys];
    await field.refused('SIGNATURE_UNCHECKABLE', through);
  });
});

test('history is asked for by keys or by a policy, for a repository', async (t) => {
  const place = makePlace(t);
  await field.refused('INPUT_MISSING', ['history', place.reference, 'prod']);
  await field.refused('INPUT_INVALID', ['history', `${place.reference}:1.0`, 'prod', ...byKeys]);
  const policy = await place.policy();
  await field.refused('INPUT_CONFLICT', ['history', place.reference, 'prod', ...policy, ...byKeys]);
  await field.refused('REF_NOT_A_CHANNEL', ['history', place.reference, 'staging', ...policy]);
});

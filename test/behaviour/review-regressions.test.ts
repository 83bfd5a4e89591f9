// Holes of the command line that a hostile review found, each by the attack or accident that showed it.
import assert from 'node:assert/strict';
import { after, suite, test, type TestContext } from 'node:test';
import { openField, type PolicyDocument } from '../helpers/field.ts';
import { attestTo, promoteBy, releaseValue } from '../helpers/forging.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

const field = await openField();
const registry = await startReferrersRegistry(field.cwd);
after(async () => {
  await registry.stop();
  await field.close();
});
const [release, promoter] = await Promise.all([field.signer('release'), field.signer('promoter')]);
await Promise.all([field.signer('heart'), field.signer('stranger')]);

type Place = {
  readonly store: RegistryStore;
  readonly repository: string;
  readonly reference: string;
  policy(document?: Partial<PolicyDocument>): Promise<readonly string[]>;
};

let places = 0;

function makePlace(t: TestContext): Place {
  const repository = `review/app-${(places += 1)}`;
  const reference = `${registry.host}/${repository}`;
  return {
    store: openStore(t, reference),
    repository,
    reference,
    policy: async (document = {}) => [
      '--policy',
      await field.policies(`policy-${(places += 1)}.yaml`, { url: `oci://${reference}`, ...document }),
    ],
  };
}

suite('verify', { concurrency: 3 }, () => {
  test('calls nothing verified that nobody signed who counts, though the policy lets it through', async (t) => {
    const { store, reference, policy } = makePlace(t);
    const artifact = await releaseValue(store, release, 'a', '1.0');
    const byStranger = {
      authorities: ['stranger'],
      signatures: { authorities: ['stranger'] },
      promotion: null,
    };
    const audit = await policy({ ...byStranger, spec: { mode: 'Audit' } });
    const answer = await field.json(['verify', `${reference}:1.0`, ...audit]);
    assert.deepEqual(
      [answer['verified'], answer['digest'], answer['matched']],
      [false, artifact.descriptor.digest, []],
    );
    const { stderr } = await field.run(['verify', `${reference}:1.0`, ...audit]);
    assert.doesNotMatch(stderr, /^signed by/mu);
    assert.match(stderr, /^warning: .*SIGNATURE_/mu);
    const signed = await policy({ promotion: null });
    assert.equal((await field.json(['verify', `${reference}:1.0`, ...signed]))['verified'], true);
  });

  test('by none of any authorities is none', async (t) => {
    const { store, reference } = makePlace(t);
    await releaseValue(store, release, 'a', '1.0');
    const byKey = ['verify', `${reference}:1.0`, '--verify-key', 'release.pub'];
    await field.refused('INPUT_INVALID', [...byKey, '--threshold', '0']);
  });
});

suite('promote', { concurrency: 3 }, () => {
  test('until a time that is no date is wrong input, and signs nothing', async (t) => {
    const { store, reference } = makePlace(t);
    const { descriptor } = await releaseValue(store, release, 'a', '1.0');
    const args = [
      'promote',
      `${reference}:1.0`,
      'prod',
      '--key',
      'promoter.key',
      '--verify-key',
      'release.pub',
    ];
    for (const duration of ['876001h', '9999999999h']) {
      await field.refused('INPUT_INVALID', [...args, '--expires-in', duration]);
    }
    assert.equal((await store.referrers(descriptor)).length, 1);
    await field.json([...args, '--expires-in', '876000h']);
  });

  test('a heartbeat that is of no use yet succeeds, and adds nothing', async (t) => {
    const { store, reference, policy } = makePlace(t);
    const { descriptor } = await releaseValue(store, release, 'a', '1.0');
    const channel = {
      tag: 'prod',
      authorities: ['promoter'],
      heartbeatAuthorities: ['heart'],
      maxAge: '24h',
    };
    const byPolicy = await policy({
      authorities: ['release', 'promoter', 'heart'],
      promotion: { channels: [channel] },
    });
    await field.json(['promote', `${reference}:1.0`, 'prod', ...byPolicy, '--key', 'promoter.key']);
    const before = (await store.referrers(descriptor)).length;
    const heartbeat = ['promote', reference, 'prod', '--heartbeat', ...byPolicy, '--key', 'heart.key'];
    assert.equal((await field.json(heartbeat))['sequence'], 1);
    assert.equal((await store.referrers(descriptor)).length, before);
  });

  test('a heartbeat without --expires-in, where the statement has an end, says what is missing', async (t) => {
    const { store, repository, reference } = makePlace(t);
    const { descriptor } = await releaseValue(store, release, 'a', 'prod');
    const expiresAt = '2096-01-01T00:00:00Z';
    await promoteBy(store, descriptor, promoter, { repository, expiresAt });
    const heartbeat = ['promote', reference, 'prod', '--heartbeat', '--key', 'promoter.key'];
    await field.refused('INPUT_MISSING', heartbeat);
    assert.equal((await store.referrers(descriptor)).length, 2);
  });
});

suite('words that others signed', () => {
  // Escape, bell, and C1 "control sequence introducer".
  const steering = '\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}1A FAKE ok  promotion';
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  const controls = /[\u{0}-\u{8}\u{b}-\u{1f}\u{7f}-\u{9f}]/u;

  test('reach stdout of explain and history without control characters', async (t) => {
    const { store, repository, reference, policy } = makePlace(t);
    const { descriptor } = await releaseValue(store, release, 'a', 'prod');
    await attestTo(store, descriptor, release, { type: `https://example.org/${steering}` });
    await promoteBy(store, descriptor, promoter, { repository, note: steering });
    await promoteBy(store, descriptor, promoter, { repository: steering, sequence: 2, action: 'heartbeat' });
    const byPolicy = await policy({
      spec: { attestations: [{ predicateType: 'https://example.org/a', authorities: ['release'] }] },
    });
    const explain = ['explain', `${reference}:prod`, ...byPolicy];
    const history = ['history', reference, 'prod', '--promotion-key', 'promoter.pub'];
    for (const args of [explain, [...explain, '-o', 'json'], history, [...history, '-o', 'json']]) {
      const { stdout, stderr } = await field.run(args);
      assert.match(stdout, /FAKE/u, args.join(' '));
      assert.doesNotMatch(stdout, controls, args.join(' '));
      assert.doesNotMatch(stderr, controls, args.join(' '));
    }
  });
});

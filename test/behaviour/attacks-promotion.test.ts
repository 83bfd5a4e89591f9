// Attacks on promotions: a channel's tag is moved by who may write to the registry, with every statement there is but the
// right one. `sealift verify --policy` gives a cluster's verdict, with a PromotionRecord for what it remembers.
import assert from 'node:assert/strict';
import { after, suite, test, type TestContext } from 'node:test';
import type { ErrorCode } from '../../src/errors.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { signStatement } from '../../src/signing/sign-statement.ts';
import { promotionPredicateType } from '../../src/trust/promotion-statement.ts';
import {
  openField,
  recordOf,
  type PolicyDocument,
  type RecordDocument,
  type RefusedAnswer,
} from '../helpers/field.ts';
import { attachRaw, promoteBy, pushValue, releaseValue, timeFromNow } from '../helpers/forging.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

const field = await openField();
const registry = await startReferrersRegistry(field.cwd);
after(async () => {
  await registry.stop();
  await field.close();
});
const names = ['release', 'promoter', 'heart', 'second', 'attacker'] as const;
const [release, promoter, heart, second, attacker] = await Promise.all([
  field.signer('release'),
  field.signer('promoter'),
  field.signer('heart'),
  field.signer('second'),
  field.signer('attacker'),
]);
const authorities = names.filter((name) => name !== 'attacker');

type Members = Readonly<Record<string, unknown>>;

type Place = {
  readonly store: RegistryStore;
  /** Without the host: what statements must name. */
  readonly repository: string;
  readonly reference: string;
  /** The release that `prod` shows. */
  readonly artifact: Content;
  promote(members?: Members, signer?: typeof promoter, artifact?: Content): Promise<Content>;
  verify(policy?: Partial<PolicyDocument>, record?: Partial<RecordDocument>): Promise<readonly string[]>;
  refused(
    code: ErrorCode,
    policy?: Partial<PolicyDocument>,
    record?: Partial<RecordDocument>,
  ): Promise<RefusedAnswer>;
  accepted(policy?: Partial<PolicyDocument>, record?: Partial<RecordDocument>): Promise<Members>;
};

let places = 0;

/** A repository with a signed release under `prod`, which nothing has promoted. */
async function makePlace(t: TestContext): Promise<Place> {
  places += 1;
  const number = places;
  const repository = `acme/app-${number}`;
  const reference = `${registry.host}/${repository}`;
  const store = openStore(t, reference);
  const artifact = await releaseValue(store, release, 'a', 'prod');
  let files = 0;
  const verify: Place['verify'] = async (policy = {}, record) => {
    const file = await field.policies(
      `policy-${number}-${(files += 1)}.yaml`,
      { url: `oci://${reference}`, authorities, ...policy },
      ...(record === undefined
        ? []
        : [recordOf({ repository, sequence: 1, digest: artifact.descriptor.digest, ...record })]),
    );
    return ['verify', `${reference}:prod`, '--policy', file];
  };
  return {
    store,
    repository,
    reference,
    artifact,
    promote: (members = {}, signer = promoter, subject = artifact) =>
      promoteBy(store, subject.descriptor, signer, { repository, ...members }),
    verify,
    refused: async (code, ...asked) => field.refused(code, await verify(...asked)),
    accepted: async (...asked) => field.json(await verify(...asked)),
  };
}

/** A policy's promotion with one channel of these members. */
function channel(members: object = {}, more: object = {}): Partial<PolicyDocument> {
  return { promotion: { channels: [{ tag: 'prod', authorities: ['promoter'], ...members }], ...more } };
}

const hearted = channel({ heartbeatAuthorities: ['heart'], maxAge: '1h' });

suite('what promotes', { concurrency: 4 }, () => {
  test('a statement by the channel’s authority does', async (t) => {
    const { promote, accepted, artifact } = await makePlace(t);
    await promote({ sequence: 7 });
    const { digest, matched, promotion } = await accepted();
    assert.equal(digest, artifact.descriptor.digest);
    assert.deepEqual(matched, ['policy/release']);
    assert.equal((promotion as { sequence: number }).sequence, 7);
  });

  test('bare retag: a signed release under the tag is promoted by nobody', async (t) => {
    const { refused } = await makePlace(t);
    await refused('STATEMENT_MISSING');
  });

  test('a release signed by a stranger is refused, promoted or not', async (t) => {
    const { store, promote, refused } = await makePlace(t);
    const other = await releaseValue(store, attacker, 'b', 'prod');
    await promote({}, promoter, other);
    await refused('SIGNATURE_INVALID');
  });

  test('the release key promotes nothing', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({}, release);
    await refused('STATEMENT_MISSING');
  });

  test('a stranger promotes nothing', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({}, attacker);
    await refused('STATEMENT_MISSING');
  });

  test('a heartbeat key that promotes is not heard', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({ sequence: 2 }, heart);
    await refused('STATEMENT_MISSING', hearted);
  });

  test('a heartbeat of a sequence that nobody promoted promotes nothing', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({ action: 'heartbeat' }, heart);
    await promote({ action: 'heartbeat' });
    const { message } = await refused('STATEMENT_MISSING', hearted);
    assert.match(message, /only heartbeats/u);
  });

  test('a statement about two artifacts promotes neither', async (t) => {
    const { store, artifact, repository, refused } = await makePlace(t);
    const other = await pushValue(store, 'b');
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [artifact, other].map(({ descriptor: { digest } }) => ({
        digest: { sha256: digest.slice('sha256:'.length) },
      })),
      predicateType: promotionPredicateType,
      predicate: {
        repository,
        channel: 'prod',
        epoch: 1,
        sequence: 1,
        action: 'promote',
        issuedAt: timeFromNow(0),
      },
    };
    const bundle = await signStatement(promoter, Buffer.from(JSON.stringify(statement)));
    await attachRaw(store, artifact.descriptor, bundle);
    await refused('STATEMENT_MISSING');
  });

  for (const [name, members] of [
    ['a sequence beyond what is exact', { sequence: 2 ** 53 }],
    ['a negative sequence', { sequence: -1 }],
    ['a sequence that is text', { sequence: '1' }],
    ['an unknown action', { action: 'approve' }],
    ['a time that is none', { issuedAt: 'now' }],
  ] as const) {
    test(`a statement with ${name} promotes nothing`, async (t) => {
      const { promote, refused } = await makePlace(t);
      await promote(members);
      await refused('STATEMENT_MISSING');
    });
  }
});

suite('promoted for elsewhere', { concurrency: 4 }, () => {
  test('the promotion of app used for db', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({ repository: 'acme/another' });
    await refused('WRONG_REPOSITORY');
  });

  test('a bundle copied with its artifact to another repository is for the first one', async (t) => {
    const [app, db] = [await makePlace(t), await makePlace(t)];
    await app.promote();
    await app.accepted();
    // Same files, same digest: signature and statement hold, and name the other repository.
    assert.equal(app.artifact.descriptor.digest, db.artifact.descriptor.digest);
    await promoteBy(db.store, db.artifact.descriptor, promoter, { repository: app.repository });
    await db.refused('WRONG_REPOSITORY');
  });

  test('a mirror under another name is judged by the logical repository', async (t) => {
    const { promote, accepted, refused } = await makePlace(t);
    await promote({ repository: 'acme/logical' });
    await accepted({ spec: { repository: 'acme/logical' } });
    await refused('WRONG_REPOSITORY', { spec: { repository: 'acme/another' } });
  });

  test('the promotion to staging used for prod', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({ channel: 'staging' });
    await refused('WRONG_CHANNEL');
  });

  test('a statement of a former epoch', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({ epoch: 1, sequence: 99 });
    await refused('WRONG_EPOCH', channel({}, { epoch: 2 }));
  });

  test('a policy set back to a former epoch does not replay it', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({ epoch: 1, sequence: 99 });
    await refused('SEQUENCE_REPLAYED', {}, { epoch: 2, sequence: 1 });
  });
});

suite('order', { concurrency: 4 }, () => {
  test('replayed statement: below what the cluster accepted', async (t) => {
    const { promote, refused, accepted } = await makePlace(t);
    await promote({ sequence: 4 });
    await refused('SEQUENCE_REPLAYED', {}, { sequence: 5 });
    await accepted({}, { sequence: 4 });
  });

  test('equal sequence, other digest', async (t) => {
    const { store, promote, refused } = await makePlace(t);
    const other = await pushValue(store, 'b');
    await promote({ sequence: 5 });
    await refused('EQUIVOCATION', {}, { sequence: 5, digest: other.descriptor.digest });
  });

  test('a new cluster takes nothing below minSequence', async (t) => {
    const { promote, refused, accepted } = await makePlace(t);
    await promote({ sequence: 4 });
    await refused('SEQUENCE_REPLAYED', channel({}, { minSequence: 5 }));
    await accepted(channel({}, { minSequence: 4 }));
  });

  test('a stolen key that jumps to the last sequence is held', async (t) => {
    const { promote, refused, accepted } = await makePlace(t);
    await promote({ sequence: Number.MAX_SAFE_INTEGER });
    const jump = channel({}, { maxJump: 10 });
    const { hint } = await refused('SEQUENCE_JUMP', jump, { sequence: 3 });
    assert.match(hint ?? '', /minSequence/u);
    // First contact can't tell a jump.
    await accepted(jump);
  });

  test('the record of another channel or repository says nothing of this one', async (t) => {
    const { promote, accepted } = await makePlace(t);
    await promote({ sequence: 4 });
    await accepted({}, { sequence: 5, channel: 'staging' });
    await accepted({}, { sequence: 5, repository: 'acme/another' });
  });
});

suite('time', { concurrency: 4 }, () => {
  test('an expired statement', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({ issuedAt: timeFromNow(-7200), expiresAt: timeFromNow(-3600) });
    await refused('STATEMENT_EXPIRED');
  });

  test('freeze: older than the policy’s maxAge, whatever it says itself', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({ issuedAt: timeFromNow(-7200), expiresAt: timeFromNow(3600) });
    await refused('STATEMENT_EXPIRED', channel({ maxAge: '1h' }));
  });

  test('a heartbeat prolongs what it repeats, and a heartbeat of another sequence does not', async (t) => {
    const { promote, refused, accepted } = await makePlace(t);
    await promote({ sequence: 3, issuedAt: timeFromNow(-7200) });
    await promote({ sequence: 2, action: 'heartbeat' }, heart);
    await refused('STATEMENT_EXPIRED', hearted);
    await promote({ sequence: 3, action: 'heartbeat' }, heart);
    await accepted(hearted);
  });

  test('a heartbeat by who is no heartbeat authority prolongs nothing', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({ sequence: 3, issuedAt: timeFromNow(-7200) });
    for (const signer of [release, attacker, second]) {
      await promote({ sequence: 3, action: 'heartbeat' }, signer);
    }
    await refused('STATEMENT_EXPIRED', hearted);
  });

  test('a heartbeat can not make a statement last longer than maxAge', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({ sequence: 3, issuedAt: timeFromNow(-9000) });
    const heartbeat = { sequence: 3, action: 'heartbeat', issuedAt: timeFromNow(-7200) };
    await promote({ ...heartbeat, expiresAt: timeFromNow(1e8) }, heart);
    await refused('STATEMENT_EXPIRED', hearted);
  });

  test('a statement from the future, and a heartbeat from the future, count for nothing', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({ sequence: 3, issuedAt: timeFromNow(3600) });
    await refused('STATEMENT_EXPIRED');
    const old = await makePlace(t);
    await old.promote({ sequence: 3, issuedAt: timeFromNow(-7200) });
    await old.promote({ sequence: 3, action: 'heartbeat', issuedAt: timeFromNow(86_400) }, heart);
    await old.refused('STATEMENT_EXPIRED', hearted);
  });

  test('a clock that was set back makes nothing fresh: the record knows what time it was', async (t) => {
    const { promote, refused, accepted } = await makePlace(t);
    await promote({ sequence: 3, expiresAt: timeFromNow(3600) });
    await accepted({}, { sequence: 3 });
    await refused('STATEMENT_EXPIRED', {}, { sequence: 3, issuedAt: timeFromNow(7200) });
  });
});

suite('two must sign', { concurrency: 4 }, () => {
  const two = channel({ authorities: ['promoter', 'second'], threshold: 2 });

  test('one of two, twice, is one', async (t) => {
    const { promote, refused } = await makePlace(t);
    const issuedAt = timeFromNow(0);
    await promote({ issuedAt });
    await promote({ issuedAt });
    await refused('STATEMENT_MISSING', two);
  });

  test('two that sign different words have not signed one statement', async (t) => {
    const { promote, refused } = await makePlace(t);
    await promote({ note: 'a' });
    await promote({ note: 'b' }, second);
    await refused('STATEMENT_MISSING', two);
  });

  test('one of the two and a stranger are one', async (t) => {
    const { promote, refused, accepted } = await makePlace(t);
    const issuedAt = timeFromNow(0);
    await promote({ issuedAt });
    await promote({ issuedAt }, attacker);
    await promote({ issuedAt }, release);
    await refused('STATEMENT_MISSING', two);
    await promote({ issuedAt }, second);
    await accepted(two);
  });
});

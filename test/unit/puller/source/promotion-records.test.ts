// The memory of promotions, in the cluster and on the volume: the higher one counts, and neither goes back.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  createPromotionRecords,
  type PromotionRecords,
  type Promoted,
} from '../../../../puller/source/promotion-records.ts';
import type { StateFolder } from '../../../../puller/source/state-folder.ts';
import { localRollbackAnnotation } from '../../../../src/api/common.ts';
import { promotionRecordSpecSchema, type PromotionRecordSpec } from '../../../../src/api/promotion-record.ts';
import { KubeError, PolicyError } from '../../../../src/errors.ts';
import { kubeObjectSchema, type KubeObject } from '../../../../src/kube/object.ts';
import type { KubeRequest } from '../../../../src/kube/request.ts';
import { computeDigest } from '../../../../src/oci/digest.ts';
import { assertRejectsWithCode, assertThrowsWithCode } from '../../../helpers/assert-rejects.ts';
import { promotionPredicate } from '../../../helpers/candidates.ts';
import { answeringClient } from '../../../helpers/kube-client.ts';

const digest = computeDigest('artifact');
const issuedAt = '2026-11-22T12:00:00Z';
const issuedAtMs = Date.parse(issuedAt);

function promotedOf(members: object = {}, heardMs = issuedAtMs): Promoted {
  const statement = {
    ...promotionPredicate,
    subject: digest,
    statementDigest: digest,
    signers: 1,
    ...members,
  };
  return { statement, issuedAtMs: heardMs };
}

function specOf(members: Partial<PromotionRecordSpec> = {}): PromotionRecordSpec {
  const { repository, channel, epoch, sequence } = promotionPredicate;
  return { repository, channel, epoch, sequence, digest, statementDigest: digest, issuedAt, ...members };
}

/** A volume in memory. */
function memoryState(): StateFolder & { readonly kept: Map<string, PromotionRecordSpec | 'unreadable'> } {
  const kept = new Map<string, PromotionRecordSpec | 'unreadable'>();
  return { kept, get: (name) => kept.get(name), put: async (name, spec) => void kept.set(name, spec) };
}

type Setup = {
  readonly records: PromotionRecords;
  readonly state: ReturnType<typeof memoryState>;
  readonly requests: KubeRequest[];
  /** The record's name, as the puller chooses it. */
  readonly name: string;
};

/** Records of a cluster that stores what it is sent, one version after the other. */
async function makeSetup(answer?: (request: KubeRequest) => unknown): Promise<Setup> {
  const requests: KubeRequest[] = [];
  const state = memoryState();
  let version = 0;
  const client = answeringClient((request) => {
    requests.push(request);
    if (answer !== undefined) return answer(request);
    const { metadata, spec } = Object(request.body);
    version += 1;
    return objectOf(metadata.name, spec, version, metadata.annotations);
  });
  const probe = createPromotionRecords(
    answeringClient((request) => objectOf(Object(request.body).metadata.name, specOf(), 1)),
    state,
  );
  await probe.raise(promotedOf());
  const [name = assert.fail('no name')] = state.kept.keys();
  state.kept.clear();
  return { records: createPromotionRecords(client, state), state, requests, name };
}

function objectOf(name: string, spec: unknown, version: number, annotations: object = {}): KubeObject {
  return kubeObjectSchema.parse({
    metadata: { name, uid: name, resourceVersion: `${version}`, annotations },
    spec,
  });
}

function sequenceIn({ records }: Setup): readonly (number | undefined)[] {
  const highest = records.highest('org/app', 'prod');
  return [highest?.epoch, highest?.sequence, highest?.issuedAtMs];
}

suite('the higher of the two memories counts', () => {
  test('none knows of a channel at first contact', async () => {
    assert.deepEqual(sequenceIn(await makeSetup()), [undefined, undefined, undefined]);
  });

  const later = '2026-11-22T13:00:00Z';
  const table: readonly (readonly [
    string,
    Partial<PromotionRecordSpec> | undefined,
    Partial<PromotionRecordSpec> | undefined,
    readonly unknown[],
  ])[] = [
    ['the cluster’s alone', { sequence: 7 }, undefined, [1, 7, issuedAtMs]],
    [
      'the volume’s alone: a record that was deleted, an etcd that was made anew',
      undefined,
      { sequence: 7 },
      [1, 7, issuedAtMs],
    ],
    ['the volume’s, where etcd was restored', { sequence: 7 }, { sequence: 9 }, [1, 9, issuedAtMs]],
    ['the cluster’s, where the volume was restored', { sequence: 9 }, { sequence: 7 }, [1, 9, issuedAtMs]],
    ['by the epoch first', { epoch: 2, sequence: 1 }, { sequence: 9 }, [2, 1, issuedAtMs]],
    ['by the epoch of the volume first', { sequence: 9 }, { epoch: 2, sequence: 1 }, [2, 1, issuedAtMs]],
    [
      'with the later time of both',
      { sequence: 9 },
      { sequence: 7, issuedAt: later },
      [1, 9, Date.parse(later)],
    ],
    ['with a time of none that can not be read', { issuedAt: 'x' }, undefined, [1, 5, 0]],
  ];
  for (const [name, cluster, volume, expected] of table) {
    test(name, async () => {
      const setup = await makeSetup();
      if (cluster !== undefined) {
        setup.records.onEvent({ type: 'ADDED', object: objectOf(setup.name, specOf(cluster), 1) });
      }
      if (volume !== undefined) setup.state.kept.set(setup.name, specOf(volume));
      assert.deepEqual(sequenceIn(setup), expected);
    });
  }

  test('one that can not be read refuses: it may be higher than anything', async () => {
    const setup = await makeSetup();
    setup.state.kept.set(setup.name, 'unreadable');
    assertThrowsWithCode(() => sequenceIn(setup), PolicyError, 'POLICY_INVALID');
    setup.state.kept.clear();
    setup.records.onEvent({ type: 'ADDED', object: objectOf(setup.name, { sequence: 'x' }, 1) });
    assertThrowsWithCode(() => sequenceIn(setup), PolicyError, 'POLICY_INVALID');
    setup.records.onEvent({ type: 'MODIFIED', object: objectOf(setup.name, specOf(), 2) });
    assert.deepEqual(sequenceIn(setup), [1, 5, issuedAtMs]);
  });

  test('an event of an older version changes nothing; a deleted record is gone', async () => {
    const setup = await makeSetup();
    setup.records.onEvent({ type: 'ADDED', object: objectOf(setup.name, specOf({ sequence: 9 }), 12) });
    setup.records.onEvent({ type: 'MODIFIED', object: objectOf(setup.name, specOf({ sequence: 7 }), 11) });
    assert.equal(sequenceIn(setup)[1], 9);
    setup.records.onEvent({ type: 'DELETED', object: objectOf(setup.name, specOf({ sequence: 9 }), 13) });
    assert.equal(sequenceIn(setup)[1], undefined);
  });
});

suite('raising', () => {
  test('makes the record of a channel, and keeps it on the volume', async () => {
    const setup = await makeSetup();
    await setup.records.raise(promotedOf());
    assert.deepEqual(
      setup.requests.map(({ method }) => method),
      ['POST'],
    );
    assert.deepEqual(promotionRecordSpecSchema.parse(Object(setup.requests[0]?.body).spec), specOf());
    assert.deepEqual(setup.state.kept.get(setup.name), specOf());
    assert.deepEqual(sequenceIn(setup), [1, 5, issuedAtMs]);
  });

  test('the same again asks nobody and writes nothing', async () => {
    const setup = await makeSetup();
    await setup.records.raise(promotedOf());
    await setup.records.raise(promotedOf());
    assert.equal(setup.requests.length, 1);
  });

  test('replaces what is lower, under the version that was read', async () => {
    const setup = await makeSetup();
    await setup.records.raise(promotedOf());
    await setup.records.raise(promotedOf({ sequence: 6, subject: computeDigest('b') }));
    const [, request] = setup.requests;
    assert.equal(request?.method, 'PUT');
    assert.equal(Object(request.body).metadata.resourceVersion, '1');
    assert.equal(sequenceIn(setup)[1], 6);
    await setup.records.raise(promotedOf({ epoch: 2, sequence: 1 }));
    assert.deepEqual(sequenceIn(setup).slice(0, 2), [2, 1]);
  });

  test('leaves what others hold a record by', async () => {
    const setup = await makeSetup();
    const held = {
      finalizers: ['backup.example.org/keep'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'fleet', uid: 'a' }],
      labels: { team: 'shop' },
    };
    const known = objectOf(setup.name, specOf(), 1, { note: 'x' });
    const object = kubeObjectSchema.parse({ ...known, metadata: { ...known.metadata, ...held } });
    setup.records.onEvent({ type: 'ADDED', object });
    await setup.records.raise(promotedOf({ sequence: 6 }));
    assert.deepEqual(Object(setup.requests[0]?.body).metadata, {
      name: setup.name,
      resourceVersion: '1',
      annotations: { note: 'x' },
      ...held,
    });
  });

  test('remembers the time of a heartbeat, and never an earlier one', async () => {
    const setup = await makeSetup();
    await setup.records.raise(promotedOf({}, issuedAtMs + 60_000));
    await setup.records.raise(promotedOf({ sequence: 6 }, issuedAtMs));
    assert.deepEqual(sequenceIn(setup), [1, 6, issuedAtMs + 60_000]);
  });

  test('writes the volume where only the cluster knows, and the cluster where only the volume does', async () => {
    const setup = await makeSetup();
    setup.records.onEvent({ type: 'ADDED', object: objectOf(setup.name, specOf(), 1) });
    await setup.records.raise(promotedOf());
    assert.deepEqual([setup.requests.length, setup.state.kept.get(setup.name)], [0, specOf()]);
    setup.records.onEvent({ type: 'DELETED', object: objectOf(setup.name, specOf(), 2) });
    await setup.records.raise(promotedOf());
    assert.equal(setup.requests.length, 1);
  });

  const below: readonly (readonly [string, object])[] = [
    ['a lower sequence', { sequence: 4 }],
    ['a lower epoch', { epoch: 0, sequence: 9 }],
    ['the same sequence of another digest', { subject: computeDigest('b') }],
  ];
  for (const [name, members] of below) {
    test(`${name} than another Delivery has raised meanwhile is a conflict`, async () => {
      const setup = await makeSetup();
      setup.records.onEvent({ type: 'ADDED', object: objectOf(setup.name, specOf(), 1) });
      const { retryable } = await assertRejectsWithCode(
        setup.records.raise(promotedOf(members)),
        KubeError,
        'KUBE_CONFLICT',
      );
      assert.ok(retryable);
      assert.equal(setup.requests.length, 0);
      assert.equal(setup.state.kept.size, 0);
    });

    test(`${name} than the volume has is a conflict, though the record was deleted meanwhile`, async () => {
      const setup = await makeSetup();
      setup.state.kept.set(setup.name, specOf());
      await assertRejectsWithCode(setup.records.raise(promotedOf(members)), KubeError, 'KUBE_CONFLICT');
      assert.deepEqual(setup.state.kept.get(setup.name), specOf());
    });
  }

  test('of a record that another writer has made is a conflict that may be tried again', async () => {
    const setup = await makeSetup(() => {
      throw new KubeError('KUBE_CONFLICT', 'x');
    });
    const { retryable } = await assertRejectsWithCode(
      setup.records.raise(promotedOf()),
      KubeError,
      'KUBE_CONFLICT',
    );
    assert.ok(retryable);
    assert.equal(setup.state.kept.size, 0);
  });

  test('goes on after a restore of etcd, whose versions count back, and forgets nothing for it', async () => {
    const restored = { version: 1002, sequence: 2 };
    const { name } = await makeSetup();
    const { records } = await makeSetup((request) => {
      const { metadata, spec } = Object(request.body);
      const stored = specOf({ sequence: restored.sequence });
      if (request.method === 'GET') return objectOf(name, stored, restored.version);
      if (metadata.resourceVersion !== `${restored.version}`) {
        throw new KubeError('KUBE_CONFLICT', 'the object has been modified', { retryable: true });
      }
      return objectOf(name, spec, restored.version + 1);
    });
    records.onEvent({ type: 'ADDED', object: objectOf(name, specOf({ sequence: 5 }), 1005) });
    const next = promotedOf({ sequence: 6 });
    await assertRejectsWithCode(records.raise(next), KubeError, 'KUBE_CONFLICT');
    await records.refresh(next.statement);
    assert.equal(records.highest('org/app', 'prod')?.sequence, 5);
    await records.raise(next);
    assert.equal(records.highest('org/app', 'prod')?.sequence, 6);
  });

  test('that the API server refuses is a failure', async () => {
    const setup = await makeSetup(() => {
      throw new KubeError('KUBE_FORBIDDEN', 'x');
    });
    await assertRejectsWithCode(setup.records.raise(promotedOf()), KubeError, 'KUBE_FORBIDDEN');
  });

  test('after a look at what another writer made', async () => {
    let name = '';
    const setup = await makeSetup((request) => {
      assert.equal(request.method, 'GET');
      assert.ok(request.path.endsWith(`/promotionrecords/${name}`));
      return objectOf(name, specOf({ sequence: 8 }), 3);
    });
    ({ name } = setup);
    await setup.records.refresh(promotedOf().statement);
    assert.equal(sequenceIn(setup)[1], 8);
  });
});

suite('a local rollback', () => {
  const asked = (setup: Setup, text: string | undefined, version: number): boolean =>
    setup.records.onEvent({
      type: 'MODIFIED',
      object: objectOf(
        setup.name,
        specOf(),
        version,
        text === undefined ? {} : { [localRollbackAnnotation]: text },
      ),
    });

  test('is news when it is asked for and when it is taken back', async () => {
    const setup = await makeSetup();
    assert.deepEqual(
      [undefined, '5', '5', undefined].map((text, index) => asked(setup, text, index + 1)),
      [false, true, false, true],
    );
  });

  for (const [text, sequence] of [
    ['5', 5],
    ['', undefined],
    ['x', undefined],
    ['-1', undefined],
    ['5 ', undefined],
    ['1e3', undefined],
    ['9'.repeat(30), undefined],
  ] as const) {
    test(`from ${JSON.stringify(text)} is ${sequence === undefined ? 'none' : 'one'}`, async () => {
      const setup = await makeSetup();
      asked(setup, text, 1);
      assert.equal(setup.records.rollbackFrom('org/app', 'prod'), sequence);
      assert.equal(setup.records.rollbackFrom('org/app', 'dev'), undefined);
    });
  }

  test('ends with the next sequence, and not before', async () => {
    const setup = await makeSetup();
    asked(setup, '5', 1);
    await setup.records.raise(promotedOf({}, issuedAtMs + 60_000));
    assert.equal(setup.records.rollbackFrom('org/app', 'prod'), 5);
    await setup.records.raise(promotedOf({ sequence: 6 }));
    assert.equal(setup.records.rollbackFrom('org/app', 'prod'), undefined);
  });
});

// Policies as the puller follows them: what is news, what recompiles, and what blocks everything.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createPolicies, type Policies } from '../../../puller/policies.ts';
import { createReferences, type References } from '../../../puller/references.ts';
import type { TrustPolicy } from '../../../src/api/trust-policy.ts';
import { PolicyError } from '../../../src/errors.ts';
import { kubeObjectSchema } from '../../../src/kube/object.ts';
import type { WatchEvent } from '../../../src/kube/watch.ts';
import { signingLimits } from '../../../src/limits.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { makePolicy } from '../../helpers/policies.ts';
import { publicPemOf, signerNamed } from '../../helpers/signers.ts';

const pem = publicPemOf(await signerNamed('release'));
const newPem = publicPemOf(await signerNamed('next'));
const byReference = { authorities: [{ name: 'release', key: { secretRef: { name: 'keys' } } }] };

function eventOf(type: WatchEvent['type'], policy: object): WatchEvent {
  return { type, object: kubeObjectSchema.parse(policy) };
}

function objectEvent(name: string, data: unknown, metadata: object = {}): WatchEvent {
  return eventOf('ADDED', { metadata: { name, uid: name, resourceVersion: '1', ...metadata }, data });
}

function secretOf(text: string): WatchEvent {
  return objectEvent('keys', { 'cosign.pub': Buffer.from(text).toString('base64') });
}

function makeSetup(): { readonly policies: Policies; readonly references: References } {
  const references = createReferences();
  return { policies: createPolicies(references), references };
}

function withMetadata(policy: TrustPolicy, metadata: object): object {
  return { ...policy, metadata: { ...policy.metadata, ...metadata } };
}

function problemsOf(policies: Policies): readonly (string | undefined)[] {
  return policies.all().map(({ problem }) => problem);
}

/** The hint of the one authority's key, where it could be read. */
function hintOf(policies: Policies): string | undefined {
  const authority = policies.list()[0]?.authorities.get('release');
  return authority !== undefined && 'key' in authority ? authority.key.hint : undefined;
}

suite('an event of a policy', () => {
  test('is news where the policy is new, of another spec, made anew, or deleted', async () => {
    const { policies } = makeSetup();
    const policy = await makePolicy();
    assert.equal(policies.onEvent(eventOf('ADDED', policy)), true);
    assert.equal(policies.onEvent(eventOf('MODIFIED', withMetadata(policy, { generation: 2 }))), true);
    assert.equal(
      policies.onEvent(eventOf('MODIFIED', withMetadata(policy, { generation: 2, uid: 'b' }))),
      true,
    );
    assert.equal(policies.list().length, 1);
    assert.equal(policies.onEvent(eventOf('DELETED', policy)), true);
    assert.deepEqual([policies.list(), policies.all()], [[], []]);
  });

  test('is no news where only its status has changed', async () => {
    const { policies } = makeSetup();
    const policy = await makePolicy();
    policies.onEvent(eventOf('ADDED', policy));
    const compiled = policies.list();
    const status = { observedGeneration: 1 };
    assert.equal(policies.onEvent(eventOf('MODIFIED', { ...policy, status })), false);
    assert.equal(policies.list()[0], compiled[0]);
    assert.deepEqual(policies.all()[0]?.policy.status, status);
    assert.equal(policies.onEvent(eventOf('ADDED', policy)), false);
  });

  test('is news where the API server gives no generation', async () => {
    const { policies } = makeSetup();
    const policy = withMetadata(await makePolicy(), { generation: undefined });
    assert.equal(policies.onEvent(eventOf('ADDED', policy)), true);
    assert.equal(policies.onEvent(eventOf('MODIFIED', policy)), true);
  });
});

suite('a policy blocks everything', () => {
  test('while it has no form that is known: it might be the one that refuses', async () => {
    const { policies } = makeSetup();
    policies.onEvent(eventOf('ADDED', await makePolicy({ name: 'good' })));
    const policy = await makePolicy();
    policies.onEvent(eventOf('ADDED', policy));
    assert.equal(policies.list().length, 2);
    const unknown = { ...withMetadata(policy, { generation: 2 }), spec: { newField: true } };
    assert.equal(policies.onEvent(eventOf('MODIFIED', unknown)), true);
    assertThrowsWithCode(() => policies.list(), PolicyError, 'POLICY_INVALID');
    assert.equal(policies.all().length, 1);
    policies.onEvent(eventOf('MODIFIED', withMetadata(policy, { generation: 3 })));
    assert.equal(policies.list().length, 2);
    policies.onEvent(eventOf('MODIFIED', unknown));
    policies.onEvent(eventOf('DELETED', unknown));
    assert.equal(policies.list().length, 1);
  });

  test('while nobody knows what it matches', async () => {
    const { policies } = makeSetup();
    const policy = await makePolicy();
    const match = [{ url: 'oci://h/a**b' }];
    policies.onEvent(eventOf('ADDED', { ...policy, spec: { ...policy.spec, match } }));
    assertThrowsWithCode(() => policies.list(), PolicyError, 'POLICY_INVALID');
  });

  test('not where it only can not be judged by: it refuses what it matches', async () => {
    const { policies } = makeSetup();
    policies.onEvent(eventOf('ADDED', await makePolicy({ signatures: { authorities: ['nobody'] } })));
    assert.equal(policies.list()[0]?.problem?.code, 'POLICY_INVALID');
    assert.match(problemsOf(policies)[0] ?? '', /nobody/u);
  });
});

suite('what a policy refers to', () => {
  test('counts as soon as it changes: a key that is rotated, and one that is gone', async () => {
    const { policies, references } = makeSetup();
    policies.onEvent(eventOf('ADDED', await makePolicy({ spec: byReference })));
    assert.notEqual(problemsOf(policies)[0], undefined);
    for (const [text, name] of [
      [pem, 'release'],
      [newPem, 'next'],
    ] as const) {
      references.onEvent('Secret', secretOf(text));
      assert.equal(policies.onReference('Secret', 'keys'), true);
      assert.equal(hintOf(policies), (await signerNamed(name)).verifyKey.hint);
    }
    references.onEvent('Secret', { ...secretOf(newPem), type: 'DELETED' });
    assert.equal(policies.onReference('Secret', 'keys'), true);
    assert.equal(policies.list()[0]?.problem?.code, 'POLICY_INVALID');
  });

  test('is no news for others', async () => {
    const { policies } = makeSetup();
    policies.onEvent(eventOf('ADDED', await makePolicy()));
    policies.onEvent(eventOf('ADDED', await makePolicy({ name: 'b', spec: byReference })));
    assert.equal(policies.onReference('ConfigMap', 'keys'), false);
    assert.equal(policies.onReference('Secret', 'key'), false);
    assert.equal(policies.onReference('Secret', 'keys'), true);
  });

  test('is kept where only the policy’s status changes', async () => {
    const { policies, references } = makeSetup();
    references.onEvent('Secret', secretOf(pem));
    const policy = await makePolicy({ spec: byReference });
    policies.onEvent(eventOf('ADDED', policy));
    references.onEvent('Secret', secretOf(newPem));
    policies.onReference('Secret', 'keys');
    policies.onEvent(eventOf('MODIFIED', { ...policy, status: { observedGeneration: 1 } }));
    assert.equal(hintOf(policies), (await signerNamed('next')).verifyKey.hint);
  });
});

suite('an event of what policies refer to', () => {
  const data = { a: 'b' };

  test('is news where the data is new, changed, or gone', () => {
    const references = createReferences();
    const isNews = (event: WatchEvent): boolean => references.onEvent('ConfigMap', event);
    assert.equal(isNews(objectEvent('x', data)), true);
    assert.equal(isNews(objectEvent('x', { a: 'c' })), true);
    assert.equal(isNews(objectEvent('x', { a: 'c', b: 'c' })), true);
    assert.equal(isNews({ ...objectEvent('x', data), type: 'DELETED' }), true);
  });

  test('is no news where a relist tells it again, or something else of it has changed', () => {
    const references = createReferences();
    references.onEvent('ConfigMap', objectEvent('x', data));
    for (const metadata of [{}, { resourceVersion: '2' }, { labels: { a: 'b' } }]) {
      assert.equal(references.onEvent('ConfigMap', objectEvent('x', data, metadata)), false);
    }
    references.onEvent('Secret', secretOf(pem));
    assert.equal(references.onEvent('Secret', secretOf(pem)), false);
    assert.equal(references.onEvent('Secret', secretOf(newPem)), true);
  });

  test('is no news where what was never known is gone', () => {
    const event = { ...objectEvent('x', data), type: 'DELETED' } as const;
    assert.equal(createReferences().onEvent('ConfigMap', event), false);
  });
});

suite('references', () => {
  const read = (references: References, kind: 'Secret' | 'ConfigMap', key = 'a'): string | undefined =>
    references.read({ kind, name: 'x', key });

  test('are text in a ConfigMap and base64 in a Secret, each by its kind', () => {
    const references = createReferences();
    references.onEvent('ConfigMap', objectEvent('x', { a: 'YQ==' }));
    assert.deepEqual([read(references, 'ConfigMap'), read(references, 'Secret')], ['YQ==', undefined]);
    references.onEvent('Secret', objectEvent('x', { a: 'YQ==' }));
    assert.deepEqual([read(references, 'ConfigMap'), read(references, 'Secret')], ['YQ==', 'a']);
    assert.equal(read(references, 'Secret', 'b'), undefined);
    assert.equal(read(references, 'Secret', 'constructor'), undefined);
  });

  test('are gone with their object, its data, or its form', () => {
    const gone: readonly WatchEvent[] = [
      { ...objectEvent('x', { a: 'b' }), type: 'DELETED' },
      objectEvent('x', undefined),
      objectEvent('x', { a: 1 }),
      objectEvent('x', { a: 'b'.repeat(signingLimits.trustRootBytes + 1) }),
    ];
    for (const event of gone) {
      const references = createReferences();
      references.onEvent('ConfigMap', objectEvent('x', { a: 'b' }));
      references.onEvent('ConfigMap', event);
      assert.equal(read(references, 'ConfigMap'), undefined);
    }
  });

  test('were written when the latest writer wrote', () => {
    const references = createReferences();
    const updatedAt = (): string | undefined => references.updatedAt({ kind: 'Secret', name: 'x', key: 'a' });
    assert.equal(updatedAt(), undefined);
    references.onEvent('Secret', objectEvent('x', {}));
    assert.equal(updatedAt(), undefined);
    const creationTimestamp = '2026-01-01T00:00:00Z';
    references.onEvent('Secret', objectEvent('x', {}, { creationTimestamp }));
    assert.equal(updatedAt(), creationTimestamp);
    const managedFields = [{ time: '2026-03-01T00:00:00Z' }, { time: '2026-02-01T00:00:00Z' }, {}];
    references.onEvent('Secret', objectEvent('x', {}, { creationTimestamp, managedFields }));
    assert.equal(updatedAt(), '2026-03-01T00:00:00Z');
  });
});

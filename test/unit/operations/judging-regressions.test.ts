// Holes in judging outside the cluster that a review found: what a policy file or a cluster tells was taken where the
// puller would not take it, and what a Delivery changes was left out.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { apiVersion } from '../../../src/api/common.ts';
import { InputError, KubeError } from '../../../src/errors.ts';
import type { ContentStore } from '../../../src/oci/content-store.ts';
import { readClusterFacts, type ClusterFacts } from '../../../src/operations/cluster-facts.ts';
import { parsePolicyFile } from '../../../src/operations/policy-file.ts';
import { publish } from '../../../src/operations/publish.ts';
import { judgeReference, type JudgeRequest } from '../../../src/operations/verify.ts';
import { parseSourceUrl } from '../../../src/trust/source-url.ts';
import { assertRejectsWithCode, assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { answeringClient } from '../../helpers/kube-client.ts';
import { createMemoryStore } from '../../../src/oci/memory-store.ts';
import { compileInput } from '../../helpers/policies.ts';
import { configFile, makePorts, noon } from '../../helpers/published.ts';
import { publicPemOf, signerNamed } from '../../helpers/signers.ts';

const pem = publicPemOf(await signerNamed('release'));

const policy = {
  apiVersion,
  kind: 'TrustPolicy',
  metadata: { name: 'site' },
  spec: {
    match: [{ url: 'oci://registry.site/config/*' }],
    authorities: [{ name: 'release', key: { secretRef: { name: 'keys' } } }],
    signatures: { authorities: ['release'] },
  },
};

/** The Secret that the policy refers to. */
function secretOf(members: object = {}, metadata: object = {}): object {
  const stringData = { 'cosign.pub': pem };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'keys', ...metadata },
    stringData,
    ...members,
  };
}

suite('a policy file', () => {
  function problemWith(secret: object, namespace?: string): string | undefined {
    const text = [policy, secret].map((one) => JSON.stringify(one)).join('\n---\n');
    const { policies } = parsePolicyFile('policies.yaml', Buffer.from(text), namespace);
    return policies[0]?.problem?.code;
  }

  const table: readonly (readonly [string, object, string | undefined, boolean])[] = [
    ['without a namespace', secretOf(), undefined, true],
    ['of the puller’s usual namespace', secretOf({}, { namespace: 'sealift-system' }), undefined, true],
    ['of the puller’s namespace', secretOf({}, { namespace: 'delivery' }), 'delivery', true],
    ['of a tenant’s namespace', secretOf({}, { namespace: 'tenant' }), undefined, false],
    [
      'of the usual namespace, where the puller has another',
      secretOf({}, { namespace: 'sealift-system' }),
      'x',
      false,
    ],
    ['of the usual type', secretOf({ type: 'Opaque' }), undefined, true],
    ['of another type', secretOf({ type: 'kubernetes.io/tls' }), undefined, false],
  ];
  for (const [name, secret, namespace, isTaken] of table) {
    test(`${isTaken ? 'takes' : 'leaves'} a Secret ${name}`, () => {
      assert.equal(problemWith(secret, namespace), isTaken ? undefined : 'POLICY_INVALID');
    });
  }

  for (const [name, members] of [
    ['a number', { data: { a: 1 } }],
    ['a list', { data: ['a'] }],
    ['a map below it', { stringData: { a: { b: 'c' } } }],
  ] as const) {
    test(`whose data is ${name} is wrong input`, () => {
      assertThrowsWithCode(() => problemWith(secretOf(members)), InputError, 'INPUT_INVALID');
      const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'roots' }, ...members };
      assertThrowsWithCode(() => problemWith(configMap), InputError, 'INPUT_INVALID');
    });
  }
});

suite('the facts of a cluster', () => {
  type Answers = { readonly secret?: unknown; readonly policies?: unknown; readonly records?: unknown };

  function readFacts({
    secret = { data: { 'cosign.pub': Buffer.from(pem).toString('base64') } },
    policies = { items: [{ ...policy, metadata: { name: 'site', uid: 'a', resourceVersion: '1' } }] },
    records = { items: [] },
  }: Answers = {}): Promise<ClusterFacts> {
    const delivery = {
      metadata: { namespace: 'tenant', name: 'app', uid: 'a', resourceVersion: '1' },
      spec: { source: { url: 'oci://registry.site/config/app', ref: { tag: 'prod' } }, prune: true },
    };
    const bodies = new Map<string, unknown>([
      [`/apis/${apiVersion}/namespaces/tenant/deliveries/app`, delivery],
      [`/apis/${apiVersion}/trustpolicies`, policies],
      [`/apis/${apiVersion}/promotionrecords`, records],
      ['/api/v1/namespaces/sealift-system/secrets/keys', secret],
    ]);
    const client = answeringClient(({ path }) => {
      if (!bodies.has(path)) throw new KubeError('KUBE_NOT_FOUND', path);
      return bodies.get(path);
    });
    return readClusterFacts(client, { namespace: 'tenant', name: 'app', pullerNamespace: 'sealift-system' });
  }

  test('have the Secrets that the puller watches, and no others', async () => {
    const data = { 'cosign.pub': Buffer.from(pem).toString('base64') };
    for (const [type, code] of [
      [undefined, undefined],
      ['Opaque', undefined],
      ['kubernetes.io/tls', 'POLICY_INVALID'],
    ] as const) {
      const { policies } = await readFacts({ secret: { type, data } });
      assert.equal(policies[0]?.problem?.code, code, type);
    }
  });

  for (const [name, answers] of [
    ['a Secret', { secret: { data: { 'cosign.pub': 1 } } }],
    ['the list of policies', { policies: { items: 'x' } }],
    ['the list of records', { records: [] }],
  ] as const) {
    test(`of an unknown form are wrong input: ${name}`, async () => {
      await assertRejectsWithCode(readFacts(answers), InputError, 'INPUT_INVALID');
    });
  }
});

suite('what a Delivery changes is judged', () => {
  async function makeStore(): Promise<ContentStore> {
    const store = createMemoryStore();
    const own = { apiVersion, kind: 'Delivery', metadata: { name: 'x' }, spec: {} };
    const value = 'ENC[AES256_GCM,data:aa==,iv:aa==,tag:aa==,type:str]';
    const metadata = { name: 's' };
    const sealed = { apiVersion: 'v1', kind: 'Secret', metadata, data: { a: value }, sops: { mac: value } };
    const template = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 't', namespace: '${ns}' } };
    const files = [
      { ...configFile('a'), path: 'a/a.yaml' },
      { path: 'own/own.yaml', bytes: Buffer.from(JSON.stringify(own)) },
      { path: 'sealed/s.yaml', bytes: Buffer.from(JSON.stringify(sealed)) },
      { path: 'sealed/open/c.yaml', bytes: Buffer.from(JSON.stringify(template)) },
    ];
    const signer = await signerNamed('release');
    await publish({ store, files, annotations: {}, signer, tags: ['prod'] }, makePorts());
    return store;
  }

  /** What the last check found: the code of its failure, or its words. */
  async function lastOf(transforms: JudgeRequest['transforms']): Promise<string | undefined> {
    const allowed = await compileInput({
      spec: { allowTransforms: ['path', 'commonMetadata', 'substitution', 'decryption'] },
    });
    const { checks } = await judgeReference(await makeStore(), {
      followed: { url: parseSourceUrl('oci://registry.site/config/app'), tag: 'prod', namespace: 'tenant' },
      reference: 'prod',
      policies: [allowed],
      highest: () => undefined,
      ...(transforms === undefined ? {} : { transforms }),
      pullerNamespace: 'sealift-system',
      nowMs: noon,
    });
    const last = checks.at(-1);
    assert.equal(last?.name, 'content');
    return last.error?.code ?? last.found;
  }

  test('whole, it holds what it may not', async () => {
    assert.equal(await lastOf(undefined), 'SELF_MODIFICATION');
    assert.equal(await lastOf({ path: './own' }), 'SELF_MODIFICATION');
  });

  test('of a folder only what lies in it', async () => {
    assert.match((await lastOf({ path: './a' })) ?? '', /^1 objects in /u);
  });

  test('what needs the cluster is told, and what the Delivery would leave encrypted is refused', async () => {
    const path = './sealed';
    const decryption = { provider: 'sops', secretRef: { name: 'keys' } } as const;
    const postBuild = { substituteStrategy: 'WithVariables' } as const;
    assert.equal(await lastOf({ path, postBuild }), 'NOT_DECRYPTED');
    assert.equal(await lastOf({ path, decryption }), 'RESOURCE_INVALID');
    assert.match(
      (await lastOf({ path, decryption, postBuild })) ?? '',
      /^1 objects .*; 1 encrypted files are not decrypted here; variables are not filled in here$/u,
    );
  });

  test('a folder that holds nothing, and metadata of ours, are refused as the puller does', async () => {
    assert.equal(await lastOf({ path: './b' }), 'INPUT_INVALID');
    const commonMetadata = { labels: { 'sealift.dev/owner': 'x' } };
    assert.equal(await lastOf({ path: './a', commonMetadata }), 'INPUT_INVALID');
    assert.match(
      (await lastOf({ path: './a', commonMetadata: { labels: { a: 'b' } } })) ?? '',
      /^1 objects/u,
    );
  });
});

// Attacks around a policy: another spelling of a place, a digest in place of a channel, two policies for one channel, an
// artifact that changes its judge; and what a policy refuses although everything is signed.
import assert from 'node:assert/strict';
import { after, suite, test, type TestContext } from 'node:test';
import { stringify } from 'yaml';
import type { ErrorCode } from '../../src/errors.ts';
import type { Content } from '../../src/oci/manifest.ts';
import type { KeySigner } from '../../src/signing/signer.ts';
import { openField, type PolicyDocument, type RefusedAnswer } from '../helpers/field.ts';
import { attestTo, promoteBy, pushFiles, releaseValue } from '../helpers/forging.ts';
import { configFile } from '../helpers/published.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

const field = await openField();
const registry = await startReferrersRegistry(field.cwd);
after(async () => {
  await registry.stop();
  await field.close();
});
const [release, promoter] = await Promise.all([field.signer('release'), field.signer('promoter')]);

type Place = {
  readonly store: RegistryStore;
  readonly repository: string;
  readonly reference: string;
  /** Writes a policy file for this repository, and others. */
  policies(...documents: readonly Partial<PolicyDocument>[]): Promise<string>;
  refused(code: ErrorCode, ...documents: readonly Partial<PolicyDocument>[]): Promise<RefusedAnswer>;
  accepted(...documents: readonly Partial<PolicyDocument>[]): Promise<Readonly<Record<string, unknown>>>;
};

let places = 0;

/** A repository of its own; what is judged is its tag `prod`. */
function makePlace(t: TestContext): Place {
  places += 1;
  const repository = `acme/app-${places}`;
  const reference = `${registry.host}/${repository}`;
  const name = `policies-${places}.yaml`;
  const policies: Place['policies'] = (...documents) =>
    field.policies(
      name,
      ...documents.map((document, index) => ({
        name: `policy-${index + 1}`,
        url: `oci://${reference}`,
        ...document,
      })),
    );
  const verify = async (documents: readonly Partial<PolicyDocument>[]): Promise<readonly string[]> => {
    const file = await policies(...(documents.length === 0 ? [{}] : documents));
    return ['verify', `${reference}:prod`, '--policy', file];
  };
  return {
    store: openStore(t, reference),
    repository,
    reference,
    policies,
    refused: async (code, ...documents) => field.refused(code, await verify(documents)),
    accepted: async (...documents) => field.json(await verify(documents)),
  };
}

/** A release that `prod` shows by a good promotion. */
async function promoted({ store, repository }: Place, value = 'a'): Promise<Content> {
  const artifact = await releaseValue(store, release, value, 'prod');
  await promoteBy(store, artifact.descriptor, promoter, { repository });
  return artifact;
}

suite('the place', { concurrency: 4 }, () => {
  test('a digest ref around a channel: a policy with promotion is about its channels alone', async (t) => {
    const place = makePlace(t);
    const { descriptor } = await promoted(place);
    const file = await place.policies({});
    const at = `${place.reference}@${descriptor.digest}`;
    await field.refused('REF_NOT_A_CHANNEL', ['verify', at, '--policy', file]);
    await field.refused('REF_NOT_A_CHANNEL', ['verify', `${place.reference}:1.0`, '--policy', file]);
    await field.json(['verify', `${place.reference}:prod@${descriptor.digest}`, '--policy', file]);
  });

  for (const [name, as] of [
    ['the port that is the default', 'oci://registry.example:443/config/app'],
    ['capital letters in the host', 'oci://Registry.Example/config/app'],
    ['a tag', 'oci://registry.example/config/app:prod'],
    ['a digest', `oci://registry.example/config/app@sha256:${'0'.repeat(64)}`],
    ['no scheme', 'registry.example/config/app'],
  ] as const) {
    test(`non-canonical URL, ${name}: there is no way around a strict policy`, async (t) => {
      const place = makePlace(t);
      await promoted(place);
      const file = await place.policies({ url: 'oci://registry.example/config/*' });
      const verify = ['verify', `${place.reference}:prod`, '--policy', file, '--as', as];
      await field.refused('URL_NOT_CANONICAL', verify);
    });
  }

  test('a policy whose host has a star is none: nobody knows whose registries it would take', async (t) => {
    const place = makePlace(t);
    await promoted(place);
    await place.refused('INPUT_INVALID', { url: 'oci://*/**', promotion: null });
    await place.refused('INPUT_INVALID', { url: '**', promotion: null });
  });

  for (const as of [
    'oci://registry.example/config/../secret/app',
    'oci://registry.example/config//app',
    'oci://registry.example./config/app',
  ]) {
    test(`what two readers read differently, ${as}`, async (t) => {
      const place = makePlace(t);
      const file = await place.policies({});
      await field.refused('REFERENCE_INVALID', [
        'verify',
        `${place.reference}:prod`,
        '--policy',
        file,
        '--as',
        as,
      ]);
    });
  }

  test('no policy is no free pass', async (t) => {
    const place = makePlace(t);
    await promoted(place);
    await place.refused('POLICY_MISSING', { url: 'oci://registry.example/**' });
    // `app` is not `app-evil`, and one star is one segment.
    await place.refused('POLICY_MISSING', { url: `oci://${place.reference.slice(0, -1)}` });
    await place.refused('POLICY_MISSING', { url: `oci://${registry.host}/*` });
    await place.accepted({ url: `oci://${registry.host}/**` });
  });

  test('a policy for another namespace is none for this one', async (t) => {
    const place = makePlace(t);
    await promoted(place);
    const file = await place.policies({ namespaces: ['team-a'] });
    const verify = ['verify', `${place.reference}:prod`, '--policy', file];
    await field.refused('INPUT_MISSING', verify);
    await field.refused('POLICY_MISSING', [...verify, '-n', 'team-b']);
    await field.json([...verify, '-n', 'team-a']);
  });
});

suite('several policies', { concurrency: 4 }, () => {
  test('all that match must accept: a loose one beside a strict one loosens nothing', async (t) => {
    const place = makePlace(t);
    await releaseValue(place.store, release, 'a', 'prod');
    const loose = { promotion: null };
    await place.accepted(loose);
    await place.refused('STATEMENT_MISSING', loose, {});
    await place.refused('STATEMENT_MISSING', {}, loose);
  });

  test('two policies for one channel', async (t) => {
    const place = makePlace(t);
    await promoted(place);
    const { message } = await place.refused('POLICY_INVALID', {}, { url: `oci://${registry.host}/acme/*` });
    assert.match(message, /policy-1 and policy-2 both claim/u);
  });

  test('two policies for one channel through two urls that lead to one name', async (t) => {
    const place = makePlace(t);
    await promoted(place);
    const mirror = { url: 'oci://mirror.example/apps/*', spec: { repository: 'acme/{1}' } };
    await place.refused('POLICY_INVALID', {}, mirror);
    // One that only audits claims nothing.
    await place.accepted({}, { ...mirror, spec: { ...mirror.spec, mode: 'Audit' } });
  });

  test('a policy that can not be read refuses what it matches', async (t) => {
    const place = makePlace(t);
    await promoted(place);
    await place.refused('POLICY_INVALID', {}, { promotion: null, authorities: [{ name: 'release' }] });
    await place.refused('POLICY_INVALID', { signatures: { authorities: ['nobody'] } });
  });

  test('promotion key = release key', async (t) => {
    const place = makePlace(t);
    await promoted(place);
    const channels = [{ tag: 'prod', authorities: ['release'] }];
    await place.refused('POLICY_INVALID', { promotion: { channels } });
    const copy = { name: 'copy', key: { data: await field.read('release.pub') } };
    const copied = { channels: [{ tag: 'prod', authorities: ['copy'] }] };
    const { message } = await place.refused('POLICY_INVALID', {
      authorities: ['release', copy],
      promotion: copied,
    });
    assert.match(message, /also signs releases/u);
  });

  test('Audit warns, and takes what Enforce would refuse', async (t) => {
    const place = makePlace(t);
    await releaseValue(place.store, release, 'a', 'prod');
    const answer = await place.accepted({ spec: { mode: 'Audit' } });
    assert.deepEqual(
      (answer['warnings'] as { policy: string; code: string }[]).map(({ policy, code }) => [policy, code]),
      [['policy-1', 'STATEMENT_MISSING']],
    );
    assert.equal(answer['promotion'], null);
    await place.refused('STATEMENT_MISSING', {});
  });
});

suite('who promotes by a policy file', { concurrency: 4 }, () => {
  const promote = (place: Place, file: string): readonly string[] => [
    'promote',
    `${place.reference}:1.0`,
    'prod',
    '--policy',
    file,
    '--key',
    'promoter.key',
  ];

  test('promotes nothing unsigned, also where the policy only audits', async (t) => {
    const place = makePlace(t);
    await pushFiles(place.store, [configFile('a')], '1.0');
    for (const mode of ['Enforce', 'Audit']) {
      const file = await place.policies({ spec: { mode } });
      await field.refused('SIGNATURE_MISSING', promote(place, file));
    }
  });

  test('promotes nothing that another policy denies, or that lacks an attestation', async (t) => {
    const place = makePlace(t);
    const { descriptor } = await releaseValue(place.store, release, 'a', '1.0');
    const denied = await place.policies(
      {},
      { promotion: null, spec: { deniedDigests: [descriptor.digest] } },
    );
    await field.refused('DIGEST_DENIED', promote(place, denied));
    const attestations = [{ predicateType: 'https://example.org/a', authorities: ['release'] }];
    const unattested = await place.policies({}, { promotion: null, spec: { attestations } });
    await field.refused('ATTESTATION_MISSING', promote(place, unattested));
  });

  test('promotes as the policy says that enforces, whatever one says that audits', async (t) => {
    const place = makePlace(t);
    await releaseValue(place.store, release, 'a', '1.0');
    const channels = [{ tag: 'prod', authorities: ['promoter'] }];
    const audits = { promotion: { epoch: 7, channels }, spec: { mode: 'Audit', repository: 'acme/planned' } };
    const file = await place.policies(audits, {});
    await field.json(promote(place, file));
    const { promotion, warnings } = await field.json(['verify', `${place.reference}:prod`, '--policy', file]);
    assert.equal((promotion as { sequence: number } | null)?.sequence, 1);
    assert.equal((warnings as unknown[]).length, 1);
  });
});

suite('the artifact', { concurrency: 4 }, () => {
  test('a denied digest', async (t) => {
    const place = makePlace(t);
    const { descriptor } = await promoted(place);
    await place.accepted({ spec: { deniedDigests: [`sha256:${'0'.repeat(64)}`] } });
    await place.refused('DIGEST_DENIED', { spec: { deniedDigests: [descriptor.digest] } });
  });

  for (const [name, object] of [
    [
      'a TrustPolicy',
      { apiVersion: 'sealift.dev/v1alpha1', kind: 'TrustPolicy', metadata: { name: 'loose' } },
    ],
    [
      'a Delivery of another version of the API',
      { apiVersion: 'sealift.dev/v9', kind: 'Delivery', metadata: { name: 'a', namespace: 'team' } },
    ],
    [
      'the label that widens the puller’s rights',
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'a', labels: { 'sealift.dev/aggregate-to-puller': 'true' } },
      },
    ],
    [
      'something in the puller’s namespace',
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a', namespace: 'sealift-system' } },
    ],
    ['the puller’s namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sealift-system' } }],
    [
      'a definition of our API',
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'trustpolicies.sealift.dev' },
      },
    ],
  ] as const) {
    test(`self-modification: an artifact that holds ${name}`, async (t) => {
      const place = makePlace(t);
      const file = { path: 'a.yaml', bytes: Buffer.from(stringify(object)) };
      const artifact = await pushFiles(place.store, [file], 'prod');
      await attestTo(place.store, artifact.descriptor, release);
      await promoteBy(place.store, artifact.descriptor, promoter, { repository: place.repository });
      await place.refused('SELF_MODIFICATION', {});
    });
  }

  test('an artifact whose files are no Kubernetes objects', async (t) => {
    const place = makePlace(t);
    const file = { path: 'a.yaml', bytes: Buffer.from('just: words\n') };
    const artifact = await pushFiles(place.store, [file], 'prod');
    await attestTo(place.store, artifact.descriptor, release);
    await promoteBy(place.store, artifact.descriptor, promoter, { repository: place.repository });
    await place.refused('RESOURCE_INVALID', {});
  });
});

suite('attestations', { concurrency: 4 }, () => {
  const type = 'https://example.org/tests/v1';
  const asked = (expr?: string): Partial<PolicyDocument> => ({
    authorities: ['release', 'promoter', 'tester'],
    spec: {
      attestations: [
        { predicateType: type, authorities: ['tester'], ...(expr === undefined ? {} : { expr }) },
      ],
    },
  });
  const attested = async (place: Place, signer: KeySigner, predicate: object): Promise<void> => {
    const { descriptor } = await promoted(place);
    await attestTo(place.store, descriptor, signer, { type, predicate });
  };

  test('missing', async (t) => {
    const place = makePlace(t);
    await promoted(place);
    const { message } = await place.refused('ATTESTATION_MISSING', asked());
    assert.match(message, /https:\/\/example\.org\/tests\/v1/u);
  });

  test('by the wrong authority', async (t) => {
    const place = makePlace(t);
    await attested(place, release, { passed: true });
    await place.refused('ATTESTATION_MISSING', asked());
  });

  test('of another type by the right authority', async (t) => {
    const place = makePlace(t);
    const { descriptor } = await promoted(place);
    await attestTo(place.store, descriptor, await field.signer('tester'), { type: `${type}/draft` });
    await place.refused('ATTESTATION_MISSING', asked());
  });

  test('whose predicate does not meet the expression, or can not be judged by it', async (t) => {
    const place = makePlace(t);
    const tester = await field.signer('tester');
    await attested(place, tester, { passed: false });
    await place.accepted(asked());
    await place.refused('ATTESTATION_MISSING', asked('predicate.passed'));
    await place.refused('ATTESTATION_MISSING', asked('predicate.failures < 3'));
    // Not true is no pass, also where it is truthy elsewhere.
    await place.refused('ATTESTATION_MISSING', asked('"true"'));
    await place.refused('POLICY_INVALID', asked('predicate.passed &&'));
    await place.accepted(asked('!predicate.passed'));
  });

  test('about another artifact', async (t) => {
    const place = makePlace(t);
    const { descriptor } = await promoted(place, 'a');
    const other = await releaseValue(place.store, release, 'b');
    const forged = { type, predicate: { passed: true }, about: other.descriptor.digest };
    await attestTo(place.store, descriptor, await field.signer('tester'), forged);
    await place.refused('ATTESTATION_MISSING', asked());
  });
});

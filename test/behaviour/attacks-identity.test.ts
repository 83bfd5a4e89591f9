// Attacks on certified identities, with certificates of a real Fulcio: others of the same authority that look alike,
// proofs that belong to something else, roots that do not fit. By options and by a policy, the verdict is one.
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { ErrorCode } from '../../src/errors.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { legacyAnnotations } from '../../src/signing/legacy-signature.ts';
import { configMapOf, openField, type RefusedAnswer } from '../helpers/field.ts';
import { attachRaw, copyBare, pushValue, readBundles, readLegacy, writeLegacy } from '../helpers/forging.ts';
import { openClosableStore, openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';
import { startSigstore, type Claims } from '../servers/sigstore/stack.ts';

const field = await openField();
const [sigstore, stranger, registry] = await Promise.all([
  startSigstore(field.path('sigstore')),
  startSigstore(field.path('stranger')),
  startReferrersRegistry(field.cwd),
]);
after(async () => {
  await Promise.all([sigstore.stop(), stranger.stop(), registry.stop()]);
  await field.close();
});
const past = new Date(Date.now() - 3_600_000).toISOString();
const roots = {
  'root.json': sigstore.trustedRoot(),
  'root-no-log.json': sigstore.trustedRoot({ tlogs: false }),
  'root-no-time.json': sigstore.trustedRoot({ timestampAuthorities: false }),
  'root-ended.json': sigstore.trustedRoot({ certificateValidity: { end: past } }),
  'root-foreign.json': stranger.trustedRoot(),
};
await Promise.all([
  ...Object.entries(roots).map(([name, root]) => field.write(name, root)),
  field.write('config.json', sigstore.signingConfig()),
  field.write('config-no-log.json', sigstore.signingConfig({ rekor: false })),
]);

type Signed = { readonly store: RegistryStore; readonly reference: string; readonly artifact: Content };

let places = 0;

/** An artifact, signed keyless by the real command with a token of these claims. */
async function signed(
  claims: Partial<Claims> = {},
  flags: readonly string[] = [],
  value = 'a',
): Promise<Signed> {
  const reference = `${registry.host}/acme/app-${(places += 1)}`;
  const { store, close } = openClosableStore(reference);
  after(close);
  const artifact = await pushValue(store, value, '1.0');
  const config = flags.includes('--signing-config') ? [] : ['--signing-config', 'config.json'];
  await field.json(['sign', `${reference}:1.0`, ...config, '--trusted-root', 'root.json', ...flags], {
    SIGSTORE_ID_TOKEN: sigstore.token(claims),
  });
  return { store, reference, artifact };
}

const jobOf = (repository: string): Partial<Claims> => ({
  job_workflow_ref: `${repository}/.github/workflows/release.yml@refs/heads/main`,
  repository,
});
const legacyFlags = ['--signature-format', 'legacy', '--signing-config', 'config-no-log.json'];

// Only looked at by the tests, which forge in repositories of their own.
const [plain, plainOther, evil, prefixed, good] = await Promise.all([
  signed(),
  signed({}, [], 'b'),
  signed(jobOf('acme/app-evil')),
  signed(jobOf('evil/https:/github.com/acme/app')),
  signed(jobOf('acme/app')),
]);

type Wanted = {
  readonly subject?: string;
  readonly subjectRegExp?: string;
  readonly issuer?: string;
  readonly claims?: object;
  readonly root?: keyof typeof roots;
  readonly logThreshold?: number;
};

function byOptions(reference: string, wanted: Wanted): readonly string[] {
  const { subject, subjectRegExp, issuer = sigstore.issuer, root = 'root.json' } = wanted;
  const identity =
    subjectRegExp === undefined
      ? `--certificate-identity=${subject ?? sigstore.identity()}`
      : `--certificate-identity-regexp=${subjectRegExp}`;
  return [
    'verify',
    `${reference}:1.0`,
    identity,
    `--certificate-oidc-issuer=${issuer}`,
    `--trusted-root=${root}`,
  ];
}

async function byPolicy(reference: string, wanted: Wanted): Promise<readonly string[]> {
  const { subject, subjectRegExp, issuer = sigstore.issuer, root = 'root.json', ...rest } = wanted;
  const who = subjectRegExp === undefined ? { subject: subject ?? sigstore.identity() } : { subjectRegExp };
  const keyless = { issuer, ...who, trustedRootRef: { name: 'root' }, ...rest };
  const file = await field.policies(
    `policy-${(places += 1)}.yaml`,
    { url: `oci://${reference}`, authorities: [{ name: 'release', keyless }], promotion: null },
    configMapOf('root', { 'trusted_root.json': JSON.stringify(roots[root]) }),
  );
  return ['verify', `${reference}:1.0`, '--policy', file];
}

/** Refused with the same code by options and by a policy. */
async function refused(code: ErrorCode, reference: string, wanted: Wanted): Promise<RefusedAnswer> {
  const [answer] = await Promise.all([
    field.refused(code, byOptions(reference, wanted)),
    byPolicy(reference, wanted).then((args) => field.refused(code, args)),
  ]);
  return answer;
}

async function accepted(reference: string, wanted: Wanted = {}): Promise<void> {
  await Promise.all([
    field.json(byOptions(reference, wanted)),
    byPolicy(reference, wanted).then((args) => field.json(args)),
  ]);
}

suite('who signed', { concurrency: 3 }, () => {
  test('regex acme/app does not accept acme/app-evil, nor evil/acme/app', async () => {
    for (const subjectRegExp of [
      'https://github.com/acme/app',
      'https://github.com/acme/app|https://github.com/acme/other',
      String.raw`https://github\.com/acme/app/.*`,
    ]) {
      await refused('IDENTITY_MISMATCH', evil.reference, { subjectRegExp });
    }
    await refused('IDENTITY_MISMATCH', prefixed.reference, { subjectRegExp: 'https://github.com/acme/app' });
    await accepted(good.reference, { subjectRegExp: String.raw`https://github\.com/acme/app/.*` });
  });

  test('a subject that begins or ends like the right one is another', async () => {
    const { reference } = plain;
    const right = sigstore.identity();
    for (const subject of [right.slice(0, -1), `${right}x`, right.toUpperCase()]) {
      await refused('IDENTITY_MISMATCH', reference, { subject });
    }
    await accepted(reference);
  });

  test('wrong issuer: the same subject by another issuer is somebody else', async () => {
    const { reference } = plain;
    await refused('ISSUER_MISMATCH', reference, { issuer: stranger.issuer });
    await refused('ISSUER_MISMATCH', reference, { issuer: `${sigstore.issuer}/` });
  });

  test('a repository of the same name under another id or owner', async () => {
    const { reference } = plain;
    const policy = async (claims: object): Promise<readonly string[]> => byPolicy(reference, { claims });
    await field.json(
      await policy({ sourceRepositoryId: '1001', ownerId: '2002', environment: 'production' }),
    );
    for (const claims of [
      { sourceRepositoryId: '1002' },
      { ownerId: '2003' },
      { environment: 'staging' },
      { runnerEnvironment: 'self-hosted' },
      { ref: 'refs/heads/mai' },
      { trigger: 'pull_request' },
    ]) {
      await field.refused('IDENTITY_MISMATCH', await policy(claims));
    }
  });

  test('a key’s signature is no identity’s, and an identity’s is no key’s', async (t) => {
    const { store, reference, artifact } = plain;
    await field.signer('release');
    await field.refused('SIGNATURE_INVALID', ['verify', `${reference}:1.0`, '--verify-key', 'release.pub']);
    const other = `${reference}-keyed`;
    const keyed = openStore(t, other);
    await copyBare(store, keyed, artifact);
    await keyed.tag(artifact, '1.0');
    await field.json(['sign', `${other}:1.0`, '--key', 'release.key']);
    await refused('SIGNATURE_INVALID', other, {});
  });
});

suite('empty identities accept nobody', { concurrency: 3 }, () => {
  test('an empty subject', async () => {
    const { reference } = plain;
    await field.refused('POLICY_INVALID', byOptions(reference, { subject: '' }));
    await field.refused('INPUT_INVALID', await byPolicy(reference, { subject: '' }));
  });

  for (const subjectRegExp of ['.*', '(a|)', 'a?', '^.*$', '[^x]*']) {
    test(`subjectRegExp ${subjectRegExp}, which matches the empty subject`, async () => {
      const { reference } = plain;
      await refused('POLICY_INVALID', reference, { subjectRegExp });
    });
  }

  test('an empty subjectRegExp, and one that is none', async () => {
    const { reference } = plain;
    await field.refused('POLICY_INVALID', byOptions(reference, { subjectRegExp: '' }));
    await field.refused('INPUT_INVALID', await byPolicy(reference, { subjectRegExp: '' }));
    await refused('POLICY_INVALID', reference, { subjectRegExp: 'a)|(b' });
    await refused('POLICY_INVALID', reference, { subjectRegExp: '(' });
  });

  test('a missing or empty issuer', async () => {
    const { reference } = plain;
    await field.refused('INPUT_MISSING', byOptions(reference, { issuer: '' }));
    await field.refused('INPUT_INVALID', await byPolicy(reference, { issuer: '' }));
    const identity = `--certificate-identity=${sigstore.identity()}`;
    const verify = ['verify', `${reference}:1.0`, '--trusted-root=root.json'];
    await field.refused('INPUT_MISSING', [...verify, identity]);
    await field.refused('INPUT_MISSING', [...verify, `--certificate-oidc-issuer=${sigstore.issuer}`]);
    await field.refused('INPUT_MISSING', verify.slice(0, 2));
  });
});

suite('proofs of something else', { concurrency: 3 }, () => {
  // oxlint-disable-next-line typescript/no-explicit-any -- a forger changes what no type allows
  type Change = (good: any, other: any) => void;
  const changes: readonly (readonly [string, ErrorCode, Change])[] = [
    [
      'log entry for another artifact',
      'LOG_PROOF_MISSING',
      (good, other) => {
        good.verificationMaterial.tlogEntries = other.verificationMaterial.tlogEntries;
      },
    ],
    [
      'log entry taken away',
      'LOG_PROOF_MISSING',
      (good) => {
        good.verificationMaterial.tlogEntries = [];
      },
    ],
    [
      'timestamp for another signature',
      'TIMESTAMP_MISSING',
      (good, other) => {
        good.verificationMaterial.timestampVerificationData =
          other.verificationMaterial.timestampVerificationData;
      },
    ],
    [
      'timestamp taken away',
      'TIMESTAMP_MISSING',
      (good) => {
        delete good.verificationMaterial.timestampVerificationData;
      },
    ],
    [
      'certificate of another signing',
      'SIGNATURE_INVALID',
      (good, other) => {
        good.verificationMaterial.certificate = other.verificationMaterial.certificate;
      },
    ],
  ];
  for (const [name, code, change] of changes) {
    test(name, async (t) => {
      const [bundle] = await readBundles(plain.store, plain.artifact.descriptor);
      const [others] = await readBundles(plainOther.store, plainOther.artifact.descriptor);
      change(bundle, others);
      const reference = `${plain.reference}-forged-${(places += 1)}`;
      const store = openStore(t, reference);
      await copyBare(plain.store, store, plain.artifact);
      await store.tag(plain.artifact, '1.0');
      await attachRaw(store, plain.artifact.descriptor, Buffer.from(JSON.stringify(bundle)));
      const { candidates } = await field.refused(code, byOptions(reference, {}));
      assert.equal(candidates?.length, 1);
      await field.refused(code, await byPolicy(reference, {}));
    });
  }

  test('a legacy signature with the certificate or the timestamp of another', async () => {
    const right = await signed({}, legacyFlags, 'a');
    const other = await signed(jobOf('acme/other'), legacyFlags, 'b');
    const wanted = { root: 'root-no-log.json', logThreshold: 0 } as const;
    await accepted(right.reference, wanted);
    const [good] = await readLegacy(right.store, right.artifact.descriptor.digest);
    const [others] = await readLegacy(other.store, other.artifact.descriptor.digest);
    assert.ok(good !== undefined && others !== undefined);
    const exchanged = [legacyAnnotations.certificate, legacyAnnotations.timestamp].map((name) => ({
      ...good,
      annotations: { ...good.annotations, [name]: others.annotations[name] ?? '' },
    }));
    const bare = { ...good, annotations: { ...good.annotations } };
    delete (bare.annotations as Record<string, string>)[legacyAnnotations.certificate];
    await writeLegacy(right.store, right.artifact.descriptor.digest, [...exchanged, bare]);
    const { candidates } = await field.refused('TIMESTAMP_MISSING', byOptions(right.reference, wanted));
    assert.equal(candidates?.length, 3);
  });
});

suite('roots that do not fit', { concurrency: 3 }, () => {
  test('a certificate outside the time for which the root has its authority', async () => {
    const { reference } = plain;
    await refused('SIGNATURE_INVALID', reference, { root: 'root-ended.json' });
  });

  test('a foreign trusted root', async () => {
    const { reference } = plain;
    const verify = byOptions(reference, { root: 'root-foreign.json' });
    const { code, stdout } = await field.run([...verify, '-o', 'json']);
    assert.equal(code, 12);
    assert.ok(
      ['SIGNATURE_INVALID', 'LOG_PROOF_MISSING', 'TIMESTAMP_MISSING'].includes(JSON.parse(stdout).error.code),
    );
  });

  test('a root without timestamps proves no time under Rekor v2', async () => {
    const { reference } = plain;
    await refused('TIMESTAMP_MISSING', reference, { root: 'root-no-time.json' });
  });

  test('a policy that asks for a log under a root without one is not judged by', async () => {
    const { reference } = plain;
    await field.refused(
      'POLICY_INVALID',
      await byPolicy(reference, { root: 'root-no-log.json', logThreshold: 1 }),
    );
    await accepted(reference, { root: 'root-no-log.json' });
  });

  test('a root that is none', async () => {
    const { reference } = plain;
    await field.write(
      'broken.json',
      '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}',
    );
    const verify = byOptions(reference, {}).slice(0, -1);
    await field.refused('TRUST_ROOT_INVALID', [...verify, '--trusted-root=broken.json']);
    await field.refused('FILE_UNREADABLE', [...verify, '--trusted-root=nowhere.json']);
    await field.refused('INPUT_MISSING', verify);
  });
});

// sealift explain: check by check what was expected and found, with the code and the command that mends it; and the
// command does mend it, once its words in capitals are filled in.
import assert from 'node:assert/strict';
import { after, suite, test, type TestContext } from 'node:test';
import type { ErrorCode } from '../../src/errors.ts';
import { openField, recordOf, type PolicyDocument, type RecordDocument } from '../helpers/field.ts';
import { attestTo, promoteBy, pushFiles, pushValue, releaseValue, timeFromNow } from '../helpers/forging.ts';
import { startProxy } from '../helpers/registry-proxy.ts';
import { openStore, type RegistryStore } from '../helpers/registry-store.ts';
import { startReferrersRegistry } from '../servers/referrers-registry.ts';

const field = await openField();
const registry = await startReferrersRegistry(field.cwd);
after(async () => {
  await registry.stop();
  await field.close();
});
const [release, promoter, second] = await Promise.all([
  field.signer('release'),
  field.signer('promoter'),
  field.signer('second'),
  field.signer('heart'),
]);
await field.write('tests.json', { passed: true });

type Check = {
  readonly policy: string | null;
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'warned';
  readonly expected: string;
  readonly found: string;
  readonly code?: string;
  readonly hint?: string;
  readonly mend?: string;
};
type Explained = {
  readonly accepted: boolean;
  readonly digest: string | null;
  readonly checks: readonly Check[];
};

type Place = {
  readonly store: RegistryStore;
  readonly repository: string;
  readonly reference: string;
};

let places = 0;

function makePlace(t: TestContext): Place {
  const repository = `acme/app-${(places += 1)}`;
  const reference = `${registry.host}/${repository}`;
  return { store: openStore(t, reference), repository, reference };
}

type Asked = {
  readonly policy?: Partial<PolicyDocument>;
  readonly record?: Partial<RecordDocument>;
  /** The registry that is asked, where it is not the real one. */
  readonly host?: string;
};

type Explaining = { readonly args: readonly string[]; readonly file: string };

async function explaining({ repository, reference }: Place, asked: Asked): Promise<Explaining> {
  const { policy = {}, record, host } = asked;
  const seen = host === undefined ? reference : `${host}/${repository}`;
  const file = await field.policies(
    `policy-${(places += 1)}.yaml`,
    { url: `oci://${seen}`, authorities: ['release', 'promoter', 'second', 'heart'], ...policy },
    ...(record === undefined
      ? []
      : [recordOf({ repository, sequence: 1, digest: `sha256:${'0'.repeat(64)}`, ...record })]),
  );
  return { args: ['explain', `${seen}:prod`, '--policy', file], file };
}

async function explain(args: readonly string[]): Promise<Explained> {
  return (await field.json(args)) as Explained;
}

/** A release under `prod`, which nothing promotes. */
async function releaseIn({ store }: Place): ReturnType<typeof releaseValue> {
  return releaseValue(store, release, 'a', 'prod');
}

async function promotedIn(place: Place, members: object = {}): ReturnType<typeof releaseValue> {
  const artifact = await releaseIn(place);
  await promoteBy(place.store, artifact.descriptor, promoter, { repository: place.repository, ...members });
  return artifact;
}

test('what is accepted shows each check with what was expected and found, and nothing to mend', async (t) => {
  const place = makePlace(t);
  const { descriptor } = await promotedIn(place, { sequence: 4 });
  const { args } = await explaining(place, {});
  const { accepted, digest, checks } = await explain(args);
  assert.deepEqual([accepted, digest], [true, descriptor.digest]);
  assert.deepEqual(
    checks.map(({ policy, name, outcome }) => [policy, name, outcome]),
    [
      [null, 'policy', 'passed'],
      [null, 'source', 'passed'],
      [null, 'source', 'passed'],
      ['policy', 'digest', 'passed'],
      ['policy', 'signatures', 'passed'],
      ['policy', 'promotion', 'passed'],
      [null, 'content', 'passed'],
    ],
  );
  for (const check of checks) {
    assert.ok(check.expected !== '' && check.found !== '', check.name);
    assert.deepEqual([check.code, check.mend], [undefined, undefined]);
  }
  const { stdout, code } = await field.run(args);
  assert.equal(code, 0);
  assert.match(stdout, /^\S+: accepted sha256:/u);
  assert.match(
    stdout,
    /ok {3}promotion \(policy\)\n {5}expected: statement for acme\/app-\d+ to prod, epoch 1, by 1 of promoter\n {5}found: {4}promote of sequence 4\n/u,
  );
  assert.doesNotMatch(stdout, /mend:/u);
});

type Case = {
  readonly name: string;
  readonly check: string;
  readonly code: ErrorCode;
  readonly prepare: (place: Place, t: TestContext) => Promise<Asked | void>;
  /** What the mending command begins with; null where there is none. */
  readonly mend: string | null;
  /** Whether the command, filled in, makes it accepted; and the keys that it is given. */
  readonly isMended?: { readonly key: 'release' | 'promoter' | 'second' | 'heart' };
};

const two = { authorities: ['promoter', 'second'], threshold: 2 };
const type = 'https://example.org/tests/v1';

const cases: readonly Case[] = [
  {
    name: 'no policy for it',
    check: 'policy',
    code: 'POLICY_MISSING',
    prepare: async (place) => {
      await promotedIn(place);
      return { policy: { url: 'oci://registry.example/*' } };
    },
    mend: 'kubectl get trustpolicies',
  },
  {
    name: 'a tag that is no channel',
    check: 'policy',
    code: 'REF_NOT_A_CHANNEL',
    prepare: async (place) => {
      await promotedIn(place);
      return { policy: { promotion: { channels: [{ tag: 'staging', authorities: ['promoter'] }] } } };
    },
    mend: 'kubectl get trustpolicies',
  },
  {
    name: 'a policy that can not be read',
    check: 'policy',
    code: 'POLICY_INVALID',
    prepare: async (place) => {
      await promotedIn(place);
      return { policy: { signatures: { authorities: ['nobody'] } } };
    },
    mend: 'kubectl ',
  },
  {
    name: 'nothing under the tag',
    check: 'source',
    code: 'CONTENT_MISSING',
    prepare: async ({ store }) => void (await releaseValue(store, release, 'a', 'VERSION')),
    mend: 'sealift promote oci://',
    isMended: { key: 'promoter' },
  },
  {
    name: 'referrers that can not be listed',
    check: 'source',
    code: 'SIGNATURE_UNCHECKABLE',
    prepare: async (place, t) => {
      await promotedIn(place);
      const proxy = await startProxy(registry.host, {
        before: ({ path }) => (path.includes('/referrers/') ? { status: 403 } : undefined),
      });
      t.after(() => proxy.close());
      return { host: proxy.host };
    },
    mend: 'oras discover ',
  },
  {
    name: 'a digest that was withdrawn',
    check: 'digest',
    code: 'DIGEST_DENIED',
    prepare: async (place) => {
      const { descriptor } = await promotedIn(place);
      return { policy: { spec: { deniedDigests: [descriptor.digest] } } };
    },
    mend: 'sealift promote oci://',
  },
  {
    name: 'no signature',
    check: 'signatures',
    code: 'SIGNATURE_MISSING',
    prepare: async ({ store, repository }) => {
      const { descriptor } = await pushValue(store, 'a', 'prod');
      // A promotion alone would be a statement of another kind.
      assert.ok(repository !== '' && descriptor.size > 0);
      return { policy: { promotion: null } };
    },
    mend: 'sealift sign oci://',
    isMended: { key: 'release' },
  },
  {
    name: 'a signature by another key',
    check: 'signatures',
    code: 'SIGNATURE_INVALID',
    prepare: async ({ store }) => {
      await releaseValue(store, second, 'a', 'prod');
      return { policy: { promotion: null } };
    },
    mend: 'sealift sign oci://',
    isMended: { key: 'release' },
  },
  {
    name: 'another statement by the right key',
    check: 'signatures',
    code: 'PREDICATE_UNEXPECTED',
    prepare: async ({ store }) => {
      const { descriptor } = await pushValue(store, 'a', 'prod');
      await attestTo(store, descriptor, release, { type });
      return { policy: { promotion: null } };
    },
    mend: 'sealift sign oci://',
    isMended: { key: 'release' },
  },
  {
    name: 'one of two signatures',
    check: 'signatures',
    code: 'THRESHOLD_NOT_MET',
    prepare: async (place) => {
      await releaseIn(place);
      const signatures = { authorities: ['release', 'second'], threshold: 2 };
      return { policy: { promotion: null, signatures } };
    },
    mend: 'sealift sign oci://',
    isMended: { key: 'second' },
  },
  {
    name: 'a missing attestation',
    check: 'attestation',
    code: 'ATTESTATION_MISSING',
    prepare: async (place) => {
      await promotedIn(place);
      const attestations = [{ predicateType: type, authorities: ['release'], expr: 'predicate.passed' }];
      return { policy: { spec: { attestations } } };
    },
    mend: 'sealift sign oci://',
    isMended: { key: 'release' },
  },
  {
    name: 'a bare retag from a promoted artifact',
    check: 'promotion',
    code: 'STATEMENT_MISSING',
    prepare: async (place) => {
      await promotedIn(place);
      await releaseValue(place.store, release, 'b', 'prod');
    },
    mend: 'sealift promote oci://',
    isMended: { key: 'promoter' },
  },
  {
    name: 'one of two signers of the statement',
    check: 'promotion',
    code: 'STATEMENT_MISSING',
    prepare: async (place) => {
      await promotedIn(place);
      return { policy: { promotion: { channels: [{ tag: 'prod', ...two }] } } };
    },
    mend: 'sealift promote oci://',
  },
  ...(
    [
      ['WRONG_REPOSITORY', { repository: 'acme/another' }],
      ['WRONG_CHANNEL', { channel: 'staging' }],
      ['WRONG_EPOCH', { epoch: 7 }],
    ] as const
  ).map(([code, members]): Case => ({
    name: `a statement for elsewhere (${code})`,
    check: 'promotion',
    code,
    prepare: async (place) => void (await promotedIn(place, members)),
    mend: 'sealift promote oci://',
    isMended: { key: 'promoter' },
  })),
  {
    name: 'a replayed statement',
    check: 'promotion',
    code: 'SEQUENCE_REPLAYED',
    prepare: async (place) => {
      await promotedIn(place, { sequence: 4 });
      return { record: { sequence: 5 } };
    },
    mend: 'sealift promote oci://',
    isMended: { key: 'promoter' },
  },
  {
    name: 'two artifacts by one sequence',
    check: 'promotion',
    code: 'EQUIVOCATION',
    prepare: async (place) => {
      await promotedIn(place, { sequence: 5 });
      return { record: { sequence: 5 } };
    },
    mend: 'sealift promote oci://',
    isMended: { key: 'promoter' },
  },
  {
    name: 'a jump',
    check: 'promotion',
    code: 'SEQUENCE_JUMP',
    prepare: async (place) => {
      await promotedIn(place, { sequence: 500 });
      const channels = [{ tag: 'prod', authorities: ['promoter'] }];
      return { record: { sequence: 5 }, policy: { promotion: { maxJump: 10, channels } } };
    },
    mend: `kubectl patch trustpolicy policy --type merge -p '{"spec":{"promotion":{"minSequence":500}}}'`,
  },
  {
    name: 'an overdue statement',
    check: 'promotion',
    code: 'STATEMENT_EXPIRED',
    prepare: async (place) => {
      await promotedIn(place, { issuedAt: timeFromNow(-7200) });
      const channel = {
        tag: 'prod',
        authorities: ['promoter'],
        heartbeatAuthorities: ['heart'],
        maxAge: '1h',
      };
      return { policy: { promotion: { channels: [channel] } } };
    },
    mend: 'sealift promote oci://',
    isMended: { key: 'heart' },
  },
  {
    name: 'a statement that says itself that it is overdue',
    check: 'promotion',
    code: 'STATEMENT_EXPIRED',
    prepare: async (place) => {
      await promotedIn(place, { issuedAt: timeFromNow(-7200), expiresAt: timeFromNow(-3600) });
    },
    mend: 'sealift promote oci://',
    isMended: { key: 'promoter' },
  },
  {
    name: 'an artifact that changes its judge',
    check: 'content',
    code: 'SELF_MODIFICATION',
    prepare: async ({ store, repository }) => {
      const text = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: sealift-system}\n';
      const artifact = await pushFiles(store, [{ path: 'a.yaml', bytes: Buffer.from(text) }], 'prod');
      await attestTo(store, artifact.descriptor, release);
      await promoteBy(store, artifact.descriptor, promoter, { repository });
    },
    mend: null,
  },
];

suite('what is refused', { concurrency: 3 }, () => {
  for (const { name, check, code, prepare, mend, isMended } of cases) {
    test(`${name}: ${code}${isMended === undefined ? '' : ', and the command mends it'}`, async (t) => {
      const place = makePlace(t);
      const { args, file } = await explaining(place, (await prepare(place, t)) ?? {});
      const { accepted, checks } = await explain(args);
      assert.equal(accepted, false);
      const failed = checks.filter(({ outcome }) => outcome === 'failed');
      assert.deepEqual(
        failed.map((one) => [one.name, one.code]),
        [[check, code]],
      );
      const [found] = failed;
      assert.ok(found !== undefined && found.expected !== '' && found.found !== '');
      if (mend === null) assert.equal(found.mend, undefined);
      else assert.ok(found.mend?.startsWith(mend), found.mend ?? 'no command');
      if (isMended === undefined || found.mend === undefined) return;
      const words = found.mend
        .replace('KEY', `${isMended.key}.key`)
        .replace('DURATION', '1h')
        .replace('FILE', file)
        .replace('TYPE=FILE', `${type}=tests.json`)
        .replace(`TYPE=${file}`, `${type}=tests.json`)
        .split(' ');
      await field.json(words.slice(1));
      const after = await explain(args);
      assert.ok(after.accepted, JSON.stringify(after.checks.filter(({ outcome }) => outcome === 'failed')));
    });
  }

  test('all that fails is told at once, as text too', async (t) => {
    const place = makePlace(t);
    const { descriptor } = await pushValue(place.store, 'a', 'prod');
    const { args } = await explaining(place, { policy: { spec: { deniedDigests: [descriptor.digest] } } });
    const { checks } = await explain(args);
    assert.deepEqual(
      checks.flatMap((one) => one.code ?? []),
      ['DIGEST_DENIED', 'SIGNATURE_MISSING', 'STATEMENT_MISSING'],
    );
    const { stdout } = await field.run(args);
    assert.match(stdout, /^\S+: refused sha256:/u);
    assert.equal(stdout.match(/^FAIL /gmu)?.length, 3);
    assert.equal(stdout.match(/^ {5}mend: {5}\S/gmu)?.length, 3);
    assert.match(stdout, /found: {4}SIGNATURE_MISSING: /u);
  });

  test('what a policy that audits would refuse is a warning, and accepted', async (t) => {
    const place = makePlace(t);
    await releaseIn(place);
    const { args } = await explaining(place, { policy: { spec: { mode: 'Audit' } } });
    const { accepted, checks } = await explain(args);
    assert.equal(accepted, true);
    const warned = checks.find(({ outcome }) => outcome === 'warned');
    assert.deepEqual([warned?.name, warned?.code], ['promotion', 'STATEMENT_MISSING']);
    assert.ok(warned?.mend?.startsWith('sealift promote '));
    assert.match((await field.run(args)).stdout, /^warn promotion/mu);
  });

  test('verify by the same file is refused with the code of the first failed check', async (t) => {
    const place = makePlace(t);
    await releaseIn(place);
    const { args } = await explaining(place, {});
    await field.refused('STATEMENT_MISSING', ['verify', ...args.slice(1)]);
  });
});

test('explain needs a policy file for a reference, and takes none for a Delivery', async () => {
  await field.refused('INPUT_MISSING', ['explain', 'registry.example/app:prod']);
  const kubeconfig = ['--kubeconfig', 'nowhere.yaml'];
  await field.refused('INPUT_CONFLICT', ['explain', 'delivery/app', '--policy', 'a.yaml', ...kubeconfig]);
});

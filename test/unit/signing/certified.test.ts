// Signatures by certificate under a private root with timestamps only, and each way in which one does not hold.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { signingLimits } from '../../../src/limits.ts';
import { computeDigest } from '../../../src/oci/digest.ts';
import { parseSubject, type Authority, type Keyless } from '../../../src/signing/authority.ts';
import { checkBundle, checkLegacySignature, type Verdict } from '../../../src/signing/bundle.ts';
import { formatLegacyPayload, legacyAnnotations } from '../../../src/signing/legacy-signature.ts';
import { formatSigner, signerId } from '../../../src/signing/signer-identity.ts';
import {
  formatStatement,
  hasSubject,
  payloadType,
  signaturePredicateType,
} from '../../../src/signing/statement.ts';
import { parseTrustRoot } from '../../../src/signing/trust-root.ts';
import { authorityNamed } from '../../helpers/authorities.ts';
import {
  createPromisingLog,
  createTrustDomain,
  forServers,
  hashedRecordOf,
  issueLeaf,
  rootTextOf,
  timestampOf,
  workflowExtensions,
  type Leaf,
} from '../../helpers/certified.ts';
import { certificatePem } from '../../servers/sigstore/certificates.ts';

const domain = createTrustDomain();
const otherDomain = createTrustDomain();
const root = parseTrustRoot(rootTextOf(domain));
const otherRoot = parseTrustRoot(rootTextOf(otherDomain));
const artifact = computeDigest('artifact');
const statement = formatStatement(artifact, signaturePredicateType, {});
const repository = 'https://github.com/acme/app';

const claims = { 15: '1234', 23: 'production' };
const leaf = issueLeaf(domain.issuer, workflowExtensions({ subject: repository, claims }));
const signature = leaf.sign(preAuthEncoding(statement));
const timestamp = await timestampOf(domain, signature);

/** DSSE protocol: what is signed of an envelope. */
function preAuthEncoding(payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

type Parts = {
  readonly by?: Leaf;
  readonly signature?: Buffer;
  readonly payload?: Uint8Array;
  readonly timestamps?: readonly Buffer[];
  readonly tlogEntries?: readonly object[];
};

function bundleOf(parts: Parts = {}): Buffer {
  const rfc3161Timestamps = (parts.timestamps ?? [timestamp]).map((bytes) => ({
    signedTimestamp: bytes.toString('base64'),
  }));
  return Buffer.from(
    JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        certificate: { rawBytes: (parts.by ?? leaf).certificate.toString('base64') },
        tlogEntries: parts.tlogEntries ?? [],
        timestampVerificationData: { rfc3161Timestamps },
      },
      dsseEnvelope: {
        payload: Buffer.from(parts.payload ?? statement).toString('base64'),
        payloadType,
        signatures: [{ sig: (parts.signature ?? signature).toString('base64'), keyid: '' }],
      },
    }),
  );
}

function authorityOf(changes: Partial<Keyless> = {}, name = 'ci'): Authority {
  return {
    name,
    keyless: {
      issuer: 'https://token.actions.githubusercontent.com',
      subject: parseSubject(repository, undefined),
      claims: {},
      root,
      logThreshold: 0,
      timestampThreshold: 1,
      ...changes,
    },
  };
}

function refusalOf(verdict: Verdict): { readonly code?: string; readonly reason: string } {
  return 'refused' in verdict ? verdict.refused : assert.fail('it was accepted');
}

const isEvil = parseSubject('https://github.com/acme/app-evil', undefined);

suite('a certified signature', () => {
  test('is accepted at the time of its timestamp, with who signed', () => {
    const verdict = checkBundle(bundleOf(), [authorityOf()]);
    assert.ok('verified' in verdict, JSON.stringify(verdict));
    const { signer, authorities } = verdict.verified;
    assert.deepEqual(authorities, ['ci']);
    assert.ok(signer.kind === 'certificate');
    assert.deepEqual(
      [signer.subject, signer.claims],
      [repository, { sourceRepositoryId: '1234', environment: 'production' }],
    );
    assert.ok(Math.abs(Date.parse(signer.signedAt ?? '') - Date.now()) < 600_000);
    assert.match(formatSigner(signer), /acme\/app \(issuer /u);
    assert.equal(signerId(signer), signerId({ ...signer, signedAt: undefined, claims: {} }));
  });

  test('names every authority that accepts it, and those alone', async () => {
    const authorities = [
      authorityOf({}, 'exact'),
      authorityOf({ subject: parseSubject(undefined, 'https://github\\.com/acme/.+') }, 'pattern'),
      authorityOf({ claims: { environment: 'production' } }, 'claim'),
      authorityOf({ claims: { environment: 'staging' } }, 'other claim'),
      authorityOf({ subject: isEvil }, 'other subject'),
      authorityOf({ root: otherRoot }, 'other root'),
      await authorityNamed('key'),
    ];
    const verdict = checkBundle(bundleOf(), authorities);
    assert.ok('verified' in verdict);
    assert.deepEqual(verdict.verified.authorities, ['exact', 'pattern', 'claim']);
  });

  test('under a root without a log may carry log entries; they prove nothing, its time neither', () => {
    const entry = {
      logIndex: '1',
      logId: { keyId: Buffer.alloc(32, 7).toString('base64') },
      kindVersion: { kind: 'dsse', version: '0.0.1' },
      integratedTime: '86400',
      inclusionPromise: { signedEntryTimestamp: Buffer.from('x').toString('base64') },
      inclusionProof: {
        logIndex: '1',
        treeSize: '2',
        rootHash: Buffer.alloc(32).toString('base64'),
        hashes: [],
        checkpoint: { envelope: 'x' },
      },
      canonicalizedBody: Buffer.from('{}').toString('base64'),
    };
    const verdict = checkBundle(bundleOf({ tlogEntries: [entry] }), [authorityOf()]);
    assert.ok('verified' in verdict, JSON.stringify(verdict));
    const { signer } = verdict.verified;
    assert.ok(signer.kind === 'certificate');
    assert.ok(Date.parse(signer.signedAt ?? '') > Date.parse('2000-01-01T00:00:00Z'), signer.signedAt);
  });
});

suite('a certified signature does not hold', () => {
  const stranger = issueLeaf(otherDomain.issuer, workflowExtensions({ subject: repository }));
  const server = issueLeaf(domain.issuer, [
    forServers,
    ...workflowExtensions({ subject: repository }).slice(1),
  ]);
  const tampered = Buffer.from(signature);
  tampered[10] = (tampered[10] ?? 0) ^ 1;
  const many = Array.from({ length: signingLimits.timestamps + 1 }, () => timestamp);

  const table: readonly (readonly [string, Parts, Partial<Keyless>, string | undefined])[] = [
    [
      'of another issuer',
      {},
      { issuer: 'https://token.actions.githubusercontent.com.evil' },
      'ISSUER_MISMATCH',
    ],
    ['of another subject', {}, { subject: isEvil }, 'IDENTITY_MISMATCH'],
    ['of another environment', {}, { claims: { environment: 'staging' } }, 'IDENTITY_MISMATCH'],
    ['without a claim that is asked for', {}, { claims: { ownerId: '1' } }, 'IDENTITY_MISMATCH'],
    ['under another root', {}, { root: otherRoot }, undefined],
    ['without a timestamp', { timestamps: [] }, {}, 'TIMESTAMP_MISSING'],
    ['with one time of two', {}, { timestampThreshold: 2 }, 'TIMESTAMP_MISSING'],
    [
      'with one timestamp given twice',
      { timestamps: [timestamp, timestamp] },
      { timestampThreshold: 2 },
      undefined,
    ],
    ['with a timestamp of other bytes', { timestamps: [Buffer.from('x')] }, {}, undefined],
    ['without a log entry that is asked for', {}, { logThreshold: 1 }, 'LOG_PROOF_MISSING'],
    ['with too many timestamps', { timestamps: many }, {}, undefined],
    ['with a changed signature', { signature: tampered }, {}, undefined],
    ['with a swapped payload', { payload: formatStatement(computeDigest('b'), 'x', {}) }, {}, undefined],
    ['by a certificate of another authority', { by: stranger }, {}, undefined],
    ['by a certificate for TLS of the same authority', { by: server }, {}, undefined],
  ];
  for (const [name, parts, changes, code] of table) {
    test(name, () => {
      const { code: found, reason } = refusalOf(checkBundle(bundleOf(parts), [authorityOf(changes)]));
      if (code !== undefined) assert.equal(found, code, reason);
      else assert.ok(found?.endsWith('_MISMATCH') !== true, reason);
    });
  }

  for (const [name, start] of [
    ['that was not yet valid at the time of signing', new Date(Date.now() + 3_600_000)],
    ['that had ended at the time of signing', new Date(Date.now() - 3_600_000)],
  ] as const) {
    test(`by a certificate ${name}`, async () => {
      const by = issueLeaf(domain.issuer, workflowExtensions({ subject: repository }), start);
      const own = by.sign(preAuthEncoding(statement));
      const timestamps = [await timestampOf(domain, own)];
      refusalOf(checkBundle(bundleOf({ by, signature: own, timestamps }), [authorityOf()]));
    });
  }

  test('by a timestamp of another authority', async () => {
    const timestamps = [await timestampOf(otherDomain, signature)];
    const { code, reason } = refusalOf(checkBundle(bundleOf({ timestamps }), [authorityOf()]));
    assert.equal(code, 'TIMESTAMP_MISSING', reason);
  });

  test('by a certificate that is none, or by nothing at all', () => {
    const none: Leaf = { certificate: Buffer.from('x'), sign: leaf.sign };
    assert.match(refusalOf(checkBundle(bundleOf({ by: none }), [authorityOf()])).reason, /can not be read/u);
    const bare = JSON.parse(bundleOf().toString());
    delete bare.verificationMaterial.timestampVerificationData;
    const { code } = refusalOf(checkBundle(Buffer.from(JSON.stringify(bare)), [authorityOf()]));
    assert.equal(code, 'TIMESTAMP_MISSING');
  });

  test('where no authority is about certificates', async () => {
    assert.match(
      refusalOf(checkBundle(bundleOf(), [await authorityNamed('a')])).reason,
      /no authority here/u,
    );
    refusalOf(checkBundle(bundleOf(), []));
  });

  test('and what is wrong under the root of whom it names is told before that it is not another', () => {
    const authorities = [authorityOf({ subject: isEvil }), authorityOf({ root: otherRoot })];
    assert.match(refusalOf(checkBundle(bundleOf(), authorities)).reason, /no authority of the trusted root/u);
  });

  test('and a certificate that merely names the right one is refused before its proofs are looked at', () => {
    const verdict = checkBundle(bundleOf(), [authorityOf({ root: otherRoot })]);
    assert.match(refusalOf(verdict).reason, /no authority of the trusted root/u);
  });
});

suite('a certified legacy signature', () => {
  const payload = formatLegacyPayload(artifact, 'registry.site/app');
  const own = leaf.sign(payload);

  async function annotationsOf(
    changes: Readonly<Record<string, string>> = {},
  ): Promise<Record<string, string>> {
    const stamp = (await timestampOf(domain, own)).toString('base64');
    return {
      [legacyAnnotations.signature]: own.toString('base64'),
      [legacyAnnotations.certificate]: certificatePem(leaf.certificate),
      [legacyAnnotations.timestamp]: JSON.stringify({ SignedRFC3161Timestamp: stamp }),
      ...changes,
    };
  }

  test('with a timestamp only is accepted', async () => {
    const verdict = checkLegacySignature(payload, await annotationsOf(), [authorityOf()]);
    assert.ok('verified' in verdict, JSON.stringify(verdict));
    assert.ok(hasSubject(verdict.verified.statement, artifact));
    assert.deepEqual(verdict.verified.authorities, ['ci']);
  });

  test('of other bytes is refused', async () => {
    const other = formatLegacyPayload(computeDigest('b'), 'registry.site/app');
    refusalOf(checkLegacySignature(other, await annotationsOf(), [authorityOf()]));
  });

  test('by a key is no certificate’s, whatever key there is', async () => {
    const annotations = await annotationsOf({ [legacyAnnotations.certificate]: '' });
    refusalOf(checkLegacySignature(payload, annotations, [authorityOf(), await authorityNamed('a')]));
  });

  const entry = {
    SignedEntryTimestamp: 'AAAA',
    Payload: {
      body: Buffer.from('{"kind":"hashedrekord","apiVersion":"0.0.1"}').toString('base64'),
      integratedTime: 1,
      logIndex: 0,
      logID: 'ab'.repeat(32),
    },
  };
  const changes: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['without a timestamp', { [legacyAnnotations.timestamp]: '' }],
    ['with a timestamp that is no JSON', { [legacyAnnotations.timestamp]: '{' }],
    ['with a timestamp of another form', { [legacyAnnotations.timestamp]: '{}' }],
    [
      'with two certificates',
      { [legacyAnnotations.certificate]: certificatePem(leaf.certificate, leaf.certificate) },
    ],
    ['with a certificate that is none', { [legacyAnnotations.certificate]: 'x' }],
    ['with a log entry that is no JSON', { [legacyAnnotations.logEntry]: 'x' }],
    [
      'with a log entry whose body is no JSON',
      {
        [legacyAnnotations.logEntry]: JSON.stringify({
          ...entry,
          Payload: { ...entry.Payload, body: 'AAAA' },
        }),
      },
    ],
    [
      'with a log entry of a log whose id is no hash',
      {
        [legacyAnnotations.logEntry]: JSON.stringify({ ...entry, Payload: { ...entry.Payload, logID: 'x' } }),
      },
    ],
  ];
  for (const [name, change] of changes) {
    test(`${name} is refused`, async () => {
      refusalOf(checkLegacySignature(payload, await annotationsOf(change), [authorityOf()]));
    });
  }

  test('with a promise of a log that the root does not name is as good as without', async () => {
    const annotations = await annotationsOf({ [legacyAnnotations.logEntry]: JSON.stringify(entry) });
    assert.ok('verified' in checkLegacySignature(payload, annotations, [authorityOf()]));
  });
});

suite('a certified legacy signature in a log', () => {
  const payload = formatLegacyPayload(artifact, 'registry.site/app');
  const own = leaf.sign(payload);
  const log = createPromisingLog();
  const members: object = JSON.parse(rootTextOf(domain));
  const logRoot = parseTrustRoot(JSON.stringify({ ...members, tlogs: [log.member] }));
  const body = hashedRecordOf(payload, own, leaf.certificate);
  const integratedTime = Math.floor(Date.now() / 1000);

  function check(entry: object | undefined, changes: Partial<Keyless> = {}): Verdict {
    const annotations = {
      [legacyAnnotations.signature]: own.toString('base64'),
      [legacyAnnotations.certificate]: certificatePem(leaf.certificate),
      ...(entry === undefined ? {} : { [legacyAnnotations.logEntry]: JSON.stringify(entry) }),
    };
    return checkLegacySignature(payload, annotations, [
      authorityOf({ root: logRoot, logThreshold: 1, ...changes }),
    ]);
  }

  test('is accepted by the log’s promise, which is its time as well', () => {
    const verdict = check(log.promise({ body, integratedTime }));
    assert.ok('verified' in verdict, JSON.stringify(verdict));
    const { signer } = verdict.verified;
    assert.ok(signer.kind === 'certificate');
    assert.equal(signer.signedAt, new Date(integratedTime * 1000).toISOString());
  });

  const good = log.promise({ body, integratedTime });
  const otherPayload = formatLegacyPayload(computeDigest('b'), 'registry.site/app');
  const table: readonly (readonly [string, object | undefined, Partial<Keyless>, string | undefined])[] = [
    ['without an entry', undefined, {}, 'LOG_PROOF_MISSING'],
    ['with fewer entries than asked for', good, { logThreshold: 2 }, 'LOG_PROOF_MISSING'],
    ['with fewer times than asked for', good, { timestampThreshold: 2 }, 'TIMESTAMP_MISSING'],
    ['with a time of a log that is not asked for', good, { logThreshold: 0 }, 'TIMESTAMP_MISSING'],
    [
      'with an entry of another log',
      createPromisingLog().promise({ body, integratedTime }),
      {},
      'LOG_PROOF_MISSING',
    ],
    [
      'with a promise of another time',
      { ...good, Payload: { ...Object(Object(good).Payload), integratedTime: integratedTime + 1 } },
      {},
      'LOG_PROOF_MISSING',
    ],
    [
      'with an entry for another artifact',
      log.promise({ body: hashedRecordOf(otherPayload, own, leaf.certificate), integratedTime }),
      {},
      'LOG_PROOF_MISSING',
    ],
    [
      'with an entry of another signature of the same artifact',
      log.promise({ body: hashedRecordOf(payload, leaf.sign(payload), leaf.certificate), integratedTime }),
      {},
      'LOG_PROOF_MISSING',
    ],
    [
      'by a certificate that had ended at the time of the entry',
      log.promise({ body, integratedTime: integratedTime + 3600 }),
      {},
      undefined,
    ],
  ];
  for (const [name, entry, changes, code] of table) {
    test(`${name} is refused`, () => {
      const { code: found, reason } = refusalOf(check(entry, changes));
      if (code !== undefined) assert.equal(found, code, reason);
    });
  }
});

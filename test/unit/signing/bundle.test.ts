// Bundles made and checked with keys, and each way in which a bundle can lie.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { computeDigest } from '../../../src/oci/digest.ts';
import { checkBundle, type VerifiedStatement } from '../../../src/signing/bundle.ts';
import { signStatement } from '../../../src/signing/sign-statement.ts';
import { formatStatement, hasSubject, signaturePredicateType } from '../../../src/signing/statement.ts';
import type { KeySigner } from '../../../src/signing/signer.ts';
import { signerNamed } from '../../helpers/signers.ts';

const subject = computeDigest('artifact');
const statement = formatStatement(subject, signaturePredicateType, {});

type BundleJson = {
  mediaType: string;
  verificationMaterial: Record<string, unknown> & { publicKey?: { hint: string } };
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string; keyid?: string }[] };
};

async function makeBundle(signer: KeySigner, payload: Buffer = statement): Promise<BundleJson> {
  return JSON.parse((await signStatement(signer, payload)).toString('utf8'));
}

function check(bundle: unknown, ...signers: readonly KeySigner[]): ReturnType<typeof checkBundle> {
  return checkBundle(
    Buffer.from(JSON.stringify(bundle)),
    signers.map(({ verifyKey }, index) => ({ name: `key ${index}`, key: verifyKey })),
  );
}

function verifiedOf(verdict: ReturnType<typeof checkBundle>): VerifiedStatement {
  return 'verified' in verdict ? verdict.verified : assert.fail(verdict.refused.reason);
}

suite('a bundle of ours', () => {
  test('has the form of cosign', async () => {
    const signer = await signerNamed('a');
    const bundle = await makeBundle(signer);
    assert.deepEqual(Object.keys(bundle).toSorted(), ['dsseEnvelope', 'mediaType', 'verificationMaterial']);
    assert.equal(bundle.mediaType, 'application/vnd.dev.sigstore.bundle.v0.3+json');
    assert.equal(bundle.verificationMaterial.publicKey?.hint, signer.verifyKey.hint);
    assert.equal(bundle.dsseEnvelope.payloadType, 'application/vnd.in-toto+json');
    assert.equal(bundle.dsseEnvelope.signatures.length, 1);
    // cosign skips a signature whose key id it does not know.
    assert.ok([undefined, ''].includes(bundle.dsseEnvelope.signatures[0]?.keyid));
    assert.equal(
      Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString('utf8'),
      statement.toString('utf8'),
    );
    assert.equal(
      statement.toString('utf8'),
      `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"${subject.slice(7)}"}}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}`,
    );
  });

  test('is accepted from its key, wherever that stands among the keys', async () => {
    const [a, b, c] = await Promise.all([signerNamed('a'), signerNamed('b'), signerNamed('c')]);
    const bundle = await makeBundle(b);
    for (const keys of [[b], [a, b, c], [b, a], [c, a, b]]) {
      const verified = verifiedOf(check(bundle, ...keys));
      assert.deepEqual(verified.signer, { kind: 'key', hint: b.verifyKey.hint });
      assert.ok(hasSubject(verified.statement, subject));
      assert.ok(!hasSubject(verified.statement, computeDigest('other')));
    }
  });

  test('is accepted whatever its hint says', async () => {
    const [a, b] = await Promise.all([signerNamed('a'), signerNamed('b')]);
    const bundle = await makeBundle(a);
    for (const hint of ['', 'x', b.verifyKey.hint]) {
      const verified = verifiedOf(check({ ...bundle, verificationMaterial: { publicKey: { hint } } }, a, b));
      assert.deepEqual(verified.signer, { kind: 'key', hint: a.verifyKey.hint });
    }
  });

  test('names every authority that has its key', async () => {
    const [a, b] = await Promise.all([signerNamed('a'), signerNamed('b')]);
    const authorities = [
      { name: 'one', key: a.verifyKey },
      { name: 'other', key: b.verifyKey },
      { name: 'two', key: a.verifyKey },
    ];
    const verified = verifiedOf(checkBundle(await signStatement(a, statement), authorities));
    assert.deepEqual(verified.authorities, ['one', 'two']);
  });

  test('is accepted with log entries that keys do not need', async () => {
    const a = await signerNamed('a');
    const bundle = await makeBundle(a);
    const timestampVerificationData = { rfc3161Timestamps: [{ signedTimestamp: 'AAAA' }] };
    verifiedOf(
      check(
        { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, timestampVerificationData } },
        a,
      ),
    );
  });
});

suite('a bundle that lies', () => {
  const changes: readonly (readonly [string, (bundle: BundleJson) => void])[] = [
    [
      'another payload',
      ({ dsseEnvelope }) =>
        void (dsseEnvelope.payload = formatStatement(
          computeDigest('evil'),
          signaturePredicateType,
          {},
        ).toString('base64')),
    ],
    ['another payload type', ({ dsseEnvelope }) => void (dsseEnvelope.payloadType = 'application/json')],
    [
      'another signature',
      ({ dsseEnvelope }) => void (dsseEnvelope.signatures = [{ sig: Buffer.from('x').toString('base64') }]),
    ],
    ['an empty signature', ({ dsseEnvelope }) => void (dsseEnvelope.signatures = [{ sig: '' }])],
    ['no signature', ({ dsseEnvelope }) => void (dsseEnvelope.signatures = [])],
    [
      'another media type',
      (bundle) => void (bundle.mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.1'),
    ],
    ['an invented media type', (bundle) => void (bundle.mediaType = 'application/vnd.evil')],
    ['no key material', (bundle) => void (bundle.verificationMaterial = {})],
    [
      'a certificate in place of a key',
      (bundle) => void (bundle.verificationMaterial = { certificate: { rawBytes: 'AAAA' } }),
    ],
  ];
  for (const [name, change] of changes) {
    test(`${name} is rejected`, async () => {
      const a = await signerNamed('a');
      const bundle = await makeBundle(a);
      change(bundle);
      assert.ok('refused' in check(bundle, a));
    });
  }

  test('a signature over the bare payload, without the envelope’s encoding, is rejected', async () => {
    const a = await signerNamed('a');
    const bundle = await makeBundle(a);
    bundle.dsseEnvelope.signatures = [{ sig: Buffer.from(await a.sign(statement)).toString('base64') }];
    assert.ok('refused' in check(bundle, a));
  });

  test('a plain message signature is no statement', async () => {
    const a = await signerNamed('a');
    const { mediaType, verificationMaterial } = await makeBundle(a);
    const messageSignature = {
      messageDigest: { algorithm: 'SHA2_256', digest: subject.slice(7) },
      signature: Buffer.from(await a.sign(statement)).toString('base64'),
    };
    assert.ok('refused' in check({ mediaType, verificationMaterial, messageSignature }, a));
  });

  test('no key, another key', async () => {
    const [a, b] = await Promise.all([signerNamed('a'), signerNamed('b')]);
    const bundle = await makeBundle(a);
    assert.ok('refused' in check(bundle));
    assert.ok('refused' in check(bundle, b));
  });

  const payloads: readonly (readonly [string, string])[] = [
    ['no JSON', 'hello'],
    ['another type', statement.toString().replace('Statement/v1', 'Statement/v9')],
    [
      'no subject',
      statement.toString().replace(/"subject":\[.*\],"predicateType"/u, '"subject":[],"predicateType"'),
    ],
    ['a list', '[]'],
    ['null', 'null'],
  ];
  for (const [name, payload] of payloads) {
    test(`well signed, but ${name}`, async () => {
      const a = await signerNamed('a');
      assert.ok('refused' in check(await makeBundle(a, Buffer.from(payload)), a));
    });
  }

  test('statement v0.1, as cosign attest writes it, is read', async () => {
    const a = await signerNamed('a');
    verifiedOf(
      check(
        await makeBundle(a, Buffer.from(statement.toString().replace('Statement/v1', 'Statement/v0.1'))),
        a,
      ),
    );
  });

  test('any bytes, any JSON, any change of a byte: a verdict, never an error', async () => {
    const a = await signerNamed('a');
    const good = await signStatement(a, statement);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
          fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => {
            const changed = Buffer.from(good);
            changed[at] = byte;
            return changed;
          }),
        ),
        (bytes) => {
          const verdict = checkBundle(bytes, [{ name: 'a', key: a.verifyKey }]);
          // Only hints may be changed without harm; the statement never.
          if ('verified' in verdict) assert.deepEqual(Buffer.from(verdict.verified.payload), statement);
        },
      ),
      { seed: 1, numRuns: 600 },
    );
  });
});

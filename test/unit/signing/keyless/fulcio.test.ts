import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { suite, test } from 'node:test';
import { SigningError } from '../../../../src/errors.ts';
import { certify } from '../../../../src/signing/keyless/fulcio.ts';
import type { Ask } from '../../../../src/signing/keyless/ask.ts';
import { assertRejectsWithCode } from '../../../helpers/assert-rejects.ts';
import { createTrustDomain, forCodeSigning, issueLeaf, subjectNames } from '../../../helpers/certified.ts';
import { certificatePem } from '../../../servers/sigstore/certificates.ts';

const answering =
  (value: unknown): Ask =>
  async () => ({
    status: 200,
    body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    header: () => undefined,
  });

const chainOf = (...certificates: readonly string[]): object => ({
  signedCertificateEmbeddedSct: { chain: { certificates } },
});

test('the request carries the token and a certificate request for a new key', async () => {
  const keys = new Set<string>();
  const ask: Ask = async ({ url, method, body }) => {
    assert.deepEqual([method, url.href], ['POST', 'https://ca.test/base/api/v2/signingCert']);
    const { credentials, certificateSigningRequest } = JSON.parse(
      Buffer.from(body instanceof Uint8Array ? body : []).toString(),
    );
    assert.deepEqual(credentials, { oidcIdentityToken: 'a.b.c' });
    const pem = Buffer.from(certificateSigningRequest, 'base64').toString();
    assert.match(
      pem,
      /^-----BEGIN CERTIFICATE REQUEST-----\n(?:[A-Za-z0-9+/=]{1,64}\n)+-----END CERTIFICATE REQUEST-----\n$/u,
    );
    keys.add(pem);
    throw new SigningError('CERTIFICATE_FAILED', 'enough');
  };
  for (const _ of [1, 2]) {
    await assertRejectsWithCode(
      certify(ask, 'https://ca.test/base', 'a.b.c'),
      SigningError,
      'CERTIFICATE_FAILED',
    );
  }
  assert.equal(keys.size, 2);
});

suite('an answer is refused', () => {
  const { issuer } = createTrustDomain();
  const names = subjectNames(['uri', 'https://example.org/workflow']);
  const leaf = issueLeaf(issuer, [forCodeSigning, names]);
  assert.ok(createPublicKey(certificatePem(leaf.certificate)));
  const refused: readonly (readonly [string, unknown])[] = [
    ['that is no JSON', '<html>'],
    ['without certificates', chainOf()],
    ['of another form', { certificates: [certificatePem(leaf.certificate)] }],
    ['with something else', chainOf('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')],
    ['with too many', chainOf(...Array<string>(100).fill(certificatePem(leaf.certificate)))],
    ['for another key', chainOf(certificatePem(leaf.certificate))],
  ];
  for (const [name, value] of refused) {
    test(name, async () => {
      await assertRejectsWithCode(
        certify(answering(value), 'https://ca.test', 'a.b.c'),
        SigningError,
        'CERTIFICATE_FAILED',
      );
    });
  }
});

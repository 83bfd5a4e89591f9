// Trusted roots: what is read of them, and what is none.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { VerificationError } from '../../../src/errors.ts';
import { signingLimits } from '../../../src/limits.ts';
import { parseTrustRoot } from '../../../src/signing/trust-root.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { createTrustDomain, rootTextOf } from '../../helpers/certified.ts';

const domain = createTrustDomain();
const text = rootTextOf(domain);

/** The root with members replaced. */
function changed(members: object): string {
  const root: object = JSON.parse(text);
  return JSON.stringify({ ...root, ...members });
}

suite('a trusted root', () => {
  test('without a log, with timestamps only', () => {
    const root = parseTrustRoot(text);
    assert.deepEqual(
      [root.hasLogs, root.hasTimestampAuthorities, root.certificateLogThreshold],
      [false, true, 0],
    );
    assert.match(root.hash, /^[0-9a-f]{64}$/u);
  });

  test('with logs, of entries and of certificates', () => {
    const root = parseTrustRoot(
      rootTextOf(domain, { tlogs: true, ctlogs: true, timestampAuthorities: false }),
    );
    assert.deepEqual(
      [root.hasLogs, root.hasTimestampAuthorities, root.certificateLogThreshold],
      [true, false, 1],
    );
  });

  test('has a hash that tells two texts apart', () => {
    assert.equal(parseTrustRoot(text).hash, parseTrustRoot(text).hash);
    assert.notEqual(parseTrustRoot(text).hash, parseTrustRoot(`${text}\n`).hash);
  });

  test('ends with the first of its certificates that are valid then', () => {
    const { expiresAtMs } = parseTrustRoot(text);
    const end = Date.parse('2036-01-01T00:00:00Z');
    assert.equal(expiresAtMs(Date.parse('2026-06-01T00:00:00Z')), end);
    assert.equal(expiresAtMs(end), undefined);
    const limited = rootTextOf(domain, { certificateValidity: { end: '2027-01-01T00:00:00Z' } });
    const sooner = parseTrustRoot(limited);
    assert.equal(sooner.expiresAtMs(Date.parse('2026-06-01T00:00:00Z')), Date.parse('2027-01-01T00:00:00Z'));
    // One that has ended is kept for what it certified then.
    assert.equal(sooner.expiresAtMs(Date.parse('2027-06-01T00:00:00Z')), end);
  });

  for (const mediaType of [
    'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    'application/vnd.dev.sigstore.trustedroot.v0.1+json',
    'application/vnd.dev.sigstore.trustedroot.v0.2+json',
  ]) {
    test(`may be ${mediaType}`, () => {
      assert.equal(parseTrustRoot(changed({ mediaType })).hasLogs, false);
    });
  }
});

suite('no trusted root', () => {
  const authority = { subject: {}, uri: 'https://x', certChain: { certificates: [] }, validFor: {} };
  const certificates = [{ rawBytes: Buffer.from('x').toString('base64') }];
  const table: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['no JSON', 'x'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['a huge text', text.padEnd(signingLimits.trustRootBytes + 1)],
    ['another media type', changed({ mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' })],
    ['no media type', changed({ mediaType: undefined })],
    ['no certificate authority', changed({ certificateAuthorities: [] })],
    ['an authority without certificates', changed({ certificateAuthorities: [authority] })],
    ['a timestamp authority without certificates', changed({ timestampAuthorities: [authority] })],
    [
      'an authority whose certificate can not be read',
      changed({ certificateAuthorities: [{ ...authority, certChain: { certificates } }] }),
    ],
    ['neither a log nor a timestamp authority', changed({ timestampAuthorities: [] })],
    ['a log without a key', changed({ tlogs: [{ baseUrl: 'x', hashAlgorithm: 'SHA2_256' }] })],
  ];
  for (const [name, root] of table) {
    test(`is ${name}`, () => {
      assertThrowsWithCode(() => parseTrustRoot(root), VerificationError, 'TRUST_ROOT_INVALID');
    });
  }

  test('any text: a root, or that code', () => {
    const members = fc.dictionary(
      fc.constantFrom('mediaType', 'tlogs', 'ctlogs', 'certificateAuthorities', 'timestampAuthorities'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), members.map(changed)), (value) => {
        try {
          parseTrustRoot(value);
        } catch (error) {
          assert.ok(error instanceof VerificationError && error.code === 'TRUST_ROOT_INVALID', String(error));
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

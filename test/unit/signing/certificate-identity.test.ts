// Whom a certificate names, and each certificate that names nobody.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { signingLimits } from '../../../src/limits.ts';
import { claimNames, readIdentity } from '../../../src/signing/certificate-identity.ts';
import {
  createTrustDomain,
  extension,
  forCodeSigning,
  forServers,
  fulcioExtension,
  issueLeaf,
  subjectNames,
  workflowExtensions,
} from '../../helpers/certified.ts';
import { element, objectIdentifier, octetString, sequence, utf8String } from '../../servers/sigstore/der.ts';

const domain = createTrustDomain();
const subject = 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main';
const issuer = 'https://token.actions.githubusercontent.com';
const named = [forCodeSigning, subjectNames(['uri', subject])];

function identityOf(...extensions: readonly Uint8Array[]): ReturnType<typeof readIdentity> {
  return readIdentity(issueLeaf(domain.issuer, extensions).certificate);
}

suite('a certificate names', () => {
  test('its subject, its issuer and its claims', () => {
    const claims = { 11: 'github-hosted', 15: '1234', 17: '99', 23: 'production' };
    assert.deepEqual(identityOf(...workflowExtensions({ claims })), {
      issuer,
      subject,
      claims: {
        runnerEnvironment: 'github-hosted',
        sourceRepositoryId: '1234',
        ownerId: '99',
        environment: 'production',
      },
    });
  });

  test('every claim under its own name', () => {
    const arcs = [9, 11, 12, 14, 15, 16, 17, 18, 20, 22, 23];
    const claims = Object.fromEntries(arcs.map((arc) => [arc, `value ${arc}`]));
    const identity = identityOf(...workflowExtensions({ claims }));
    assert.ok(typeof identity === 'object');
    assert.deepEqual(Object.keys(identity.claims), claimNames);
    assert.deepEqual(
      Object.values(identity.claims),
      arcs.map((arc) => `value ${arc}`),
    );
  });

  test('an e-mail address', () => {
    const identity = identityOf(forCodeSigning, subjectNames(['email', 'a@b.c']), fulcioExtension(8, 'i'));
    assert.deepEqual(identity, { issuer: 'i', subject: 'a@b.c', claims: {} });
  });

  test('its issuer by the former extension alone, as old certificates do', () => {
    assert.deepEqual(identityOf(...named, fulcioExtension(1, issuer)), { issuer, subject, claims: {} });
  });

  test('code signing among other usages', () => {
    const usages = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.3'].map(objectIdentifier);
    const both = extension('2.5.29.37', sequence(...usages));
    assert.equal(typeof identityOf(both, subjectNames(['uri', 'x']), fulcioExtension(8, 'i')), 'object');
  });

  test('claims in any script', () => {
    const identity = identityOf(...workflowExtensions({ claims: { 23: 'Zürich 東京' } }));
    assert.ok(typeof identity === 'object');
    assert.equal(identity.claims.environment, 'Zürich 東京');
  });
});

suite('a certificate names nobody', () => {
  const long = 'x'.repeat(signingLimits.identityLength + 1);
  const byIssuer = fulcioExtension(8, issuer);
  const table: readonly (readonly [string, readonly Uint8Array[], RegExp])[] = [
    ['without extensions', [], /not for signing code/u],
    ['without a usage', [subjectNames(['uri', subject]), byIssuer], /not for signing code/u],
    [
      'of a TLS server of the same authority',
      [forServers, subjectNames(['uri', subject]), byIssuer],
      /not for/u,
    ],
    [
      'for any usage, which is no permission to sign code',
      [
        extension('2.5.29.37', sequence(objectIdentifier('2.5.29.37.0'))),
        subjectNames(['uri', subject]),
        byIssuer,
      ],
      /not for signing code/u,
    ],
    [
      'with a usage that is no OID',
      [extension('2.5.29.37', sequence(utf8String('x'))), subjectNames(['uri', subject]), byIssuer],
      /can not be read/u,
    ],
    ['with two usage extensions', [forServers, ...named, byIssuer], /can not be read/u],
    ['without a subject name', [forCodeSigning, byIssuer], /exactly one subject/u],
    ['with an empty list of names', [forCodeSigning, subjectNames(), byIssuer], /exactly one subject/u],
    [
      'with two names',
      [forCodeSigning, subjectNames(['uri', subject], ['uri', 'https://evil']), byIssuer],
      /exactly one subject/u,
    ],
    [
      'with a name of a host',
      [forCodeSigning, subjectNames(['dns', 'acme.app']), byIssuer],
      /exactly one subject/u,
    ],
    [
      'with a name that is no general name',
      [forCodeSigning, extension('2.5.29.17', sequence(utf8String(subject))), byIssuer],
      /exactly one subject/u,
    ],
    [
      'with two extensions of names',
      [...named, subjectNames(['uri', 'https://evil']), byIssuer],
      /can not be read/u,
    ],
    ['without an issuer', named, /no issuer, or two/u],
    ['with two issuers', [...named, fulcioExtension(1, 'https://evil'), byIssuer], /no issuer, or two/u],
    ['with the issuer twice', [...named, byIssuer, fulcioExtension(8, 'https://evil')], /can not be read/u],
    [
      'with the former issuer twice',
      [...named, fulcioExtension(1, 'a'), fulcioExtension(1, 'b')],
      /can not be read/u,
    ],
    [
      'with a claim twice',
      [...named, byIssuer, fulcioExtension(15, '1'), fulcioExtension(15, '2')],
      /can not/u,
    ],
    [
      'with a claim that is bare text',
      [...named, byIssuer, fulcioExtension(15, Buffer.from('1234'))],
      /can not/u,
    ],
    [
      'with a claim of another string type',
      [...named, byIssuer, fulcioExtension(15, element(0x13, Buffer.from('1234')))],
      /can not be read/u,
    ],
    [
      'with bytes behind a claim',
      [...named, byIssuer, fulcioExtension(15, Buffer.concat([utf8String('1234'), Buffer.from('5')]))],
      /can not be read/u,
    ],
    [
      'with a claim that is no UTF-8',
      [...named, byIssuer, fulcioExtension(15, element(0x0c, Buffer.from([0xff])))],
      /can not be read/u,
    ],
    ['with an empty claim', [...named, byIssuer, fulcioExtension(15, '')], /can not be read/u],
    ['with a huge claim', [...named, byIssuer, fulcioExtension(15, long)], /can not be read/u],
    ['with a huge subject', [forCodeSigning, subjectNames(['uri', long]), byIssuer], /can not be read/u],
    ['with a huge issuer', [...named, fulcioExtension(8, long)], /can not be read/u],
    ['with an empty subject', [forCodeSigning, subjectNames(['uri', '']), byIssuer], /can not be read/u],
    [
      'with a line break in its subject',
      [forCodeSigning, subjectNames(['uri', `${subject}\nx`]), byIssuer],
      /can not be read/u,
    ],
    [
      'with a NUL in its subject',
      [forCodeSigning, subjectNames(['uri', 'a\0b']), byIssuer],
      /can not be read/u,
    ],
    [
      'with an escape sequence in a claim',
      [...named, byIssuer, fulcioExtension(23, '\u{1b}[2J')],
      /can not be read/u,
    ],
  ];
  for (const [name, extensions, reason] of table) {
    test(name, () => {
      const identity = identityOf(...extensions);
      assert.ok(typeof identity === 'string', JSON.stringify(identity));
      assert.match(identity, reason);
    });
  }

  test('where the extension has no value', () => {
    const empty = sequence(objectIdentifier('1.3.6.1.4.1.57264.1.15'), octetString(Buffer.alloc(0)));
    assert.equal(typeof identityOf(...named, byIssuer, empty), 'string');
  });

  test('whatever bytes it is of: an answer, never an error', () => {
    const good = issueLeaf(domain.issuer, workflowExtensions({ claims: { 23: 'production' } })).certificate;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => {
            const changed = Buffer.from(good);
            changed[at] = byte;
            return changed;
          }),
        ),
        (bytes) => {
          assert.ok(['string', 'object'].includes(typeof readIdentity(bytes)));
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});

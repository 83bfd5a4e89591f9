import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { generateKeyPairSync } from 'node:crypto';
import { InputError } from '../../../src/errors.ts';
import { createAgents } from '../../../src/registry/agents.ts';
import { parseCertificates, secureSettings } from '../../../src/registry/tls.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { createTestAuthority } from '../../servers/test-authority.ts';

const authority = createTestAuthority();
const client = authority.issue(['client'], { role: 'client' });
const other = authority.issue(['other'], { role: 'client' });
const broken = '-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n';
const encrypted = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
}).privateKey;

suite('certificates that are given', () => {
  test('are taken with the text that tools write between them', () => {
    const text = `# the first\n${authority.pem}subject=CN = two\n${createTestAuthority('two').pem}`;
    assert.equal(parseCertificates(text, 'CA file').length, 2);
    const settings = secureSettings({ ca: text, clientCertificate: client });
    assert.equal(settings.rejectUnauthorized, true);
  });

  test('of a chain go with the key of the first', () => {
    const certificate = client.certificate + authority.pem;
    secureSettings({ clientCertificate: { certificate, key: client.key } });
  });

  const refused: readonly (readonly [string, Parameters<typeof secureSettings>[0], RegExp])[] = [
    ['an empty CA file', { ca: '' }, /CA file has no certificate/u],
    ['a CA file with a key', { ca: client.key }, /CA file has no certificate/u],
    [
      'a broken certificate',
      { ca: authority.pem + broken },
      /CA file has a certificate that can not be read/u,
    ],
    ['a half certificate', { ca: authority.pem.slice(0, 300) }, /no certificate/u],
    [
      'no client certificate',
      { clientCertificate: { ...client, certificate: 'x' } },
      /client certificate has no/u,
    ],
    ['no key', { clientCertificate: { ...client, key: '' } }, /key .* can not be read/u],
    ["another one's key", { clientCertificate: { ...client, key: other.key } }, /do not belong together/u],
    [
      'a chain the wrong way round',
      { clientCertificate: { ...client, certificate: authority.pem + client.certificate } },
      /do not belong together/u,
    ],
    ['an encrypted key', { clientCertificate: { ...client, key: encrypted } }, /encrypted/u],
  ];
  for (const [name, settings, words] of refused) {
    test(`${name}: refused before anything is sent`, () => {
      const error = assertThrowsWithCode(() => createAgents(settings), InputError, 'INPUT_INVALID');
      assert.match(error.message, words);
      const secret = settings.clientCertificate?.key.split('\n')[1] ?? '';
      if (secret !== '') assert.ok(!inspect(error).includes(secret));
    });
  }
});

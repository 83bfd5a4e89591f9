import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { SigningError } from '../../../src/errors.ts';
import { signingLimits } from '../../../src/limits.ts';
import { encryptKey } from '../../../src/signing/encrypted-key.ts';
import { generateKeyPair, parseSigningKey, parseVerifyKey } from '../../../src/signing/keys.ts';
import { assertRejectsWithCode, assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

const p256: Pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pkcs8 = (pair: Pair): string => pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const spki = (pair: Pair): string => pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();

async function assertSigns(pem: string, pair: Pair, password?: string): Promise<void> {
  const signer = await parseSigningKey(pem, password);
  const data = Buffer.from('data');
  assert.ok(verify('sha256', data, pair.publicKey, await signer.sign(data)));
  assert.equal(signer.verifyKey.hint, parseVerifyKey(spki(pair)).hint);
}

suite('private keys', () => {
  test('PKCS#8', () => assertSigns(pkcs8(p256), p256));

  test('SEC1', () => assertSigns(p256.privateKey.export({ type: 'sec1', format: 'pem' }).toString(), p256));

  test('RSA of 2048 bits', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await assertSigns(pkcs8(rsa), rsa);
    await assertSigns(rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(), rsa);
  });

  const refused: readonly (readonly [string, () => Pair])[] = [
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
    ['RSA of 1024 bits', () => generateKeyPairSync('rsa', { modulusLength: 1024 })],
    ['RSA-PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 })],
  ];
  for (const [name, makePair] of refused) {
    test(`${name} is refused, both halves`, async () => {
      const pair = makePair();
      await assertRejectsWithCode(parseSigningKey(pkcs8(pair)), SigningError, 'KEY_INVALID');
      assertThrowsWithCode(() => parseVerifyKey(spki(pair)), SigningError, 'KEY_INVALID');
    });
  }

  test('what is no private key is refused, and not quoted', async () => {
    const encrypted = p256.privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    });
    for (const text of ['', 'secret text', spki(p256), encrypted.toString(), pkcs8(p256).slice(0, 100)]) {
      const { message, hint = '' } = await assertRejectsWithCode(
        parseSigningKey(text),
        SigningError,
        'KEY_INVALID',
      );
      assert.doesNotMatch(message + hint, /secret text|MIG/u);
    }
    await assertRejectsWithCode(
      parseSigningKey('x'.repeat(signingLimits.keyBytes + 1)),
      SigningError,
      'KEY_INVALID',
    );
  });
});

suite('public keys', () => {
  test('carry the hint of cosign', () => {
    // Taken from a bundle that cosign 3.1.1 wrote, see docs/artifact-format.md: base64 of SHA-256 of the DER.
    const der = p256.publicKey.export({ type: 'spki', format: 'der' });
    assert.equal(parseVerifyKey(spki(p256)).hint.length, 44);
    assert.equal(der.byteLength, 91);
  });

  test('what is no public key is refused', () => {
    for (const text of ['', 'x', pkcs8(p256), '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----']) {
      assertThrowsWithCode(() => parseVerifyKey(text), SigningError, 'KEY_INVALID');
    }
  });
});

suite('encrypted key files', () => {
  const pem = encryptKey(p256.privateKey.export({ type: 'pkcs8', format: 'der' }), 'opensesame');

  test('come back with their password', async () => {
    await assertSigns(await pem, p256, 'opensesame');
    await assertSigns((await pem).replaceAll('SIGSTORE', 'COSIGN'), p256, 'opensesame');
    await assertSigns((await pem).replaceAll('\n', '\r\n'), p256, 'opensesame');
  });

  test('tell a wrong password from a damaged file', async () => {
    for (const password of ['', 'opensesame ', 'Opensesame']) {
      await assertRejectsWithCode(parseSigningKey(await pem, password), SigningError, 'KEY_PASSWORD_WRONG');
    }
  });

  test('two encryptions of a key have nothing in common', async () => {
    const der = createPrivateKey(pkcs8(p256)).export({ type: 'pkcs8', format: 'der' });
    const second = readFile(await encryptKey(der, 'opensesame'));
    const first = readFile(await pem);
    assert.notEqual(first.kdf.salt, second.kdf.salt);
    assert.notEqual(first.cipher.nonce, second.cipher.nonce);
    assert.notEqual(first.ciphertext, second.ciphertext);
  });

  type KeyFile = {
    kdf: { name: string; params: { N: number; r: number; p: number }; salt: string };
    cipher: { name: string; nonce: string };
    ciphertext: string;
  };

  function readFile(text: string): KeyFile {
    return JSON.parse(Buffer.from(text.split('-----')[2] ?? '', 'base64').toString('utf8'));
  }

  function writeFile(file: object): string {
    const body = Buffer.from(JSON.stringify(file)).toString('base64');
    return `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n${body}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n`;
  }

  const changes: readonly (readonly [string, (file: KeyFile) => void])[] = [
    ['N too large', (file) => void (file.kdf.params.N = signingLimits.scryptMaxN * 2)],
    ['N no power of two', (file) => void (file.kdf.params.N = 65_535)],
    ['N too small', (file) => void (file.kdf.params.N = 1)],
    [
      'memory too large though each is in bounds',
      (file) => void (file.kdf.params = { N: signingLimits.scryptMaxN, r: 16, p: 1 }),
    ],
    ['r too large', (file) => void (file.kdf.params.r = 1024)],
    ['p too large', (file) => void (file.kdf.params.p = 1024)],
    ['another function', (file) => void (file.kdf.name = 'pbkdf2')],
    ['another cipher', (file) => void (file.cipher.name = 'none')],
    ['a short nonce', (file) => void (file.cipher.nonce = 'AAAA')],
    ['no base64', (file) => void (file.ciphertext = '!')],
  ];
  for (const [name, change] of changes) {
    test(`refused: ${name}`, async () => {
      const file = readFile(await pem);
      change(file);
      await assertRejectsWithCode(
        parseSigningKey(writeFile(file), 'opensesame'),
        SigningError,
        'KEY_INVALID',
      );
    });
  }

  test('refused: a changed ciphertext', async () => {
    const file = readFile(await pem);
    const bytes = Buffer.from(file.ciphertext, 'base64');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    const changed = writeFile({ ...file, ciphertext: bytes.toString('base64') });
    await assertRejectsWithCode(parseSigningKey(changed, 'opensesame'), SigningError, 'KEY_PASSWORD_WRONG');
  });

  test('any body: an error of ours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        await assertRejectsWithCode(parseSigningKey(writeFile([value])), SigningError, 'KEY_INVALID');
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

test('a generated pair belongs together', async () => {
  const pair = await generateKeyPair('');
  assert.match(pair.privatePem, /^-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n/u);
  const signer = await parseSigningKey(pair.privatePem);
  assert.equal(signer.verifyKey.hint, pair.hint);
  assert.equal(parseVerifyKey(pair.publicPem).hint, pair.hint);
});

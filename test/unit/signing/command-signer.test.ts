import assert from 'node:assert/strict';
import { generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { InputError, SigningError } from '../../../src/errors.ts';
import { signingLimits } from '../../../src/limits.ts';
import { commandSigner, parseCommand } from '../../../src/signing/command-signer.ts';
import { parseVerifyKey } from '../../../src/signing/keys.ts';
import type { KeySigner } from '../../../src/signing/signer.ts';
import { assertRejectsWithCode, assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { makeTempDir } from '../../helpers/temp.ts';

suite('commands', () => {
  const parsed: readonly (readonly [string, readonly string[]])[] = [
    ['sign', ['sign']],
    ['  sign  -k  a ', ['sign', '-k', 'a']],
    [`sign 'a b' "c 'd'" e"f g"h ''`, ['sign', 'a b', "c 'd'", 'ef gh', '']],
    ['sign $HOME `id` a\\ b ;', ['sign', '$HOME', '`id`', 'a\\', 'b', ';']],
    ['["sign", "a b", ""]', ['sign', 'a b', '']],
  ];
  for (const [text, words] of parsed) {
    test(text, () => assert.deepEqual(parseCommand(text), words));
  }

  for (const text of [
    '',
    '  ',
    "sign 'a",
    'sign "a',
    '[',
    '[]',
    '["a", 1]',
    '[""]',
    "''",
    'si\0gn',
    '["a", "\\u0000"]',
  ]) {
    test(`${JSON.stringify(text)} is refused`, () => {
      assertThrowsWithCode(() => parseCommand(text), InputError, 'INPUT_INVALID');
    });
  }
});

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

const p256: Pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa: Pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const data = Buffer.from('what is signed');

/** A script that has the digest in `digest` and the key in `key`, and writes what `body` says. */
async function signerOf(
  t: TestContext,
  body: string,
  { pair = p256, timeoutMs }: { pair?: Pair; timeoutMs?: number } = {},
): Promise<KeySigner> {
  const file = join(await makeTempDir(t), 'sign.mjs');
  const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await writeFile(
    file,
    `import { readFileSync } from 'node:fs';
import { createHash, createPrivateKey, privateEncrypt, sign, constants } from 'node:crypto';
const key = createPrivateKey(${JSON.stringify(pem)});
const digest = readFileSync(0);
// As an HSM does: data whose digest is known is not what it gets.
const data = Buffer.from(${JSON.stringify(data.toString())});
if (!createHash('sha256').update(data).digest().equals(digest)) process.exit(9);
const out = (bytes) => process.stdout.write(bytes);
${body}
`,
  );
  const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return commandSigner([process.execPath, file], parseVerifyKey(publicPem), {
    env: { PATH: process.env['PATH'], ANSWER: '42' },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

suite('a signature is taken', () => {
  const forms: readonly (readonly [string, string, Pair])[] = [
    ['as DER', "out(sign('sha256', data, key))", p256],
    ['as base64 with a line end', "out(sign('sha256', data, key).toString('base64') + '\\n')", p256],
    [
      'as base64 in lines',
      "out(sign('sha256', data, key).toString('base64').replace(/.{20}/g, '$&\\n'))",
      p256,
    ],
    ['as two numbers', "out(sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }))", p256],
    [
      'as two numbers in base64url',
      "out(sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url'))",
      p256,
    ],
    ['of RSA', "out(sign('sha256', data, key))", rsa],
    ['of RSA in base64', "out(sign('sha256', data, key).toString('base64'))", rsa],
    ['with the environment', "if (process.env.ANSWER === '42') out(sign('sha256', data, key))", p256],
  ];
  for (const [name, body, pair] of forms) {
    test(name, async (t) => {
      const signer = await signerOf(t, body, { pair });
      assert.ok(verify('sha256', data, pair.publicKey, await signer.sign(data)));
    });
  }
});

suite('a command fails', () => {
  const failures: readonly (readonly [string, string])[] = [
    ['that gives nothing', ''],
    ['that signs something else', "out(sign('sha256', Buffer.from('other'), key))"],
    [
      'that signs with RSA-PSS',
      "out(sign('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING }))",
    ],
    ['that floods', "out('A'.repeat(1_000_000)); setInterval(() => {}, 1000)"],
    ['that ends with another code', "out(sign('sha256', data, key)); process.exitCode = 1"],
  ];
  for (const [name, body] of failures) {
    test(name, async (t) => {
      const pair = name.includes('RSA') ? rsa : p256;
      const signer = await signerOf(t, body, { pair });
      await assertRejectsWithCode(signer.sign(data), SigningError, 'SIGNER_FAILED');
    });
  }

  test('and its words are repeated, cut off and in one line', async (t) => {
    const signer = await signerOf(
      t,
      "process.stderr.write('no slot\\n\\u001b[31m' + 'x'.repeat(100_000)); process.exitCode = 3",
    );
    const { message, cause } = await assertRejectsWithCode(signer.sign(data), SigningError, 'SIGNER_FAILED');
    assert.match(message, / ended with 3$/u);
    assert.ok(cause instanceof Error);
    assert.match(cause.message, /^it says: no slot .?\[31mx+…$/u);
    assert.ok(cause.message.length < signingLimits.signerErrorBytes);
  });

  test('that does not end in time', async (t) => {
    const signer = await signerOf(t, 'setInterval(() => {}, 1000)', { timeoutMs: 300 });
    await assertRejectsWithCode(signer.sign(data), SigningError, 'SIGNER_FAILED');
  });

  test('that is not there', async () => {
    const publicPem = p256.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const signer = commandSigner(['/nowhere/sign'], parseVerifyKey(publicPem), { env: {} });
    await assertRejectsWithCode(signer.sign(data), SigningError, 'SIGNER_FAILED');
  });

  test('that is interrupted, with the interrupt', async (t) => {
    const signer = await signerOf(t, 'setInterval(() => {}, 1000)');
    const reason = new Error('stop');
    const controller = new AbortController();
    const work = signer.sign(data, controller.signal);
    controller.abort(reason);
    await assert.rejects(work, reason);
  });
});

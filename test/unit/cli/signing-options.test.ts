import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { parseFormats, readSigner, type SigningValues } from '../../../src/cli/signing-options.ts';
import type { World } from '../../../src/cli/world.ts';
import { InputError, SigningError } from '../../../src/errors.ts';
import { encryptKey } from '../../../src/signing/encrypted-key.ts';
import { assertRejectsWithCode } from '../../helpers/assert-rejects.ts';
import { makePrivatePem } from '../../helpers/signers.ts';
import { makeTempDir } from '../../helpers/temp.ts';

type Given = {
  readonly env?: World['env'];
  readonly stdin?: string;
  /** What is typed where a password is asked for. */
  readonly typed?: string;
};

function worldOf({ env = {}, stdin, typed }: Given = {}): World {
  return {
    env,
    stdout: () => undefined,
    stderr: () => undefined,
    stdin: {
      isTerminal: typed !== undefined,
      read: async () => stdin ?? assert.fail('stdin was read'),
      askSecret: async () => typed ?? assert.fail('a password was asked for'),
    },
    now: () => 0,
    random: () => 0,
    signal: new AbortController().signal,
  };
}

const plain = makePrivatePem();
const services = { 'fulcio-url': 'https://ca.test', 'timestamp-url': ['https://tsa.test'] };
const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln';
const withToken = { env: { SIGSTORE_ID_TOKEN: token } };

async function folderWith(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await makeTempDir(t);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

suite('a key', () => {
  test('comes from a file, a variable or stdin', async (t) => {
    const folder = await folderWith(t, { 'a.key': plain });
    const signers = await Promise.all([
      readSigner({ key: join(folder, 'a.key') }, worldOf()),
      readSigner({ key: 'env://K' }, worldOf({ env: { K: plain } })),
      readSigner({ key: '-' }, worldOf({ stdin: plain })),
    ]);
    const hints = signers.map((signer) => (signer.kind === 'key' ? signer.verifyKey.hint : 'none'));
    assert.equal(new Set(hints).size, 1);
  });

  test('has its password from the variable, else from a person at a terminal, else an empty one', async () => {
    const der = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'der',
    });
    const [locked, empty] = await Promise.all([encryptKey(der, 'typed'), encryptKey(der, '')]);
    const read = (pem: string, { env, ...given }: Given): Promise<unknown> =>
      readSigner({ key: 'env://K' }, worldOf({ env: { ...env, K: pem }, ...given }));
    await read(locked, { env: { COSIGN_PASSWORD: 'typed' } });
    await read(locked, { typed: 'typed' });
    await read(empty, {});
    // Set and empty is an answer: nobody is asked.
    await read(empty, { env: { COSIGN_PASSWORD: '' }, typed: 'typed' });
    await read(plain, { typed: 'typed' });
    await assertRejectsWithCode(read(locked, { typed: 'x' }), SigningError, 'KEY_PASSWORD_WRONG');
    await assertRejectsWithCode(read(locked, {}), SigningError, 'KEY_PASSWORD_WRONG');
  });
});

suite('options', () => {
  const conflicts: readonly (readonly [string, SigningValues, InputError['code']])[] = [
    ['none', {}, 'INPUT_MISSING'],
    ['an empty key', { key: '' }, 'INPUT_MISSING'],
    ['a key and a command', { key: 'env://K', signer: 'exec:a' }, 'INPUT_CONFLICT'],
    ['a key and services', { key: 'env://K', ...services }, 'INPUT_CONFLICT'],
    ['a key and a token', { key: 'env://K', 'identity-token': 'file' }, 'INPUT_CONFLICT'],
    ['a key and a log', { key: 'env://K', 'rekor-url': 'https://log.test' }, 'INPUT_CONFLICT'],
    ['services and a public key', { ...services, 'signer-key': 'env://K' }, 'INPUT_CONFLICT'],
    ['a command without public key', { signer: 'exec:a' }, 'INPUT_MISSING'],
    ['a command of another kind', { signer: 'a', 'signer-key': 'env://K' }, 'INPUT_INVALID'],
    ['a configuration and a URL', { ...services, 'signing-config': 'x' }, 'INPUT_CONFLICT'],
    ['a version of the log that there is not', { ...services, 'rekor-version': '3' }, 'INPUT_INVALID'],
    ['no time', { 'fulcio-url': 'https://ca.test' }, 'INPUT_MISSING'],
    ['a URL that is none', { ...services, 'fulcio-url': 'ca.test' }, 'INPUT_INVALID'],
  ];
  for (const [name, values, code] of conflicts) {
    test(`${name}: ${code}`, async () => {
      const world = worldOf({ env: { ...withToken.env, K: plain } });
      await assertRejectsWithCode(readSigner(values, world), InputError, code);
    });
  }

  test('a command signs for its public key', async (t) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const folder = await folderWith(t, {
      'a.pub': publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    });
    const signer = await readSigner({ signer: 'exec:false', 'signer-key': join(folder, 'a.pub') }, worldOf());
    assert.equal(signer.kind, 'key');
  });

  test('services make an identity, and ask for nothing yet', async () => {
    const signer = await readSigner({ ...services, 'rekor-url': 'https://log.test' }, worldOf(withToken));
    assert.ok(signer.kind === 'keyless');
    // Rekor v2 by default, for which the legacy format has no place.
    assert.deepEqual(signer.logEntryCounts, { bundle: 1, legacy: 0 });
    assert.deepEqual(parseFormats(undefined, signer), ['bundle']);
    const old = await readSigner(
      { 'fulcio-url': 'https://ca.test', 'rekor-url': 'https://log.test', 'rekor-version': '1' },
      worldOf(withToken),
    );
    assert.ok(old.kind === 'keyless');
    assert.deepEqual(old.logEntryCounts, { bundle: 1, legacy: 1 });
  });

  test('the public instance is refused unless it is allowed', async () => {
    const values = { ...services, 'fulcio-url': 'https://fulcio.sigstore.dev' };
    await assertRejectsWithCode(readSigner(values, worldOf(withToken)), SigningError, 'PUBLIC_LOG_REFUSED');
    await readSigner({ ...values, 'allow-public-log': true }, worldOf(withToken));
  });
});

suite('the identity token', () => {
  test('comes from what is named, else from the variable, else from the job', async (t) => {
    const folder = await folderWith(t, { token: `${token}\n`, other: 'none' });
    const world = worldOf({ env: { SIGSTORE_ID_TOKEN: 'no token' } });
    await readSigner({ ...services, 'identity-token': join(folder, 'token') }, world);
    await readSigner({ ...services, 'identity-token': '-' }, worldOf({ stdin: token }));
    await readSigner({ ...services, 'identity-token': 'env://T' }, worldOf({ env: { T: token } }));
    const job = { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://h/t', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 's' };
    await readSigner(services, worldOf({ env: job }));
    for (const [values, given] of [
      [services, world],
      [services, worldOf()],
      [{ ...services, 'identity-token': join(folder, 'other') }, worldOf(withToken)],
    ] as const) {
      await assertRejectsWithCode(readSigner(values, given), SigningError, 'IDENTITY_TOKEN_UNAVAILABLE');
    }
  });

  test('as an argument is refused without a word of it', async () => {
    const { message, hint = '' } = await assertRejectsWithCode(
      readSigner({ ...services, 'identity-token': token }, worldOf()),
      InputError,
      'INPUT_INVALID',
    );
    assert.ok(!`${message}${hint}`.includes('eyJ'));
  });
});

test('a key signs in both formats, unless told otherwise', async () => {
  const signer = await readSigner({ key: 'env://K' }, worldOf({ env: { K: plain } }));
  assert.deepEqual(parseFormats(undefined, signer), ['bundle', 'legacy']);
  assert.deepEqual(parseFormats('legacy', signer), ['legacy']);
  assert.deepEqual(parseFormats('bundle', signer), ['bundle']);
  assert.throws(() => parseFormats('old', signer), InputError);
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { RegistryError } from '../../../src/errors.ts';
import {
  passwordCredential,
  tokenCredential,
  type Credential,
} from '../../../src/registry/credentials/credential.ts';
import { entriesSchema, findEntry, readEntry } from '../../../src/registry/credentials/entries.ts';
import { createKeychain, givenCredential } from '../../../src/registry/credentials/keychain.ts';
import { pullSecretSource } from '../../../src/registry/credentials/pull-secret.ts';
import { assertRejectsWithCode, assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** A credential in words, its secret included: for these tests alone. */
function tell(credential: Credential): string {
  return credential.kind === 'password'
    ? `${credential.user} ${credential.password.reveal()}`
    : `${credential.kind} ${credential.token.reveal()}`;
}

suite('an entry', () => {
  for (const [name, entry, expected] of [
    ['with auth', { auth: encode('u:p') }, 'u p'],
    ['with a password with colons', { auth: encode('u:p:q:') }, 'u p:q:'],
    ['with other letters', { auth: encode('ü:pässwörd') }, 'ü pässwörd'],
    ['with lines', { auth: `${encode('u:p').slice(0, 3)}\n${encode('u:p').slice(3)}\n` }, 'u p'],
    ['with NULs around the password', { auth: encode('u:\0p\0\0') }, 'u p'],
    ['without padding', { auth: encode('u:pp').replaceAll('=', '') }, 'u pp'],
    ['with an empty password', { auth: encode('u:') }, 'u '],
    ['with user and password', { username: 'u', password: 'p' }, 'u p'],
    ['with both, of which auth counts', { auth: encode('a:b'), username: 'u', password: 'p' }, 'a b'],
    ['with an identity token', { auth: encode('u:'), identitytoken: 'i' }, 'identity token i'],
    ['with a user that says so', { auth: encode('<token>:i') }, 'identity token i'],
    ['with a registry token', { identitytoken: 'i', registrytoken: 'r' }, 'registry token r'],
    ['with members that are null', { auth: null, username: 'u', password: 'p', identitytoken: null }, 'u p'],
  ] as const) {
    test(name, () => assert.equal(tell(readEntry(entry)), expected));
  }

  for (const [name, entry] of [
    ['whose auth is no base64', { auth: 'secret-4711!' }],
    ['whose auth has no colon', { auth: encode('secret-4711') }],
    ['whose auth has no user', { auth: encode(':secret-4711') }],
    ['without a user', { password: 'secret-4711' }],
    ['whose user has a colon', { username: 'a:b', password: 'secret-4711' }],
    ['whose user splits lines', { username: 'a\r\nb', password: 'secret-4711' }],
    ['whose token splits lines', { identitytoken: 'secret-4711\r\nx: y' }],
    ['whose token has spaces', { registrytoken: 'secret-4711 x' }],
  ] as const) {
    test(`${name} is refused`, () => {
      const error = assertThrowsWithCode(() => readEntry(entry), RegistryError, 'CREDENTIALS_INVALID');
      assert.doesNotMatch(inspect(error), /4711/u);
    });
  }
});

suite('entries', () => {
  const one = (key: string): Record<string, { auth: string }> => ({
    [key]: { auth: encode(`${key.length}:${key}`) },
  });
  const isFound = (key: string, registry: string, repository?: string): boolean =>
    findEntry(one(key), { registry, repository }) !== undefined;

  for (const [key, registry, repository] of [
    ['registry.test', 'registry.test', undefined],
    ['registry.test:5000', 'registry.test:5000', 'a/b'],
    ['REGISTRY.test', 'registry.test', undefined],
    ['registry.test/', 'registry.test', undefined],
    ['https://registry.test', 'registry.test', undefined],
    ['http://registry.test/', 'registry.test', undefined],
    ['https://registry.test/v1/', 'registry.test', undefined],
    ['https://registry.test/v2/', 'registry.test', undefined],
    ['registry.test/v2', 'registry.test', undefined],
    ['[::1]:5000', '[::1]:5000', undefined],
    ['registry.test/a', 'registry.test', 'a'],
    ['registry.test/a', 'registry.test', 'a/b'],
    ['registry.test/a/b', 'registry.test', 'a/b'],
    ['https://registry.test/v2/a', 'registry.test', 'a/b'],
    ['https://index.docker.io/v1/', 'docker.io', undefined],
    ['https://index.docker.io/v1/', 'registry-1.docker.io', 'library/x'],
    ['docker.io', 'index.docker.io', undefined],
  ] as const) {
    test(`under ${key} are for ${registry} ${repository ?? ''}`, () =>
      assert.ok(isFound(key, registry, repository)));
  }

  for (const [key, registry, repository] of [
    ['registry.test', 'registry.test:5000', undefined],
    ['registry.test:5000', 'registry.test', undefined],
    ['registry.test', 'registry.test.evil.test', undefined],
    ['registry.test', 'evil-registry.test', undefined],
    ['registry', 'registry.test', undefined],
    ['*.test', 'registry.test', undefined],
    ['https://user@registry.test', 'registry.test', undefined],
    ['registry.test/a', 'registry.test', undefined],
    ['registry.test/a', 'registry.test', 'ab'],
    ['registry.test/a/b', 'registry.test', 'a'],
    ['registry.test/a', 'registry.test', 'b/a'],
    ['https://index.docker.io/v1/', 'docker.io.evil.test', undefined],
    ['', 'registry.test', undefined],
    ['https://', 'registry.test', undefined],
  ] as const) {
    test(`under ${key} are not for ${registry} ${repository ?? ''}`, () =>
      assert.ok(!isFound(key, registry, repository)));
  }

  test('that fit best win', () => {
    const keys = [
      'https://registry.test/v1/',
      'registry.test',
      'registry.test/team',
      'registry.test/team/app',
      'registry.test:443',
    ];
    const entries = Object.assign({}, ...keys.map(one));
    const winner = (repository?: string): string => {
      const entry = findEntry(entries, { registry: 'registry.test', repository });
      return entry === undefined ? '' : tell(readEntry(entry)).replace(/^\d+ /u, '');
    };
    assert.equal(winner(), 'registry.test');
    assert.equal(winner('other/app'), 'registry.test');
    assert.equal(winner('team/x'), 'registry.test/team');
    assert.equal(winner('team/app/deep'), 'registry.test/team/app');
  });

  test('that are empty count for nothing', () => {
    const entries = entriesSchema.parse({
      'registry.test': {},
      'https://registry.test': { auth: encode('u:p') },
    });
    assert.ok(findEntry(entries, { registry: 'registry.test' })?.auth);
    assert.equal(
      findEntry(entriesSchema.parse({ 'registry.test': { auth: '' } }), { registry: 'registry.test' }),
      undefined,
    );
  });
});

suite('a pull secret', () => {
  const auths = {
    'registry.test': { auth: encode('u:p') },
    'registry.test/team': { username: 't', password: 'q' },
  };
  const place = { registry: 'registry.test', repository: 'team/app' };

  test('of each type is a source', async () => {
    const sources = [
      pullSecretSource('.dockerconfigjson', Buffer.from(JSON.stringify({ auths })), 'Secret a/b'),
      pullSecretSource('.dockercfg', Buffer.from(JSON.stringify(auths)), 'Secret a/c'),
    ];
    for (const source of sources) {
      const { found } = await source.look(place);
      assert.equal(found === undefined ? '' : tell(found.credential), 't q');
    }
    assert.equal((await sources[0]?.look({ registry: 'other.test' }))?.found, undefined);
  });

  test('runs no program, whatever it says', async () => {
    const text = JSON.stringify({ auths: {}, credsStore: 'evil', credHelpers: { 'registry.test': 'evil' } });
    const source = pullSecretSource('.dockerconfigjson', Buffer.from(text), 'Secret a/b');
    assert.deepEqual(await source.look(place), { source: 'Secret a/b', words: 'nothing for this registry' });
  });

  for (const [name, text] of [
    ['no JSON', '{"auths":{"registry.test":{"auth":"secret-4711'],
    ['another form', '{"auths":["secret-4711"]}'],
    ['a number for a text', '{"auths":{"registry.test":{"auth":4711}}}'],
  ] as const) {
    test(`that is ${name} is refused without its words`, () => {
      const error = assertThrowsWithCode(
        () => pullSecretSource('.dockerconfigjson', Buffer.from(text), 'Secret a/b'),
        RegistryError,
        'CREDENTIALS_INVALID',
      );
      assert.match(error.message, /Secret a\/b/u);
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /4711/u);
    });
  }

  test('with a bad entry fails for that registry alone', async () => {
    const text = JSON.stringify({ auths: { 'bad.test': { auth: 'secret-4711!' }, ...auths } });
    const source = pullSecretSource('.dockerconfigjson', Buffer.from(text), 'Secret a/b');
    assert.ok((await source.look(place)).found);
    const error = await assertRejectsWithCode(
      source.look({ registry: 'bad.test' }),
      RegistryError,
      'CREDENTIALS_INVALID',
    );
    assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /4711/u);
  });
});

suite('a keychain', () => {
  const given = (user: string, registry?: string) =>
    givenCredential(`source of ${user}`, passwordCredential(user, 'secret-4711'), registry);

  test('gives what comes first, and says who was asked', async () => {
    const keychain = createKeychain([given('a', 'Other.test'), given('b', 'registry.test'), given('c')]);
    assert.equal((await keychain.find({ registry: 'registry.test' }))?.source, 'source of b');
    assert.equal((await keychain.find({ registry: 'other.test' }))?.source, 'source of a');
    assert.equal((await keychain.find({ registry: 'third.test' }))?.source, 'source of c');
    const looks = await keychain.trace({ registry: 'registry.test' });
    assert.deepEqual(
      looks.map(({ source, words }) => [source, words]),
      [
        ['source of a', 'for Other.test only'],
        ['source of b', 'password of b'],
      ],
    );
  });

  test('shows no secret however it is printed', async () => {
    const keychain = createKeychain([given('a'), given('b')]);
    const looks = await keychain.trace({ registry: 'registry.test' });
    const tokens = [
      tokenCredential('identity token', 'secret-4711'),
      tokenCredential('registry token', 'secret-4711'),
    ];
    for (const value of [keychain, looks, tokens]) {
      const printed = [JSON.stringify(value), inspect(value, { depth: 20, showHidden: true })];
      assert.doesNotMatch(printed.join(' '), /4711/u);
    }
  });
});

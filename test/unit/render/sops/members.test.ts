// Members of Secrets that are whole files which the real sops has encrypted.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ResourceError } from '../../../../src/errors.ts';
import { parseIdentities } from '../../../../src/render/sops/age.ts';
import { decryptMembers, sealedMembersOf } from '../../../../src/render/sops/members.ts';
import type { ParsedResource } from '../../../../src/resources/parse.ts';
import { assertThrowsWithCode } from '../../../helpers/assert-rejects.ts';
import { encryptFile, makeAgeKey } from '../../../helpers/sops.ts';

const key = await makeAgeKey();
const opening = { identities: parseIdentities(key.file) ?? [], isSigned: false };

function secretOf(data: Readonly<Record<string, Uint8Array>>, kind = 'Secret'): readonly ParsedResource[] {
  const encoded = Object.entries(data).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
  return [
    {
      resource: { apiVersion: 'v1', kind, metadata: { name: 's' }, data: Object.fromEntries(encoded) },
      location: { file: 's.yaml', line: 1, column: 1 },
    },
  ];
}

function firstOf([first]: readonly ParsedResource[]): ParsedResource['resource'] {
  assert.ok(first !== undefined);
  return first.resource;
}

function clearOf(parsed: readonly ParsedResource[], name: string): string {
  const data = parsed[0]?.resource['data'];
  const entries: readonly [string, unknown][] = Object.entries(data ?? {});
  return Buffer.from(String(entries.find(([one]) => one === name)?.[1]), 'base64').toString();
}

const files: readonly (readonly [string, string, string])[] = [
  ['app.env', 'A=b\n# a comment\nC=d e=f\nEMPTY=\n', 'A=b\nC=d e=f\nEMPTY=\n'],
  [
    'app.json',
    '{"a":{"b":[1,true]},"c":"x"}',
    '{\n  "a": {\n    "b": [\n      1,\n      true\n    ]\n  },\n  "c": "x"\n}\n',
  ],
  ['app.yaml', 'a: one\n---\nb: 2\n', '{\n  "a": "one"\n}\n---\n{\n  "b": 2\n}\n'],
  ['id_rsa', 'some: text\nof no "form"\n', 'some: text\nof no "form"\n'],
];

suite('a member', () => {
  for (const [name, text, expected] of files) {
    test(`${name} is decrypted by its form`, async () => {
      const bytes = await encryptFile(name, text, [key.recipient]);
      const secrets = new Set<string>();
      const parsed = secretOf({ [name]: bytes, plain: Buffer.from('plain') });
      const found = decryptMembers(parsed, opening, secrets);
      assert.equal(clearOf(found, name), expected);
      assert.equal(clearOf(found, 'plain'), 'plain');
      assert.ok(secrets.size > 0);
    });
  }

  test('of another kind, or that only looks like it, stays', () => {
    const text = Buffer.from('a: ENC[AES256_GCM,data:x]\n');
    for (const name of ['a.yaml', 'a.env', 'a']) {
      const parsed = secretOf({ [name]: text });
      assert.deepEqual(decryptMembers(parsed, opening, new Set()), parsed);
    }
    const other = secretOf({ a: text }, 'Other');
    assert.deepEqual(decryptMembers(other, opening, new Set()), other);
  });

  test('of a file of lines that kustomize has taken apart is decrypted, where it is signed', async () => {
    const bytes = await encryptFile('app.env', 'ZETA=b\nALPHA=d e=f\nEMPTY=\n', [key.recipient]);
    const pairs = bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), Buffer.from(line.slice(line.indexOf('=') + 1))])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
    const parsed = secretOf(Object.fromEntries(pairs));
    const found = decryptMembers(parsed, { ...opening, isSigned: true }, new Set());
    const values = { ALPHA: Buffer.from('d e=f'), EMPTY: Buffer.from(''), ZETA: Buffer.from('b') };
    assert.deepEqual(found, secretOf(values));
    assertThrowsWithCode(() => decryptMembers(parsed, opening, new Set()), ResourceError, 'NOT_DECRYPTED');
    assert.equal(sealedMembersOf(firstOf(parsed)).size, pairs.length);
    const clear = secretOf({ ...Object.fromEntries(pairs), MORE: Buffer.from('clear') });
    assert.equal(sealedMembersOf(firstOf(clear)).size, 0);
  });

  test('is refused where nothing is decrypted, and known for sealed without a key', async () => {
    for (const [name, text] of files) {
      const bytes = await encryptFile(name, text, [key.recipient]);
      const parsed = secretOf({ [name]: bytes, plain: Buffer.from('plain') });
      assert.throws(
        () => decryptMembers(parsed, undefined, new Set()),
        (error) => error instanceof ResourceError && error.message.includes(`data.${name} is encrypted by`),
      );
      assert.deepEqual([...sealedMembersOf(firstOf(parsed))], [name]);
    }
  });

  test('with a value in clear is sealed only where its rules leave that so', async () => {
    const text = 'password: x\nhost: db\n';
    const rule = { encrypted_regex: '^password$' };
    const sealed = (await encryptFile('a.yaml', text, [key.recipient], { rule })).toString();
    const keysOf = (file: string): readonly string[] => [
      ...sealedMembersOf(firstOf(secretOf({ 'a.yaml': Buffer.from(file) }))),
    ];
    assert.deepEqual(keysOf(sealed), ['a.yaml']);
    for (const changed of [
      sealed.replace(/^password: .*/mu, 'password: clear'),
      sealed.replace(/^password: .*\n/mu, ''),
      sealed.replace(/mac: ENC.*/u, 'mac: x'),
      sealed.replace(/encrypted_regex: .*/u, 'encrypted_regex: ('),
      text,
    ])
      assert.deepEqual(keysOf(changed), [], changed);
  });

  test('of a form that is not read is refused, and not applied as it is', async () => {
    const ini = await encryptFile('app.ini', '[a]\nx = y\n', [key.recipient]);
    const broken = Buffer.concat([
      await encryptFile('app.yaml', 'a: one\n', [key.recipient]),
      Buffer.from('\tx'),
    ]);
    for (const given of [secretOf({ 'app.ini': ini }), secretOf({ 'app.yaml': broken })])
      assertThrowsWithCode(() => decryptMembers(given, opening, new Set()), ResourceError, 'NOT_DECRYPTED');
  });

  test('that was changed, or is for others, is refused by name', async () => {
    const text = (await encryptFile('app.env', 'A=b\nC=d\n', [key.recipient])).toString();
    const changed = secretOf({ 'app.env': Buffer.from(text.replace(/^C=.*\n/mu, '')) });
    assertThrowsWithCode(() => decryptMembers(changed, opening, new Set()), ResourceError, 'NOT_DECRYPTED');
    const given = secretOf({ 'app.env': Buffer.from(text) });
    assert.throws(
      () => decryptMembers(given, { ...opening, identities: [] }, new Set()),
      (error) =>
        error instanceof ResourceError &&
        error.message.startsWith('s.yaml:1:1: Secret s: data.app.env is encrypted for'),
    );
  });
});

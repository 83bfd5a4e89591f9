// Files that the real sops has encrypted for age come out as they went in; what was changed, or is for others, is refused.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { ResourceError } from '../../../../src/errors.ts';
import { parseIdentities, type AgeIdentity } from '../../../../src/render/sops/age.ts';
import { decryptFiles } from '../../../../src/render/sops/decrypt.ts';
import { readDocuments } from '../../../../src/resources/documents.ts';
import { assertThrowsWithCode } from '../../../helpers/assert-rejects.ts';
import { decryptFile, encryptFile, makeAgeKey } from '../../../helpers/sops.ts';

const [ours, theirs] = await Promise.all([makeAgeKey(), makeAgeKey()]);
const identities = identitiesOf(ours.file);

function identitiesOf(text: string): readonly AgeIdentity[] {
  const found = parseIdentities(text);
  assert.ok(found !== undefined);
  return found;
}

function valuesOf(path: string, bytes: Uint8Array): readonly unknown[] {
  const { documents, problems } = readDocuments(path, bytes);
  assert.deepEqual(problems, []);
  return documents.map(({ value }) => value);
}

function decrypt(
  path: string,
  bytes: Uint8Array,
  keys: readonly AgeIdentity[] = identities,
  isSigned = false,
): Buffer {
  const [file] = decryptFiles([{ path, bytes }], { identities: keys, isSigned }).files;
  assert.ok(file !== undefined);
  return Buffer.from(file.bytes);
}

const everything = `# of the file
apiVersion: v1
kind: Secret
metadata:
  name: login # of a line
  labels: {app: "x", yes: "no"}
type: Opaque
stringData:
  # of a member
  password: "p: \\"w\\"\\n{x}"
  multi: |
    one
      two
  empty: ""
  unicode: "ä\\u2028\\U0001F600"
  number: "5"
extra:
  bool: true
  other: on
  no: off
  int: 12
  octal: 0644
  hex: 0x1f
  float: 1.50
  big: 1e21
  small: 1.25e-7
  none: null
  tilde: ~
  nothing:
  date: 2020-01-02
  list: [a, 1, 2.5, false, {deep: [x]}]
  # behind
  _unencrypted: {a: yes, b: 0755, c: 1_000, d: 1.0, e: 2021-02-03, f: "t"}
`;

const secretOnly = { encrypted_regex: '^(data|stringData)$' };
const variants: Readonly<Record<string, object>> = {
  'an encrypted regex': secretOnly,
  'a mac of what is encrypted': { ...secretOnly, mac_only_encrypted: true },
  'an unencrypted suffix': { unencrypted_suffix: 'Version' },
  'an encrypted suffix': { encrypted_suffix: 'Data' },
  'an unencrypted regex': { unencrypted_regex: '^(apiVersion|metadata|kind|type|extra)$' },
  'no rule': {},
};

suite('a file of YAML', () => {
  for (const [name, rule] of Object.entries(variants)) {
    test(`by ${name}, as sops itself decrypts it`, async () => {
      const bytes = await encryptFile('s.yaml', everything, [ours.recipient], { rule });
      assert.ok(!bytes.toString().includes('p: \\"w'));
      const expected = await decryptFile('s.yaml', bytes, ours);
      assert.deepEqual(valuesOf('s.yaml', decrypt('s.yaml', bytes)), valuesOf('s.yaml', expected));
    });
  }

  test('of several documents, whose mac is one', async () => {
    const text = '# first\na: 1\n---\nb: two\n---\nc: [true]\n';
    const bytes = await encryptFile('m.yaml', text, [theirs.recipient, ours.recipient]);
    assert.deepEqual(valuesOf('m.yaml', decrypt('m.yaml', bytes)), [{ a: 1 }, { b: 'two' }, { c: [true] }]);
    const [first = '', ...rest] = bytes.toString().split('\n---\n');
    // Without one of them, or in another order, the mac is another.
    assertThrowsWithCode(
      () => decrypt('m.yaml', Buffer.from(rest.join('\n---\n'))),
      ResourceError,
      'NOT_DECRYPTED',
    );
    const turned = Buffer.from([...rest, first].join('\n---\n'));
    assertThrowsWithCode(() => decrypt('m.yaml', turned), ResourceError, 'NOT_DECRYPTED');
  });

  test('beside files and documents that are not encrypted, each at its line', async () => {
    const bytes = await encryptFile('s.yaml', 'a: secret\n', [ours.recipient]);
    const text = `clear: 1\n---\n${bytes.toString()}`;
    const found = decrypt('s.yaml', Buffer.from(text));
    assert.deepEqual(valuesOf('s.yaml', found), [{ clear: 1 }, { a: 'secret' }]);
    assert.equal(found.toString().split('\n').indexOf('{"a":"secret"}'), 2);
    const plainFile = Buffer.from('a: "ENC[AES256_GCM, as a text"\n');
    assert.equal(decrypt('p.yaml', plainFile).toString(), plainFile.toString());
  });

  test('that sops has encrypted, with values of each type in JSON', async () => {
    const text = '{"a":{"b":[1,2.5,true,null,"x",{"c":""}]},"d":1e21,"e":-0.5,"f":123456789012}';
    const bytes = await encryptFile('j.json', text, [ours.recipient]);
    assert.deepEqual(valuesOf('j.json', decrypt('j.json', bytes)), [JSON.parse(text)]);
  });
});

suite('what is refused', () => {
  const make = (): Promise<Buffer> =>
    encryptFile('s.yaml', everything, [ours.recipient], { rule: secretOnly });
  const refuses = (bytes: Uint8Array, keys = identities, isSigned = false): void => {
    assert.throws(
      () => decryptFiles([{ path: 's.yaml', bytes }], { identities: keys, isSigned }),
      (error) => {
        assert.ok(error instanceof ResourceError, String(error));
        assert.equal(error.code, 'NOT_DECRYPTED');
        assert.match(error.message, /^s\.yaml:\d+:\d+: file /u);
        assert.ok(!error.message.includes('p: '));
        return true;
      },
    );
  };

  test('a file without identities, for others, or with none of them', async () => {
    const bytes = await make();
    assert.throws(() => decryptFiles([{ path: 's.yaml', bytes }], undefined), { code: 'NOT_DECRYPTED' });
    refuses(bytes, identitiesOf(theirs.file));
    refuses(bytes, []);
    assert.ok(decrypt('s.yaml', bytes, [...identitiesOf(theirs.file), ...identities]).length > 0);
  });

  // These are anybody's to change, who may sign what comes of it.
  const macEdits: readonly (readonly [string, (text: string) => string])[] = [
    ['a value in clear that was changed', (text) => text.replace('name: login', 'name: other')],
    ['a member that is gone', (text) => text.replace('type: Opaque\n', '')],
    ['another date', (text) => text.replace(/lastmodified: "20../u, 'lastmodified: "19..')],
    [
      'another mac rule',
      (text) => text.replace('    version:', '    mac_only_encrypted: true\n    version:'),
    ],
  ];
  for (const [name, edit] of macEdits) {
    test(`${name}, where nobody has signed it`, async () => {
      const text = (await make()).toString();
      const changed = Buffer.from(edit(text));
      assert.notEqual(changed.toString(), text);
      refuses(changed);
      assert.ok(decrypt('s.yaml', changed, identities, true).includes('p: '));
    });
  }

  const edits: readonly (readonly [string, (text: string) => string])[] = [
    ['a value that stands elsewhere', (text) => text.replace(/^( +)password:/mu, '$1passwort:')],
    [
      'a value in clear where one is encrypted',
      (text) => text.replace(/password: ENC.*\]/u, 'password: mine'),
    ],
    ['two values that changed places', swapValues],
    [
      'another rule',
      (text) => text.replace('encrypted_regex: ^(data|stringData)$', 'encrypted_regex: ^(data|extra)$'),
    ],
    ['no rule', (text) => text.replace(/^ +encrypted_regex: .*\n/mu, '')],
    [
      'a rule that is no pattern',
      (text) => text.replace('encrypted_regex: ^(data|stringData)$', 'encrypted_regex: "("'),
    ],
    [
      'rules by comments',
      (text) => text.replace('    version:', '    encrypted_comment_regex: x\n    version:'),
    ],
    ['key groups', (text) => text.replace('    version:', '    shamir_threshold: 2\n    version:')],
    ['no recipient of age', (text) => text.replace(/ {4}age:[^]*?(?= {4}lastmodified)/u, '')],
    ['an alias', (text) => text.replace('int: 12', 'int: &i 12\n    again: *i')],
    ['a damaged age file', (text) => text.replace(/(BEGIN AGE ENCRYPTED FILE-----\n +)..../u, '$1AAAA')],
  ];
  for (const [name, edit] of edits) {
    test(`${name}, whoever has signed it`, async () => {
      const text = (await make()).toString();
      const changed = edit(text);
      assert.notEqual(changed, text);
      refuses(Buffer.from(changed));
      refuses(Buffer.from(changed), identities, true);
    });
  }

  test('encrypted values that have no key beside them, as items of a List', async () => {
    const bytes = await encryptFile('s.json', '{"kind":"A","data":{"k":"v"}}', [ours.recipient], {
      rule: secretOnly,
    });
    const list = { kind: 'List', items: [JSON.parse(bytes.toString())] };
    const listed = Buffer.from(JSON.stringify(list));
    refuses(listed);
    refuses(listed, identities, true);
    assert.throws(() => decryptFiles([{ path: 's.yaml', bytes: listed }], undefined), {
      message: /without its key beside it: items\.0\.data\.k/u,
    });
  });

  test('nothing of an object that its operator decrypts', async () => {
    const text = everything.replace('kind: Secret', 'kind: SopsSecret');
    const bytes = await encryptFile('s.yaml', text, [ours.recipient], { rule: secretOnly });
    assert.deepEqual(Buffer.from(decrypt('s.yaml', bytes)), bytes);
    const list = { kind: 'List', items: valuesOf('s.yaml', bytes) };
    const listed = Buffer.from(JSON.stringify(list));
    assert.deepEqual(decrypt('s.json', listed), listed);
  });
});

suite('what takes time', () => {
  test('is given up where it is too much: keys for thousands, tried with each identity', async () => {
    const bytes = await encryptFile('s.yaml', 'a: b\n', [theirs.recipient]);
    const text = bytes.toString();
    const entry = /^ +- (?:recipient|enc)[^]*?(?=^ {4}lastmodified)/mu.exec(text)?.[0] ?? '';
    assert.notEqual(entry, '');
    const many = Buffer.from(text.replace(entry, entry.repeat(64)));
    const identity = identities[0];
    assert.ok(identity !== undefined);
    assert.throws(
      () =>
        decryptFiles([{ path: 's.yaml', bytes: many }], {
          identities: Array.from({ length: 65 }, () => identity),
          isSigned: true,
        }),
      (error) => error instanceof ResourceError && /more recipients than are tried/u.test(error.message),
    );
  });

  for (const [what, pattern] of [
    ['whose repetitions are written out', '\\pL{1000}'.repeat(100)],
    ['that is tried on long names', `${'\\pL*'.repeat(250)}-`],
  ] as const) {
    test(`is given up where it is too much: a pattern ${what}`, async () => {
      const name = 'n'.repeat(100);
      const text = Array.from({ length: 600 }, (_, index) => `${name}${index}: "x"\n`).join('');
      const bytes = await encryptFile('s.yaml', text, [ours.recipient], {
        rule: { unencrypted_regex: '^none$' },
      });
      const changed = bytes
        .toString()
        .replace('unencrypted_regex: ^none$', `unencrypted_regex: '${pattern}'`);
      const begin = process.cpuUsage();
      assert.throws(
        () => decryptFiles([{ path: 's.yaml', bytes: Buffer.from(changed) }], { identities, isSigned: true }),
        (error) => error instanceof ResourceError && /a pattern of encrypted members/u.test(error.message),
      );
      assert.ok(process.cpuUsage(begin).user < 3_000_000);
    });
  }
});

function swapValues(text: string): string {
  const [first = '', second = ''] = text.match(/ENC\[AES256_GCM.*type:str\]/gu) ?? [];
  return text.replace(first, '<>').replace(second, first).replace('<>', second);
}

test('what was encrypted is told, so that it can be kept out of messages', async () => {
  const bytes = await encryptFile('s.yaml', everything, [ours.recipient], { rule: secretOnly });
  const { secrets } = decryptFiles([{ path: 's.yaml', bytes }], { identities, isSigned: false });
  assert.ok(secrets.has('p: "w"\n{x}') && secrets.has('5') && !secrets.has('login'));
});

test('identities are lines of a key file, or nothing', () => {
  assert.equal(identities.length, 1);
  assert.equal(identitiesOf(`${ours.file}\n${theirs.file}`).length, 2);
  assert.deepEqual(parseIdentities('# nothing\n\n'), []);
  const line = /AGE-SECRET-KEY-.*/u.exec(ours.file)?.[0] ?? '';
  for (const text of [
    'x',
    `${line}Q`,
    line.slice(0, -1),
    line.toLowerCase().replace('age', 'AGE'),
    'AGE-SECRET-KEY-PQ-1QQQQ',
    ours.recipient,
  ])
    assert.equal(parseIdentities(text), undefined);
  assert.equal(parseIdentities(line.toLowerCase())?.length, 1);
});

test('random values come out as they went in', async () => {
  const scalar = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.integer(),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((one) => !Object.is(one, -0)),
    fc.constant(null),
  );
  const name = fc
    .stringMatching(/^[a-z][a-zA-Z]{1,8}$/u)
    .filter((one) => !/unencrypted$|^(?:sops|no|on|off|yes|null|true|false)$/iu.test(one));
  const tree = fc.dictionary(
    name,
    fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(name, scalar, { maxKeys: 3 })),
    { minKeys: 1, maxKeys: 5 },
  );
  const samples = fc.sample(tree, { numRuns: 12, seed: 3 });
  for (const sample of samples) {
    // Through text: a dictionary has no prototype.
    const text = JSON.stringify(sample);
    const bytes = await encryptFile('j.json', text, [ours.recipient]);
    assert.deepEqual(
      valuesOf('j.json', decrypt('j.json', bytes)),
      valuesOf('j.json', Buffer.from(text)),
      text,
    );
  }
});

test('damaged files are refused, and nothing else is thrown', async () => {
  const bytes = await encryptFile('s.yaml', everything, [ours.recipient], { rule: secretOnly });
  const edit = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.integer({ min: 32, max: 126 }) });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const damaged = Buffer.from(bytes);
      for (const { at, byte } of edits) damaged[at] = byte;
      try {
        decryptFiles([{ path: 's.yaml', bytes: damaged }], { identities, isSigned: false });
      } catch (error) {
        assert.ok(error instanceof ResourceError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

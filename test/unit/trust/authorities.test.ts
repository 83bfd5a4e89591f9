// Authorities of a policy: what they refer to, and how they are counted.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { trustPolicySpecSchema, type TrustPolicySpec } from '../../../src/api/trust-policy.ts';
import { PolicyError, SigningError, VerificationError } from '../../../src/errors.ts';
import { isKeyless, type Authority } from '../../../src/signing/authority.ts';
import {
  authorityId,
  matchAuthorities,
  readAuthority,
  referencesOf,
  selectQuorum,
  type Counted,
  type DataReference,
  type Quorum,
} from '../../../src/trust/authorities.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { authorityNamed } from '../../helpers/authorities.ts';
import { createTrustDomain, rootTextOf } from '../../helpers/certified.ts';
import { makePolicy } from '../../helpers/policies.ts';
import { publicPemOf, signerNamed } from '../../helpers/signers.ts';

const domain = createTrustDomain();
const rootText = rootTextOf(domain);
const loggedRootText = rootTextOf(domain, { tlogs: true });
const pem = publicPemOf(await signerNamed('a'));

type AuthoritySpec = TrustPolicySpec['authorities'][number];

/** An authority as the API server gives it, defaults filled in. */
function specOf(authority: object): AuthoritySpec {
  const spec = trustPolicySpecSchema.parse({
    match: [{ url: 'oci://h/a' }],
    authorities: [{ name: 'ci', ...authority }],
    signatures: { authorities: ['ci'] },
  });
  return spec.authorities[0] ?? assert.fail('no authority');
}

const identity = { issuer: 'https://issuer', subject: 'acme/app', trustedRootRef: { name: 'roots' } };

/** Reads an authority where some references have a text; says what was asked for. */
function read(
  authority: AuthoritySpec,
  texts: Readonly<Record<string, string>> = {},
): { readonly authority: Authority; readonly asked: readonly string[] } {
  const asked: string[] = [];
  const found = readAuthority(authority, ({ kind, name, key }: DataReference) => {
    asked.push(`${kind}/${name}/${key}`);
    return new Map(Object.entries(texts)).get(`${kind}/${name}/${key}`);
  });
  return { authority: found, asked };
}

suite('an authority', () => {
  test('has its key in the policy', async () => {
    const { authority, asked } = read(specOf({ key: { data: pem } }));
    assert.ok(!isKeyless(authority));
    assert.equal(authority.key.hint, (await signerNamed('a')).verifyKey.hint);
    assert.deepEqual(asked, []);
  });

  test('has its key in a Secret, under the name that is asked for or cosign’s', () => {
    const first = read(specOf({ key: { secretRef: { name: 'keys' } } }), { 'Secret/keys/cosign.pub': pem });
    assert.deepEqual(first.asked, ['Secret/keys/cosign.pub']);
    const spec = specOf({ key: { secretRef: { name: 'keys', key: 'b' } } });
    assert.deepEqual(read(spec, { 'Secret/keys/b': pem }).asked, ['Secret/keys/b']);
  });

  test('is an identity under a root in a ConfigMap or a Secret', () => {
    const { authority, asked } = read(specOf({ keyless: identity }), {
      'ConfigMap/roots/trusted_root.json': rootText,
    });
    assert.deepEqual(asked, ['ConfigMap/roots/trusted_root.json']);
    assert.ok(isKeyless(authority));
    const { issuer, subject, claims, logThreshold, timestampThreshold } = authority.keyless;
    assert.deepEqual(
      [issuer, subject.text, claims, logThreshold, timestampThreshold],
      ['https://issuer', 'acme/app', {}, 0, 1],
    );
    const trustedRootRef = { kind: 'Secret', name: 'roots', key: 'r' };
    assert.ok(read(specOf({ keyless: { ...identity, trustedRootRef } }), { 'Secret/roots/r': rootText }));
  });

  test('asks for a log entry where its root names a log, unless told otherwise', () => {
    const texts = { 'ConfigMap/roots/trusted_root.json': loggedRootText };
    const thresholds = [undefined, 0, 2].map((logThreshold) => {
      const { authority } = read(
        specOf({ keyless: { ...identity, logThreshold, claims: { ownerId: '1' } } }),
        texts,
      );
      return isKeyless(authority) ? authority.keyless.logThreshold : undefined;
    });
    assert.deepEqual(thresholds, [1, 0, 2]);
  });

  test('shares a root of the same text, and no other’s, however many there are', () => {
    const rootOf = (text: string): unknown => {
      const { authority } = read(specOf({ keyless: identity }), {
        'ConfigMap/roots/trusted_root.json': text,
      });
      return isKeyless(authority) ? authority.keyless.root : undefined;
    };
    const first = rootOf(rootText);
    assert.equal(rootOf(rootText), first);
    const others = Array.from({ length: 70 }, (_, number) =>
      rootOf(rootText.padEnd(rootText.length + number + 1)),
    );
    assert.equal(new Set([first, ...others]).size, 71);
    assert.notEqual(rootOf(rootText), undefined);
  });
});

test('what a policy refers to is listed', async () => {
  const spec = {
    authorities: [
      { name: 'a', key: { data: pem } },
      { name: 'b', key: { secretRef: { name: 'keys' } } },
      { name: 'c', keyless: identity },
      { name: 'd' },
    ],
    signatures: { authorities: ['a'] },
  };
  assert.deepEqual(referencesOf(await makePolicy({ spec })), [
    { kind: 'Secret', name: 'keys', key: 'cosign.pub' },
    { kind: 'ConfigMap', name: 'roots', key: 'trusted_root.json' },
  ]);
});

suite('an authority is not usable', () => {
  const texts = { 'ConfigMap/roots/trusted_root.json': rootText, 'Secret/keys/cosign.pub': pem };
  const invalid: readonly (readonly [string, object])[] = [
    ['that is nothing', {}],
    ['that is both', { key: { data: pem }, keyless: identity }],
    ['whose key is in two places', { key: { data: pem, secretRef: { name: 'keys' } } }],
    ['whose Secret is missing', { key: { secretRef: { name: 'gone' } } }],
    ['whose Secret has no such key', { key: { secretRef: { name: 'keys', key: 'other' } } }],
    ['whose ConfigMap is missing', { keyless: { ...identity, trustedRootRef: { name: 'gone' } } }],
    [
      'whose root is looked for in an object of another kind',
      { keyless: { ...identity, trustedRootRef: { kind: 'Secret', name: 'roots' } } },
    ],
    ['that asks for log entries under a root without a log', { keyless: { ...identity, logThreshold: 1 } }],
    ['whose subject is two', { keyless: { ...identity, subjectRegExp: 'a' } }],
    ['whose subject is none', { keyless: { ...identity, subject: undefined } }],
    ['whose pattern means anyone', { keyless: { ...identity, subject: undefined, subjectRegExp: '.*' } }],
  ];
  for (const [name, authority] of invalid) {
    test(name, () => {
      assertThrowsWithCode(() => read(specOf(authority), texts), PolicyError, 'POLICY_INVALID');
    });
  }

  test('whose key is none', () => {
    assertThrowsWithCode(() => read(specOf({ key: { data: 'x' } })), SigningError, 'KEY_INVALID');
    assertThrowsWithCode(() => read(specOf({ key: {} })), SigningError, 'KEY_INVALID');
    const spec = specOf({ key: { secretRef: { name: 'keys' } } });
    assertThrowsWithCode(() => read(spec, { 'Secret/keys/cosign.pub': '' }), SigningError, 'KEY_INVALID');
  });

  test('whose root is none', () => {
    const spec = specOf({ keyless: identity });
    for (const text of ['', '{}', rootText.slice(1)]) {
      assertThrowsWithCode(
        () => read(spec, { 'ConfigMap/roots/trusted_root.json': text }),
        VerificationError,
        'TRUST_ROOT_INVALID',
      );
    }
  });
});

suite('a quorum', () => {
  const byName = async (names: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, Authority>> =>
    new Map(
      await Promise.all(
        Object.entries(names).map(async ([name, signer]): Promise<[string, Authority]> => [
          name,
          await authorityNamed(name, signer),
        ]),
      ),
    );

  test('is what is named, each once', async () => {
    const authorities = await byName({ a: 'a', b: 'b', c: 'c' });
    const quorum = selectQuorum(await makePolicy(), authorities, {
      authorities: ['b', 'a', 'b'],
      threshold: 2,
    });
    assert.deepEqual([quorum.authorities.map(({ name }) => name), quorum.threshold], [['b', 'a'], 2]);
  });

  test('is invalid where it can not be reached', async () => {
    const policy = await makePolicy();
    const authorities = await byName({ a: 'a', again: 'a' });
    const table: readonly (readonly [readonly string[], number])[] = [
      [['nobody'], 1],
      [[], 1],
      [[], 0],
      [['a'], 2],
      [['a', 'a'], 2],
      [['a', 'again'], 2],
    ];
    for (const [names, threshold] of table) {
      assertThrowsWithCode(
        () => selectQuorum(policy, authorities, { authorities: names, threshold }),
        PolicyError,
        'POLICY_INVALID',
      );
    }
  });

  test('is invalid where two of its authorities are one subject with two claims: who signs as both counts once', async () => {
    const policy = await makePolicy();
    const texts = { 'ConfigMap/roots/trusted_root.json': rootText };
    const named = (name: string, keyless: object): readonly [string, Authority] => [
      name,
      read({ ...specOf({ keyless: { ...identity, ...keyless } }), name }, texts).authority,
    ];
    const authorities = new Map([
      named('eu', { claims: { environment: 'prod-eu' } }),
      named('us', { claims: { environment: 'prod-us' } }),
      named('web', { subject: 'acme/web' }),
    ]);
    const select = (names: readonly string[], threshold: number): Quorum =>
      selectQuorum(policy, authorities, { authorities: names, threshold });
    assertThrowsWithCode(() => select(['eu', 'us'], 2), PolicyError, 'POLICY_INVALID');
    assertThrowsWithCode(() => select(['eu', 'us', 'web'], 3), PolicyError, 'POLICY_INVALID');
    assert.equal(select(['eu', 'us'], 1).threshold, 1);
    assert.equal(select(['eu', 'us', 'web'], 2).threshold, 2);
  });

  test('one identity under two names is one authority, with another claim it is another', () => {
    const idOf = (keyless: object): string =>
      authorityId(
        read(specOf({ keyless: { ...identity, ...keyless } }), {
          'ConfigMap/roots/trusted_root.json': rootText,
        }).authority,
      );
    const { authority } = read(specOf({ keyless: identity }), {
      'ConfigMap/roots/trusted_root.json': rootText,
    });
    assert.ok(isKeyless(authority));
    const [one, other] = [
      { ownerId: '1', ref: 'r', workflow: 'w' },
      { workflow: 'w', ref: 'r', ownerId: '1' },
    ].map((claims) => authorityId({ name: 'x', keyless: { ...authority.keyless, claims } }));
    assert.equal(one, other);
    const ids = [
      {},
      { claims: { ownerId: '1' } },
      { claims: { ref: '1' } },
      { subject: 'x' },
      { issuer: 'x' },
    ].map(idOf);
    assert.equal(new Set(ids).size, 5);
  });
});

/** Signers by number, and the authorities that accept each. */
function countedOf(accepts: readonly (readonly string[])[]): readonly Counted[] {
  return accepts.map((authorities, signer) => ({ signer: { kind: 'key', hint: `${signer}` }, authorities }));
}

const letters = ['a', 'b', 'c', 'd'] as const;
const key = (await authorityNamed('a')).key;
const everyone: Quorum = { authorities: letters.map((name) => ({ name, key })), threshold: 1 };

/** The most authorities that can be paired with signers, by trying all ways. */
function mostOf(accepts: readonly (readonly string[])[], taken: ReadonlySet<string> = new Set()): number {
  const [first, ...rest] = accepts;
  if (first === undefined) return 0;
  const ways = first
    .filter((name) => !taken.has(name))
    .map((name) => 1 + mostOf(rest, new Set([...taken, name])));
  return Math.max(mostOf(rest, taken), ...ways);
}

suite('counting authorities', () => {
  const table: readonly (readonly [string, readonly (readonly string[])[], readonly string[]])[] = [
    ['nobody signed', [], []],
    ['one signer that two patterns accept counts once', [['a', 'b']], ['a']],
    ['one authority that two signers match counts once', [['a'], ['a']], ['a']],
    ['a signer makes way for one that has no other', [['a', 'b'], ['a']], ['a', 'b']],
    ['through several', [['a', 'b'], ['b', 'c'], ['a'], ['b']], ['a', 'b', 'c']],
    ['authorities that are not asked for do not count', [['x'], ['x', 'd']], ['d']],
    ['a signer that nobody accepts does not count', [[], ['c']], ['c']],
  ];
  for (const [name, accepts, expected] of table) {
    test(name, () => assert.deepEqual(matchAuthorities(everyone, countedOf(accepts)), expected));
  }

  test('one signer with several signatures is one', () => {
    const [one] = countedOf([['a']]);
    assert.ok(one);
    assert.equal(matchAuthorities(everyone, [one, { ...one, authorities: ['b'] }, one]).length, 1);
  });

  test('one identity at two times, or with two certificates, is one', () => {
    const signer = {
      kind: 'certificate',
      issuer: 'i',
      subject: 's',
      signedAt: undefined,
      claims: {},
    } as const;
    const signatures = [
      { signer, authorities: ['a'] },
      {
        signer: { ...signer, signedAt: '2026-11-22T12:00:00Z', claims: { environment: 'x' } },
        authorities: ['b'],
      },
    ];
    assert.equal(matchAuthorities(everyone, signatures).length, 1);
    const other = { signer: { ...signer, issuer: 'j' }, authorities: ['b'] };
    assert.equal(matchAuthorities(everyone, [...signatures, other]).length, 2);
  });

  test('gives the most that can be paired, whatever the order', () => {
    const accepts = fc.array(fc.uniqueArray(fc.constantFrom(...letters, 'x')), { maxLength: 6 });
    fc.assert(
      fc.property(accepts, (given) => {
        const known = given.map((names) => names.filter((name) => name !== 'x'));
        const matched = matchAuthorities(everyone, countedOf(given));
        assert.equal(matched.length, mostOf(known));
        assert.equal(matchAuthorities(everyone, countedOf(given.toReversed())).length, matched.length);
        assert.equal(new Set(matched).size, matched.length);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

// Whom an authority accepts: exact texts, anchored patterns, and claims that must be there.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { PolicyError } from '../../../src/errors.ts';
import { signingLimits } from '../../../src/limits.ts';
import { mismatchOf, parseSubject, type Keyless } from '../../../src/signing/authority.ts';
import type { Claims } from '../../../src/signing/certificate-identity.ts';
import { parseTrustRoot } from '../../../src/signing/trust-root.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { createTrustDomain, rootTextOf } from '../../helpers/certified.ts';

suite('an exact subject', () => {
  test('is that text and no other', () => {
    const { matches, text } = parseSubject('https://github.com/acme/app', undefined);
    assert.equal(text, 'https://github.com/acme/app');
    assert.ok(matches('https://github.com/acme/app'));
    for (const other of [
      '',
      'https://github.com/acme/app-evil',
      'https://github.com/acme/ap',
      'https://github.com/acme/App',
      'https://github.com/acme/app\n',
      ' https://github.com/acme/app',
    ]) {
      assert.ok(!matches(other), JSON.stringify(other));
    }
  });

  test('is no pattern', () => assert.ok(!parseSubject('acme/.*', undefined).matches('acme/app')));
});

suite('a pattern matches the whole subject', () => {
  const table: readonly (readonly [string, string, boolean])[] = [
    ['acme/app', 'acme/app', true],
    ['acme/app', 'acme/app-evil', false],
    ['acme/app', 'evil/acme/app', false],
    ['acme/app', 'acme/app\n', false],
    ['a|b', 'a', true],
    ['a|b', 'b', true],
    ['a|b', 'ax', false],
    ['a|b', 'xb', false],
    ['^a$', 'a', true],
    ['^a$|b', 'xb', false],
    ['(?m:^a$)|(?:c)', 'evil\na', false],
    ['acme/[a-z]+', 'acme/app', true],
    ['acme/[a-z]+', 'acme/app/evil', false],
    ['.+@acme\\.com', 'a@acme.com', true],
    ['.+@acme\\.com', 'a@acme.com.evil.org', false],
    ['.+@acme\\.com', 'a@acmexcom', false],
  ];
  for (const [pattern, subject, isMatch] of table) {
    test(`${pattern} ${isMatch ? 'accepts' : 'refuses'} ${JSON.stringify(subject)}`, () => {
      assert.equal(parseSubject(undefined, pattern).matches(subject), isMatch);
    });
  }

  test('however a text is written around what it accepts', () => {
    const { matches } = parseSubject(undefined, 'acme/app|acme/web');
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom('acme/app', 'acme/web'),
        fc.string(),
        (before, subject, after) => {
          assert.equal(matches(`${before}${subject}${after}`), before === '' && after === '');
        },
      ),
      { seed: 1 },
    );
  });
});

test('a subject that whoever gets a certificate writes does not hang a pattern that repeats its repetitions', () => {
  const { matches } = parseSubject(undefined, 'https://github\\.com/([\\w.-]+/?)+@refs/tags/v.*');
  const subject = `https://github.com/evil/${'a'.repeat(60)}@refs/heads/x`;
  // Backtracking, it would take some thousand years: the limit tells a hang from work.
  assert.equal(runInNewContext('matches(subject)', { matches, subject }, { timeout: 20_000 }), false);
  assert.ok(matches('https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1'));
});

suite('a subject is refused', () => {
  const long = 'x'.repeat(signingLimits.identityLength + 1);
  const table: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['that is neither', undefined, undefined],
    ['that is both', 'a', 'a'],
    ['that is empty', '', undefined],
    ['that is an empty pattern', undefined, ''],
    ['that is too long', long, undefined],
    ['that is too long a pattern', undefined, long],
    ['whose pattern matches the empty subject', undefined, '.*'],
    ['whose pattern has an empty alternative', undefined, 'acme/app|'],
    ['whose pattern is optional', undefined, '(acme/app)?'],
    ['whose pattern is no pattern', undefined, '('],
    ['whose pattern is well-formed only inside a group', undefined, 'a)|(b'],
    ['whose pattern closes the group and opens it again', undefined, 'acme/app)|(?:.+'],
    ['whose pattern ends in an escape', undefined, 'acme\\'],
    ['whose pattern has an escape that means nothing', undefined, 'acme\\/app\\q'],
    ['whose pattern looks ahead', undefined, 'acme/(?!evil).+'],
    ['whose pattern looks behind', undefined, 'acme/.+(?<!evil)'],
    ['whose pattern refers back', undefined, '(a)\\1'],
  ];
  for (const [name, subject, pattern] of table) {
    test(name, () => {
      assertThrowsWithCode(() => parseSubject(subject, pattern), PolicyError, 'POLICY_INVALID');
    });
  }
});

suite('an identity that is not the authority’s', () => {
  const keyless = (claims: Claims = {}): Keyless => ({
    issuer: 'https://issuer',
    subject: parseSubject('acme/app', undefined),
    claims,
    root: parseTrustRoot(rootTextOf(createTrustDomain())),
    logThreshold: 0,
    timestampThreshold: 1,
  });
  const found = {
    issuer: 'https://issuer',
    subject: 'acme/app',
    claims: { ownerId: '1', environment: 'prod' },
  };

  test('is named by what differs', () => {
    assert.equal(mismatchOf(keyless(), found), undefined);
    assert.equal(mismatchOf(keyless({ ownerId: '1', environment: 'prod' }), found), undefined);
    assert.equal(mismatchOf(keyless({ ownerId: undefined }), found), undefined);
    const table: readonly (readonly [Keyless, object, string])[] = [
      [keyless(), { issuer: 'https://issuer/' }, 'ISSUER_MISMATCH'],
      [keyless(), { issuer: 'https://evil', subject: 'evil' }, 'ISSUER_MISMATCH'],
      [keyless(), { subject: 'acme/app-evil' }, 'IDENTITY_MISMATCH'],
      [keyless({ ownerId: '2' }), {}, 'IDENTITY_MISMATCH'],
      [keyless({ ownerId: '1', environment: 'staging' }), {}, 'IDENTITY_MISMATCH'],
      [keyless({ ref: 'refs/heads/main' }), {}, 'IDENTITY_MISMATCH'],
    ];
    for (const [authority, change, code] of table) {
      assert.equal(mismatchOf(authority, { ...found, ...change })?.code, code);
    }
  });

  test('is not found by a claim that every object has', () => {
    const wanted = { ...keyless(), claims: Object.fromEntries([['constructor', 'x']]) };
    assert.equal(mismatchOf(wanted, found)?.code, 'IDENTITY_MISMATCH');
  });
});

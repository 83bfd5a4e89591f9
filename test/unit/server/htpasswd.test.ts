// Accounts: what is read, and what is refused with the line but without the hash.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '../../../src/errors.ts';
import { parseHtpasswd } from '../../../src/server/htpasswd.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

const body = 'abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a';
const hash = `$2y$05$${body}`;

test('accounts are read, comments and empty lines passed over', () => {
  const accounts = parseHtpasswd(`# ours\r\nci:${hash}\r\n\n  dev ops:$2b$10$${body}\nx:$2a$14$${body}`);
  assert.deepEqual([...accounts.keys()], ['ci', 'dev ops', 'x']);
  assert.equal(accounts.get('ci'), hash);
});

suite('refused', () => {
  const cases: readonly (readonly [name: string, text: string, message: RegExp])[] = [
    ['no account at all', '# none\n', /there are none/u],
    ['a line without a separator', `ci ${hash}`, /line 1 is not NAME:HASH/u],
    ['an empty name', `:${hash}`, /line 1 is not NAME:HASH/u],
    ['a name twice', `ci:${hash}\nci:${hash}`, /line 2 names "ci" again/u],
    ['MD5', 'ci:$apr1$abcdefgh$0123456789012345678901', /line 1 has no hash of bcrypt/u],
    ['SHA-1', 'ci:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', /line 1 has no hash of bcrypt/u],
    ['a plain password', 'ci:secret', /line 1 has no hash of bcrypt/u],
    ['a cut hash', `ci:${hash.slice(0, -1)}`, /line 1 has no hash of bcrypt/u],
    ['a cost that takes minutes', `ci:$2y$20$${body}`, /line 1 has cost 20, not 4 to 14/u],
    ['a cost that is none', `ci:$2y$03$${body}`, /line 1 has cost 3/u],
  ];
  for (const [name, text, message] of cases) {
    test(name, () => {
      assert.throws(
        () => parseHtpasswd(text),
        (error) => {
          assert.ok(error instanceof InputError && error.code === 'INPUT_INVALID');
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /secret|\$2y|apr1|SHA/u);
          return true;
        },
      );
    });
  }
});

test('of any text it throws nothing but its own error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        parseHtpasswd(text);
      } catch {
        assertThrowsWithCode(() => parseHtpasswd(text), InputError, 'INPUT_INVALID');
      }
    }),
    { numRuns: 300, seed: 5 },
  );
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { authLimits } from '../../../src/limits.ts';
import { boundedJoin, formatScopes, parseScopes, scopesOf } from '../../../src/registry/scopes.ts';

suite('scopes', () => {
  for (const [text, expected] of [
    [undefined, []],
    ['', []],
    ['repository:a/b:pull', ['repository:a/b:pull']],
    ['repository:b:push,pull  repository:a:pull', ['repository:a:pull', 'repository:b:pull,push']],
    ['repository:a:pull repository:a:push,pull', ['repository:a:pull,push']],
    ['repository:host.test:5000/a:pull', ['repository:host.test:5000/a:pull']],
    ['repository(plugin):a:pull registry:catalog:*', ['registry:catalog:*', 'repository(plugin):a:pull']],
    ['openid profile repository:a:pull', ['repository:a:pull']],
    ['repository:a:', ['repository:a:']],
  ] as const) {
    test(`of ${JSON.stringify(text)}`, () => assert.deepEqual(formatScopes(parseScopes(text)), expected));
  }

  test('are bounded', () => {
    const many = Array.from({ length: 100 }, (_, index) => `repository:r${index}:pull`).join(' ');
    assert.equal(parseScopes(many).size, authLimits.scopes);
    const [first, second] = [parseScopes('repository:own:pull'), parseScopes(many)];
    assert.deepEqual(boundedJoin(first, second), first);
    assert.equal(parseScopes(`repository:${'x'.repeat(10_000)}:pull`).size, 0);
  });

  test('in any order are the same text, which is read as it was', () => {
    const scope = fc
      .tuple(fc.constantFrom('a', 'b', 'c/d'), fc.subarray(['pull', 'push', 'delete'], { minLength: 1 }))
      .map(([name, actions]) => `repository:${name}:${actions.toReversed().join(',')}`);
    fc.assert(
      fc.property(fc.array(scope), (list) => {
        const text = formatScopes(parseScopes(list.join(' '))).join(' ');
        assert.equal(formatScopes(parseScopes(list.toReversed().join(' '))).join(' '), text);
        assert.equal(formatScopes(parseScopes(text)).join(' '), text);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  test('of a request follow its method, and a mount reads from elsewhere', () => {
    const scopes = (method: 'GET' | 'POST' | 'DELETE', query = ''): readonly string[] =>
      formatScopes(scopesOf({ method, url: new URL(`https://r.test/v2/a/blobs/uploads/${query}`) }, 'a'));
    assert.deepEqual(scopes('GET'), ['repository:a:pull']);
    assert.deepEqual(scopes('DELETE'), ['repository:a:pull']);
    assert.deepEqual(scopes('POST'), ['repository:a:pull,push']);
    assert.deepEqual(scopes('POST', '?mount=sha256:x&from=b/c'), [
      'repository:a:pull,push',
      'repository:b/c:pull',
    ]);
    assert.deepEqual(scopes('GET', '?mount=sha256:x&from=b/c'), ['repository:a:pull']);
    assert.deepEqual(scopes('POST', '?from=b/c'), ['repository:a:pull,push']);
  });
});

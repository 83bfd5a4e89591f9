import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { isProxied, parseNoProxy } from '../../../src/registry/no-proxy.ts';

type Row = readonly [noProxy: string, url: string, isProxied: boolean];

/** What Go's httpproxy says as well. */
const asInGo: readonly Row[] = [
  ['', 'https://example.com/', true],
  ['*', 'https://example.com/', false],
  ['other.com,*', 'https://example.com/', false],
  // Names, and what is below them.
  ['example.com', 'https://example.com/', false],
  ['example.com', 'https://a.b.example.com:5000/', false],
  ['EXAMPLE.com', 'https://Example.COM/', false],
  ['example.com', 'https://notexample.com/', true],
  ['example.com', 'https://example.com.evil.net/', true],
  ['.example.com', 'https://a.example.com/', false],
  ['.example.com', 'https://example.com/', true],
  ['*.example.com', 'https://a.example.com/', false],
  ['*.example.com', 'https://example.com/', true],
  ['com', 'https://example.com/', false],
  [' foo , ,example.com ,', 'https://example.com/', false],
  // Ports.
  ['example.com:5000', 'https://example.com:5000/', false],
  ['example.com:5000', 'https://example.com/', true],
  ['example.com:443', 'https://example.com/', false],
  ['example.com:443', 'http://example.com/', true],
  ['example.com:80', 'http://example.com/', false],
  ['example.com:', 'https://example.com:5000/', false],
  [':5000', 'https://example.com:5000/', true],
  // Addresses.
  ['10.1.2.3', 'https://10.1.2.3:5000/', false],
  ['10.1.2.3', 'https://10.1.2.30/', true],
  ['10.1.2.3:5000', 'https://10.1.2.3:5000/', false],
  ['10.1.2.3:5000', 'https://10.1.2.3/', true],
  ['2.3', 'https://10.1.2.3/', true],
  ['2001:db8::1', 'https://[2001:db8::1]:5000/', false],
  ['2001:db8:0:0:0:0:0:1', 'https://[2001:db8::1]/', false],
  ['[2001:db8::1]:5000', 'https://[2001:db8::1]:5000/', false],
  ['[2001:db8::1]:5000', 'https://[2001:db8::1]/', true],
  ['::ffff:10.1.2.3', 'https://10.1.2.3/', false],
  ['10.1.2.3', 'https://[::ffff:10.1.2.3]/', false],
  // Networks.
  ['10.0.0.0/8', 'https://10.1.2.3/', false],
  ['10.0.0.0/8', 'https://11.1.2.3/', true],
  ['10.0.0.0/8', 'https://[::ffff:10.1.2.3]/', false],
  ['2001:db8::/32', 'https://[2001:db8:5::1]/', false],
  ['2001:db8::/32', 'https://[2001:db9::1]/', true],
  ['10.0.0.0/33', 'https://10.0.0.1/', true],
  ['10.0.0.0/', 'https://10.0.0.1/', true],
  ['10.0.0.0/8', 'https://ten.example.com/', true],
  // This machine.
  ['', 'http://localhost:5000/', false],
  ['', 'https://127.0.0.1/', false],
  ['', 'https://127.9.9.9/', false],
  ['', 'https://[::1]:5000/', false],
  ['', 'https://localhost.example.com/', true],
];

const beyondGo: readonly Row[] = [
  ['[2001:db8::1]', 'https://[2001:db8::1]:5000/', false],
  ['a.com b.com', 'https://b.com/', false],
  ['example.com', 'https://example.com./', false],
  ['example.com.', 'https://example.com/', false],
  ['', 'https://registry.localhost/', false],
  ['', 'https://[::ffff:127.0.0.1]/', false],
];

suite('NO_PROXY', () => {
  for (const [noProxy, url, expected] of [...asInGo, ...beyondGo]) {
    test(`${JSON.stringify(noProxy)} and ${url}: ${expected ? 'by the proxy' : 'directly'}`, () => {
      assert.equal(isProxied(new URL(url), noProxy), expected);
    });
  }

  test('tells the entry that decided', () => {
    assert.equal(parseNoProxy('a.com, .site').find(new URL('https://registry.site/')), '.site');
  });

  test('never throws, whatever is in it', () => {
    const entry = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\d.:/[\]*a-f]{0,20}$/u));
    const host = fc.constantFrom(
      'https://registry.site/',
      'https://10.1.2.3/',
      'https://[2001:db8::1]:5000/',
    );
    fc.assert(
      fc.property(fc.array(entry), host, (entries, url) => {
        isProxied(new URL(url), entries.join(','));
      }),
      { numRuns: 200 },
    );
  });

  test('a long list with a name excepts it', () => {
    const list = Array.from({ length: 1000 }, (_, index) => `host${index}.site`);
    assert.equal(isProxied(new URL('https://host999.site/'), list.join(',')), false);
    assert.equal(isProxied(new URL('https://host1000.site/'), list.join(',')), true);
  });
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { InputError } from '../../../src/errors.ts';
import { environmentProxies, givenProxy, nameProxy, noProxies } from '../../../src/registry/proxy.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

const secure = new URL('https://registry.site/v2/');
const plain = new URL('http://registry.site/v2/');

type Row = readonly [
  name: string,
  env: Record<string, string>,
  url: URL,
  proxy: string | undefined,
  why: string,
];

const rows: readonly Row[] = [
  ['nothing set', {}, secure, undefined, 'no proxy is set'],
  ['HTTPS', { HTTPS_PROXY: 'http://a:1' }, secure, 'http://a:1', 'HTTPS_PROXY'],
  ['not the other scheme', { HTTPS_PROXY: 'http://a:1' }, plain, undefined, 'no proxy is set'],
  ['HTTP', { HTTP_PROXY: 'http://a:1' }, plain, 'http://a:1', 'HTTP_PROXY'],
  ['HTTP not for HTTPS', { HTTP_PROXY: 'http://a:1' }, secure, undefined, 'no proxy is set'],
  [
    'lower case wins',
    { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2' },
    secure,
    'http://b:2',
    'https_proxy',
  ],
  [
    'an empty one is none',
    { https_proxy: ' ', HTTPS_PROXY: 'http://a:1' },
    secure,
    'http://a:1',
    'HTTPS_PROXY',
  ],
  ['ALL_PROXY', { ALL_PROXY: 'http://a:1' }, secure, 'http://a:1', 'ALL_PROXY'],
  ['all_proxy for HTTP', { all_proxy: 'http://a:1' }, plain, 'http://a:1', 'all_proxy'],
  [
    'the own before ALL_PROXY',
    { ALL_PROXY: 'http://a:1', HTTPS_PROXY: 'http://b:2' },
    secure,
    'http://b:2',
    'HTTPS_PROXY',
  ],
  ['no scheme', { HTTPS_PROXY: 'proxy.site:3128' }, secure, 'http://proxy.site:3128', 'HTTPS_PROXY'],
  ['usual port', { HTTPS_PROXY: 'http://proxy.site/' }, secure, 'http://proxy.site', 'HTTPS_PROXY'],
  ['TLS', { HTTPS_PROXY: 'https://proxy.site:3129' }, secure, 'https://proxy.site:3129', 'HTTPS_PROXY'],
  ['NO_PROXY', { HTTPS_PROXY: 'http://a:1', NO_PROXY: '.site' }, secure, undefined, 'NO_PROXY has .site'],
  [
    'no_proxy wins',
    { HTTPS_PROXY: 'http://a:1', NO_PROXY: '*', no_proxy: 'b' },
    secure,
    'http://a:1',
    'HTTPS_PROXY',
  ],
  ['httpoxy', { HTTP_PROXY: 'http://evil:1', REQUEST_METHOD: 'GET' }, plain, undefined, 'no proxy is set'],
  ['no httpoxy', { http_proxy: 'http://a:1', REQUEST_METHOD: 'GET' }, plain, 'http://a:1', 'http_proxy'],
];

suite('the proxy of the environment', () => {
  for (const [name, env, url, proxy, why] of rows) {
    test(name, () => {
      const choice = environmentProxies(env)(url);
      assert.equal(choice.proxy?.url.origin, proxy);
      assert.equal(choice.why, why);
    });
  }

  test('is never that of this machine', () => {
    const choice = environmentProxies({ HTTP_PROXY: 'http://a:1' })(new URL('http://127.0.0.1:5000/'));
    assert.equal(choice.proxy, undefined);
    assert.match(choice.why, /this machine/u);
  });

  test('is one object, however often it is asked for', () => {
    const choose = environmentProxies({ HTTPS_PROXY: 'http://a:1' });
    assert.equal(choose(secure).proxy, choose(new URL('https://other.site/')).proxy);
  });

  test('may be one that is not usable, as long as it is not used', () => {
    const choose = environmentProxies({ HTTPS_PROXY: 'http://a:1', ALL_PROXY: 'socks5h://u:hidden@b:2' });
    assert.equal(choose(secure).proxy?.url.host, 'a:1');
    const error = assertThrowsWithCode(() => choose(plain), InputError, 'INPUT_INVALID');
    assert.match(error.message, /ALL_PROXY names a SOCKS proxy/u);
    assert.doesNotMatch(inspect(error), /hidden/u);
  });
});

suite('a proxy that is given', () => {
  test('has its user and password apart from its address', () => {
    const { proxy } = givenProxy('http://us%40er:s%3Acret%2F@proxy.site:3128', '--proxy')(secure);
    assert.ok(proxy);
    const expected = `Basic ${Buffer.from('us@er:s:cret/').toString('base64')}`;
    assert.equal(proxy.authorization?.reveal(), expected);
    assert.equal(nameProxy(proxy), 'proxy http://proxy.site:3128');
    assert.doesNotMatch(inspect(proxy, { depth: 9 }) + JSON.stringify(proxy), /s%3Acret|s:cret|us@er/u);
  });

  test('counts for all but this machine and what is excepted', () => {
    const choose = givenProxy('http://a:1', '--proxy', 'near.site');
    assert.equal(choose(plain).why, '--proxy');
    assert.equal(choose(new URL('https://near.site/')).proxy, undefined);
    assert.equal(choose(new URL('https://localhost/')).proxy, undefined);
  });

  test('there is none by default', () => assert.equal(noProxies(secure).proxy, undefined));

  for (const address of [
    '',
    'http://',
    'ftp://user:hidden@proxy',
    'socks5://user:hidden@proxy:1080',
    'http://user:hidden%@proxy:1',
    'http://us%3Aer:hidden@proxy:1',
    'http://user:hidden%0d%0a@proxy:1',
    'http://user:hidden@pro xy:1',
    `http://user:hidden@${'a'.repeat(5000)}:1`,
  ]) {
    test(`${JSON.stringify(address.slice(0, 40))} is refused without being repeated`, () => {
      const error = assertThrowsWithCode(() => givenProxy(address, '--proxy'), InputError, 'INPUT_INVALID');
      assert.match(error.message, /^--proxy /u);
      assert.doesNotMatch(inspect(error), /hidden/u);
    });
  }

  test('is read or refused with our own error, and its password never shown', () => {
    const marked = fc.string().map((text) => `${encodeURIComponent(text)}hidden`);
    const address = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.constantFrom('http', 'https', 'socks', 'x'), marked, fc.string())
        .map(([scheme, password, host]) => `${scheme}://user:${password}@${host}`),
    );
    fc.assert(
      fc.property(address, (text) => {
        try {
          givenProxy(text, '--proxy');
        } catch (error) {
          assert.ok(error instanceof InputError);
          assert.doesNotMatch(inspect(error), /hidden/u);
        }
      }),
      { numRuns: 500 },
    );
  });
});

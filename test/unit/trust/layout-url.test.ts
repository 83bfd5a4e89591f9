// URLs of image layouts and the patterns that match them: one spelling a place, also on file systems that have several.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PolicyError } from '../../../src/errors.ts';
import { parseSourceUrl } from '../../../src/trust/source-url.ts';
import { canClaim, logicalRepository, parseUrlPattern } from '../../../src/trust/url-pattern.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

suite('a URL of an image layout', () => {
  test('has a root, a path and a repository', () => {
    const url = parseSourceUrl('oci-layout:usb/config/app.tar');
    assert.ok(url.kind === 'layout');
    assert.deepEqual([url.root, url.path, url.repository], ['usb', ['config', 'app.tar'], 'config/app.tar']);
    assert.equal(parseSourceUrl('oci-layout:usb').repository, 'usb');
  });
  const refused = [
    '',
    '/etc',
    'usb/',
    'usb//app',
    'usb/../etc',
    'usb/.hidden',
    'usb/App',
    'usb/app.',
    'USB/app',
    'usb/a:b',
    'usb/a%2e',
    'usb/*',
    'usb/~1',
    `usb/${'a'.repeat(256)}`,
    `usb${'/a'.repeat(17)}`,
  ];
  for (const path of refused) {
    test(`is not oci-layout:${path.slice(0, 20)}`, () => {
      assertThrowsWithCode(() => parseSourceUrl(`oci-layout:${path}`), PolicyError, 'URL_NOT_CANONICAL');
    });
  }
});

suite('a pattern of image layouts', () => {
  test('matches below its root alone', () => {
    const pattern = parseUrlPattern('oci-layout:usb/config/*');
    assert.deepEqual(pattern.match('oci-layout:usb/config/app'), ['app']);
    assert.equal(pattern.match('oci-layout:usb2/config/app'), undefined);
    assert.equal(pattern.match('oci://usb/config/app'), undefined);
    assert.equal(parseUrlPattern('oci-layout:usb/**').match('oci-layout:usb'), undefined);
    assert.deepEqual(parseUrlPattern('oci-layout:usb').match('oci-layout:usb'), []);
  });
  test('has no star in its root', () => {
    for (const text of ['oci-layout:*/app', 'oci-layout:u*', 'oci-layout:', 'oci-layout:USB/app'])
      assertThrowsWithCode(() => parseUrlPattern(text), PolicyError, 'POLICY_INVALID');
  });
  test('claims repositories by their names, as those of registries', () => {
    assert.equal(logicalRepository('config/{1}', 'x', ['app']), 'config/app');
    assert.ok(canClaim(undefined, 'oci-layout:usb/config/*', 'config/app'));
    assert.ok(!canClaim(undefined, 'oci-layout:usb/config/*', 'usb/config/app'));
    assert.ok(canClaim(undefined, 'oci-layout:usb', 'usb'));
  });
});

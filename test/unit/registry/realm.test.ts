import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RegistryError } from '../../../src/errors.ts';
import { checkRealm, mayLeadTo } from '../../../src/registry/realm.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

const named = 'https://registry.test:5000/';
const plain = 'http://registry.test:5000/';
const local = 'http://127.0.0.1:5000/';
const onPrivate = 'https://10.1.2.3:5000/';

const allowed: readonly (readonly [registry: string, realm: string])[] = [
  [named, 'https://auth.elsewhere.test/token'],
  [named, 'https://registry.test/service/token?account=a'],
  [named, 'https://registry.test:5001/token'],
  [named, 'https://203.0.113.7/token'],
  [named, 'https://[2606:4700::1]/token'],
  [plain, 'http://registry.test:5000/token'],
  [plain, 'http://registry.test:5001/token'],
  [plain, 'https://auth.elsewhere.test/token'],
  [local, 'http://127.0.0.1:5001/token'],
  [local, 'http://localhost:5001/token'],
  [local, 'http://[::1]:5001/token'],
  [local, 'https://10.1.2.3/token'],
  [onPrivate, 'https://10.1.2.3/token'],
  [onPrivate, 'https://192.168.7.7/token'],
  ['http://[::1]:5000/', 'http://127.0.0.1:5001/token'],
  // The very host that the user named.
  ['https://169.254.10.10/', 'https://169.254.10.10/token'],
];

const refused: readonly (readonly [registry: string, realm: string, why: string])[] = [
  [named, 'http://registry.test:5000/token', 'plain HTTP of a registry that has TLS'],
  [named, 'http://auth.elsewhere.test/token', 'plain HTTP elsewhere'],
  [plain, 'http://auth.elsewhere.test/token', 'plain HTTP elsewhere'],
  [plain, 'http://127.0.0.1/token', 'plain HTTP on loopback'],
  [local, 'http://10.1.2.3/token', 'plain HTTP off this machine'],
  [local, 'http://169.254.169.254/latest/meta-data/', 'metadata'],
  [named, 'https://127.0.0.1/token', 'loopback'],
  [named, 'https://localhost/token', 'loopback by name'],
  [named, 'https://localhost./token', 'loopback by name with a dot'],
  [named, 'https://a.localhost/token', 'loopback by a name below'],
  [named, 'https://0x7f.1/token', 'loopback in hexadecimal'],
  [named, 'https://2130706433/token', 'loopback as a number'],
  [named, 'https://[::1]/token', 'loopback of version 6'],
  [named, 'https://[::ffff:127.0.0.1]/token', 'loopback mapped'],
  [named, 'https://[::127.0.0.1]/token', 'loopback in the old form'],
  [named, 'https://[64:ff9b::7f00:1]/token', 'loopback by NAT64'],
  [named, 'https://[2002:7f00:1::]/token', 'loopback by 6to4'],
  [named, 'https://0.0.0.0/token', 'unspecified'],
  [named, 'https://[::]/token', 'unspecified of version 6'],
  [named, 'https://169.254.169.254/token', 'metadata'],
  [named, 'https://[::ffff:169.254.169.254]/token', 'metadata mapped'],
  [named, 'https://[fe80::1]/token', 'link-local'],
  [named, 'https://[fd00:ec2::254]/token', 'metadata of version 6'],
  [named, 'https://168.63.129.16/token', 'metadata of Azure'],
  [named, 'https://100.100.100.200/token', 'metadata of Alibaba'],
  [onPrivate, 'https://100.100.100.200/token', 'metadata of Alibaba'],
  [onPrivate, 'https://127.0.0.1/token', 'loopback'],
  [named, 'https://10.0.0.1/token', 'private'],
  [named, 'https://172.31.255.255/token', 'private'],
  [named, 'https://192.168.0.1/token', 'private'],
  [named, 'https://[fd12::1]/token', 'private of version 6'],
  [named, 'https://[::ffff:10.0.0.1]/token', 'private mapped'],
  [named, 'https://255.255.255.255/token', 'broadcast'],
  [named, 'https://[ff02::1]/token', 'multicast'],
  [named, 'https://user@auth.test/token', 'a user part'],
  [named, 'https://:secret@auth.test/token', 'a password'],
  [named, 'https://auth.test/token#x', 'a fragment'],
  [named, 'file:///etc/passwd', 'a file'],
  [named, 'ftp://auth.test/token', 'FTP'],
  [named, 'javascript:alert(1)', 'a script'],
  [named, '/token', 'a path'],
  [named, 'token', 'a word'],
  [named, '', 'nothing'],
  [named, `https://auth.test/${'x'.repeat(10_000)}`, 'more than fits'],
];

suite('realms are called', () => {
  for (const [registry, realm] of allowed) {
    test(`${realm} for ${registry}`, () => {
      assert.equal(checkRealm(realm, new URL(registry)).href, new URL(realm).href);
    });
  }
});

suite('realms are refused', () => {
  for (const [registry, realm, why] of refused) {
    test(`${why}: ${realm.slice(0, 60)} for ${registry}`, () => {
      const error = assertThrowsWithCode(
        () => checkRealm(realm, new URL(registry)),
        RegistryError,
        'TOKEN_REALM_REFUSED',
      );
      assert.doesNotMatch(error.message, /secret/u);
    });
  }
});

test('downloads lead to no address of this machine or link, unless the registry is there itself', () => {
  const table: readonly (readonly [string, string, boolean])[] = [
    ['127.0.0.1', 'registry.site', false],
    ['localhost', 'registry.site', false],
    ['[::1]', '10.0.0.1', false],
    ['169.254.169.254', 'registry.site', false],
    ['169.254.169.254', '127.0.0.1', false],
    ['[::ffff:169.254.169.254]', 'registry.site', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['10.0.0.5', 'registry.site', true],
    ['blobs.site', 'registry.site', true],
  ];
  for (const [there, here, expected] of table)
    assert.equal(mayLeadTo(there, here), expected, `${here} to ${there}`);
});

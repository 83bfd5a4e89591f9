import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { formatLocation, parseLocation, requireWanted } from '../../../src/cli/location.ts';

const digest = `sha256:${'a'.repeat(64)}`;

suite('locations', () => {
  const cases: readonly [string, object][] = [
    ['oci-layout:site', { kind: 'layout', path: 'site', wanted: {} }],
    ['oci-layout:./a/b:1.0', { kind: 'layout', path: './a/b', wanted: { tag: '1.0' } }],
    ['oci-layout:/mnt/usb:2/site', { kind: 'layout', path: '/mnt/usb:2/site', wanted: {} }],
    ['oci-layout:/mnt/usb:2/site:prod', { kind: 'layout', path: '/mnt/usb:2/site', wanted: { tag: 'prod' } }],
    [`oci-archive:x.tar@${digest}`, { kind: 'archive', path: 'x.tar', wanted: { digest } }],
    [`oci-archive:x.tar:prod@${digest}`, { kind: 'archive', path: 'x.tar', wanted: { tag: 'prod', digest } }],
  ];
  for (const [text, expected] of cases) {
    test(text, () => {
      assert.deepEqual(parseLocation(text), expected);
      assert.equal(formatLocation(parseLocation(text)), text);
    });
  }

  test('references are read as everywhere', () => {
    const location = parseLocation('oci://Registry.example/config/app:1.0');
    assert.equal(location.kind, 'registry');
    assert.equal(formatLocation(location), 'registry.example/config/app:1.0');
    assert.equal(requireWanted(location), '1.0');
    assert.equal(requireWanted(parseLocation(`registry.example/app:1.0@${digest}`)), digest);
  });

  for (const [text, code] of [
    ['oci-layout:', 'INPUT_INVALID'],
    ['oci-layout::tag', 'INPUT_INVALID'],
    ['oci-layout:dir:', 'TAG_INVALID'],
    ['oci-archive:dir:-x', 'TAG_INVALID'],
    ['oci-layout:dir@sha256:abc', 'DIGEST_INVALID'],
    ['./dir', 'REFERENCE_INVALID'],
  ] as const) {
    test(`${text} is ${code}`, () => assert.throws(() => parseLocation(text), { code }));
  }

  test('a verb that needs one thing says so', () => {
    assert.throws(() => requireWanted(parseLocation('oci-layout:dir')), { code: 'INPUT_MISSING' });
  });
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RegistryError } from '../../../src/errors.ts';
import type { HttpAnswer, HttpRequest } from '../../../src/registry/http.ts';
import { usualRetries } from '../../../src/registry/retry.ts';
import { uploadUrl, withDigest } from '../../../src/registry/upload-session.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

const base = new URL('https://registry.test:8443/v2/app/');
const request: HttpRequest = { method: 'POST', url: new URL('blobs/uploads/', base) };

function locate(location: string): string {
  const answer: HttpAnswer = {
    status: 202,
    header: (name) => (name === 'location' ? location : undefined),
    body: (async function* body() {})(),
    discard: () => undefined,
  };
  const send = (): never => assert.fail('nothing is sent');
  return uploadUrl({ send, base, retries: usualRetries }, request, answer).href;
}

suite('the Location of an upload', () => {
  const table: readonly (readonly [string, string, string])[] = [
    ['absolute', 'https://registry.test:8443/up?a=1', 'https://registry.test:8443/up?a=1'],
    ['from the root', '/v2/app/up/1', 'https://registry.test:8443/v2/app/up/1'],
    ['relative', 'abc?_state=x', 'https://registry.test:8443/v2/app/blobs/uploads/abc?_state=x'],
    ['without scheme', '//registry.test:8443/up', 'https://registry.test:8443/up'],
    ['in plain HTTP', 'http://registry.test:8443/up', 'https://registry.test:8443/up'],
  ];
  for (const [name, location, expected] of table) {
    test(name, () => assert.equal(locate(location), expected));
  }

  for (const location of [
    '',
    'https://registry.test/up',
    'https://evil.test:8443/up',
    '//evil.test/up',
    'https://user@registry.test:8443/up',
    'javascript:alert(1)',
  ]) {
    test(`${JSON.stringify(location)} is refused`, () => {
      assertThrowsWithCode(() => locate(location), RegistryError, 'REGISTRY_PROTOCOL');
    });
  }
});

suite('the digest', () => {
  const digest = 'sha256:00';
  const table: readonly (readonly [string, string])[] = [
    ['https://a.test/up', 'https://a.test/up?digest=sha256%3A00'],
    ['https://a.test/up?', 'https://a.test/up?digest=sha256%3A00'],
    ['https://a.test/up?_state=a%2fb+%20c==', 'https://a.test/up?_state=a%2fb+%20c==&digest=sha256%3A00'],
    ['https://a.test/up?a&b=#part', 'https://a.test/up?a&b=&digest=sha256%3A00'],
  ];
  for (const [url, expected] of table) {
    test(`is added to ${url}`, () => assert.equal(withDigest(new URL(url), digest).href, expected));
  }
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { InputError, SigningError } from '../../../../src/errors.ts';
import { signingLimits } from '../../../../src/limits.ts';
import {
  assertUsable,
  endpoint,
  isPublicService,
  parseServiceUrl,
  parseSigningConfig,
  parseTimestampUrl,
  type SigningServices,
} from '../../../../src/signing/keyless/services.ts';
import { assertThrowsWithCode } from '../../../helpers/assert-rejects.ts';

const mediaType = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';
const now = Date.parse('2026-06-01T00:00:00Z');

type Service = { url: string; majorApiVersion: number; validFor?: object; operator: string };

function service(host: string, more: Partial<Service> = {}): Service {
  return {
    url: `https://${host}.example.org`,
    majorApiVersion: 1,
    validFor: { start: '2026-01-01T00:00:00Z' },
    operator: host,
    ...more,
  };
}

function parse(more: object): SigningServices {
  const config = { mediaType, caUrls: [service('ca')], ...more };
  return parseSigningConfig(JSON.stringify(config), now);
}

const urls = (hosts: readonly string[]): readonly string[] =>
  hosts.map((host) => `https://${host}.example.org/`);

suite('signing configuration', () => {
  test('of the newest authority that is valid now', () => {
    const ended = { validFor: { start: '2026-05-01T00:00:00Z', end: '2026-05-31T00:00:00Z' } };
    const later = { validFor: { start: '2026-07-01T00:00:00Z' } };
    const newer = { validFor: { start: '2026-02-01T00:00:00Z', end: '2026-06-01T00:00:00Z' } };
    const caUrls = [
      service('old'),
      service('ended', ended),
      service('later', later),
      service('newer', newer),
      service('unknown', { majorApiVersion: 2 }),
      service('unreleased', { majorApiVersion: 0 }),
    ];
    assert.equal(parse({ caUrls }).fulcioUrl, 'https://newer.example.org/');
  });

  test('of the highest version of logs, one an operator', () => {
    const rekorTlogUrls = [
      service('v1'),
      service('a', { majorApiVersion: 2 }),
      service('b', { majorApiVersion: 2 }),
      service('a-old', { majorApiVersion: 2, operator: 'a', validFor: { start: '2025-01-01T00:00:00Z' } }),
      service('v3', { majorApiVersion: 3 }),
    ];
    const logs = (rekorTlogConfig: object): readonly string[] =>
      parse({ rekorTlogUrls, rekorTlogConfig }).logs.map(({ url, version }) => `${url} ${version}`);
    const [a, b] = urls(['a', 'b']).map((url) => `${url} 2`);
    assert.deepEqual(logs({ selector: 'ANY' }), [a]);
    assert.deepEqual(logs({ selector: 'ALL' }), [a, b]);
    assert.deepEqual(logs({ selector: 'EXACT', count: 2 }), [a, b]);
    for (const config of [{}, { selector: 'EXACT', count: 3 }, { selector: 'EXACT' }, { selector: 'MOST' }]) {
      assertThrowsWithCode(() => logs(config), InputError, 'INPUT_INVALID');
    }
  });

  test('of timestamp authorities by their full URL', () => {
    const tsaUrls = [service('tsa', { url: 'https://tsa.example.org/api/v1/timestamp' })];
    assert.deepEqual(parse({ tsaUrls, tsaConfig: { selector: 'ANY' } }).timestampUrls, [tsaUrls[0]?.url]);
  });

  test('of an authority alone has neither log nor timestamps', () => {
    assert.deepEqual(parse({ rekorTlogConfig: {}, tsaConfig: {} }), {
      fulcioUrl: 'https://ca.example.org/',
      logs: [],
      timestampUrls: [],
    });
  });

  const refused: readonly (readonly [string, string])[] = [
    ['no JSON', '{'],
    ['another type', JSON.stringify({ mediaType: `${mediaType}x`, caUrls: [service('ca')] })],
    ['no authority', JSON.stringify({ mediaType })],
    [
      'a URL with credentials',
      JSON.stringify({ mediaType, caUrls: [service('c', { url: 'https://a:b@c' })] }),
    ],
    ['too many services', JSON.stringify({ mediaType, caUrls: Array(100).fill(service('ca')) })],
    ['too many bytes', ' '.repeat(signingLimits.signingConfigBytes + 1)],
    [
      'times that are none',
      JSON.stringify({ mediaType, caUrls: [service('ca', { validFor: { start: 'once' } })] }),
    ],
    [
      'an end that is no time',
      JSON.stringify({
        mediaType,
        caUrls: [service('ca', { validFor: { start: '2026-01-01T00:00:00Z', end: 'never' } })],
      }),
    ],
  ];
  for (const [name, text] of refused) {
    test(`${name} is refused`, () => {
      assertThrowsWithCode(() => parseSigningConfig(text, now), InputError, 'INPUT_INVALID');
    });
  }
});

suite('URLs', () => {
  test('keep their path', () => {
    assert.equal(parseServiceUrl('https://a/b', 'x'), 'https://a/b');
    assert.equal(endpoint('https://a/b', 'api/v2').href, 'https://a/b/api/v2');
    assert.equal(endpoint('https://a', 'api/v2').href, 'https://a/api/v2');
    assert.equal(parseTimestampUrl('https://a', 'x'), 'https://a/api/v1/timestamp');
    assert.equal(parseTimestampUrl('http://127.0.0.1:1/tsr', 'x'), 'http://127.0.0.1:1/tsr');
  });

  for (const url of ['http://localhost:1/', 'http://127.0.0.1/', 'http://127.8.9.1:1/', 'http://[::1]:1/']) {
    test(`${url} is in clear, and nobody is in between`, () => assert.equal(parseServiceUrl(url, 'x'), url));
  }

  for (const url of [
    '',
    'a',
    'ftp://a',
    'http://a',
    'http://fulcio.corp.example/',
    'http://10.0.0.1/',
    'http://127.0.0.1.evil.example/',
    'http://localhost.evil.example/',
    'http://[::2]/',
    'file:///etc',
    'https://u:p@a',
    'https://a?token=1',
    'https://a#b',
  ]) {
    test(`${JSON.stringify(url)} is refused, and not repeated`, () => {
      const { message } = assertThrowsWithCode(() => parseServiceUrl(url, 'x'), InputError, 'INPUT_INVALID');
      assert.ok(url === '' || url === 'a' || !message.includes(url));
    });
  }
});

suite('the public instance', () => {
  const isPublic: readonly (readonly [string, boolean])[] = [
    ['https://fulcio.sigstore.dev', true],
    ['https://log2025-1.rekor.sigstore.dev/', true],
    ['https://timestamp.sigstore.dev/api/v1/timestamp', true],
    ['https://FULCIO.SIGSTORE.DEV', true],
    ['https://fulcio.sigstore.dev.:443', true],
    ['https://fulcio.sigstore.dev..', true],
    ['https://fulcio.sigstage.dev.../api', true],
    ['https://fulcio.sigstage.dev', true],
    ['https://sigstore.dev', true],
    ['https://notsigstore.dev', false],
    ['https://sigstore.dev.example.org', false],
    ['https://example.org/sigstore.dev', false],
  ];
  for (const [url, expected] of isPublic) {
    test(`${url}: ${expected}`, () => assert.equal(isPublicService(url), expected));
  }

  const own: SigningServices = {
    fulcioUrl: 'https://ca.example.org/',
    logs: [{ url: 'https://log.example.org/', version: 2 }],
    timestampUrls: ['https://tsa.example.org/'],
  };

  test('is refused, whichever service belongs to it, unless it is allowed', () => {
    const fulcio = { ...own, fulcioUrl: 'https://fulcio.sigstore.dev/' };
    const log = { ...own, logs: [{ url: 'https://rekor.sigstore.dev/', version: 1 as const }] };
    const timestamps = { ...own, timestampUrls: ['https://timestamp.sigstore.dev/'] };
    for (const services of [fulcio, log, timestamps]) {
      assertThrowsWithCode(() => assertUsable(services, false), SigningError, 'PUBLIC_LOG_REFUSED');
      assertUsable(services, true);
    }
    assertUsable(own, false);
  });

  test('without any proof of time nothing could be verified', () => {
    assertThrowsWithCode(
      () => assertUsable({ ...own, timestampUrls: [] }, false),
      InputError,
      'INPUT_MISSING',
    );
    const v1 = [{ url: 'https://log.example.org/', version: 1 as const }];
    assertUsable({ ...own, logs: v1, timestampUrls: [] }, false);
  });
});

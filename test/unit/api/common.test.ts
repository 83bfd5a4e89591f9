import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { buildCrds } from '../../../src/api/crds.ts';
import {
  digestTextSchema,
  durationSchema,
  nameSchema,
  parseDurationMs,
  tagSchema,
} from '../../../src/api/common.ts';
import { trustPolicySpecSchema } from '../../../src/api/trust-policy.ts';

test('durations', () => {
  const table: readonly (readonly [string, number])[] = [
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['1m1ms', 60_001],
    ['0s', 0],
  ];
  for (const [text, ms] of table) {
    assert.ok(durationSchema.safeParse(text).success, text);
    assert.equal(parseDurationMs(text), ms, text);
  }
  for (const text of ['', '5', 's', '-5m', '5d', '5m ', '1h 30m', '.5h', '1e3s']) {
    assert.equal(durationSchema.safeParse(text).success, false, text);
  }
});

test('names, tags and digests are matched whole', () => {
  for (const text of ['a', 'a-b.c1']) assert.ok(nameSchema.safeParse(text).success, text);
  for (const text of ['', '-a', 'a-', 'A', 'a\n', 'a/b'])
    assert.ok(!nameSchema.safeParse(text).success, text);
  for (const text of ['.a', 'a/b', 'a\n', '']) assert.ok(!tagSchema.safeParse(text).success, text);
  for (const text of [`sha256:${'a'.repeat(63)}`, `x sha256:${'a'.repeat(64)}`]) {
    assert.ok(!digestTextSchema.safeParse(text).success, text);
  }
});

suite('TrustPolicy', () => {
  const good = {
    match: [{ url: 'oci://h/a' }],
    authorities: [{ name: 'a', key: { data: 'x' } }],
    signatures: { authorities: ['a'] },
  };

  test('has one signature as its default', () => {
    assert.equal(trustPolicySpecSchema.parse(good).signatures.threshold, 1);
  });

  const bad: readonly (readonly [string, object])[] = [
    ['no match', { match: [] }],
    ['a url of another scheme', { match: [{ url: 'https://h/a' }] }],
    ['a url with a user', { match: [{ url: 'oci://u@h/a' }] }],
    ['an empty list of namespaces', { match: [{ url: 'oci://h/a', namespaces: [] }] }],
    ['no authorities', { authorities: [] }],
    ['no signatures', { signatures: undefined }],
    ['signatures by nobody', { signatures: { authorities: [] } }],
    ['a threshold of none', { signatures: { authorities: ['a'], threshold: 0 } }],
    ['a promotion without channels', { promotion: { channels: [] } }],
    ['a channel by nobody', { promotion: { channels: [{ tag: 'prod', authorities: [] }] } }],
    ['an epoch below zero', { promotion: { epoch: -1, channels: [{ tag: 'prod', authorities: ['a'] }] } }],
  ];
  for (const [name, change] of bad) {
    test(`${name} is invalid, never "anyone"`, () => {
      assert.equal(trustPolicySpecSchema.safeParse({ ...good, ...change }).success, false);
    });
  }
});

test('the definitions are of our group, structural, and have no words that Kubernetes does not know', () => {
  const crds = buildCrds();
  assert.deepEqual(
    crds.map((crd) => JSON.parse(JSON.stringify(crd)).metadata.name),
    ['deliveries.sealift.dev', 'trustpolicies.sealift.dev', 'promotionrecords.sealift.dev'],
  );
  const text = JSON.stringify(crds);
  for (const word of ['$schema', '$ref', 'propertyNames', '~standard', '"const"', '"allOf"'])
    assert.ok(!text.includes(word), word);
});

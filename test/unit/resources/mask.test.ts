import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { maskResource, maskVersions } from '../../../src/resources/mask.ts';
import type { Resource } from '../../../src/resources/resource.ts';

function secret(members: Readonly<Record<string, unknown>>): Resource {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, ...members };
}

suite('masking', () => {
  test('keeps keys, and says of values whether they differ', () => {
    const { before, after } = maskVersions({
      before: secret({ data: { same: 'x', other: 'y', gone: 'z' } }),
      after: secret({ data: { same: 'x', other: 'Y', fresh: 'w' }, stringData: { a: 'b' } }),
    });
    assert.deepEqual(before?.['data'], { same: '***', other: '*** (before)', gone: '***' });
    assert.deepEqual(after?.['data'], { same: '***', other: '*** (after)', fresh: '***' });
    assert.deepEqual(after?.['stringData'], { a: '***' });
  });

  test('covers what kubectl keeps in an annotation, and leaves the others', () => {
    const name = 'kubectl.kubernetes.io/last-applied-configuration';
    const masked = maskResource(
      secret({ metadata: { name: 'a', annotations: { [name]: '{"data":…}', b: 'c' } } }),
    );
    assert.deepEqual(masked.metadata, { name: 'a', annotations: { [name]: '***', b: 'c' } });
  });

  test('covers annotations that may hold an object, whoever keeps it there', () => {
    const annotations = {
      'kapp.k14s.io/original': 'x',
      json: ' {"data":{}}',
      yaml: 'data:\n  a: b',
      long: 'x'.repeat(257),
      short: 'x',
    };
    const { before, after } = maskVersions({
      before: secret({ metadata: { name: 'a', annotations } }),
      after: secret({ metadata: { name: 'a', annotations: { ...annotations, json: '{}' } } }),
    });
    const masked = Object.fromEntries(Object.keys(annotations).map((key) => [key, '***']));
    assert.deepEqual(before?.metadata.annotations, { ...masked, json: '*** (before)', short: 'x' });
    assert.deepEqual(after?.metadata.annotations, { ...masked, json: '*** (after)', short: 'x' });
  });

  test('covers fields that a Secret does not have, and shows those that hold no value', () => {
    const shown = { type: 'Opaque', immutable: true, sops: { mac: 'x' } };
    const masked = maskResource(
      secret({ ...shown, stringdata: { a: 'x' }, items: [{ data: 'x' }], other: 7 }),
    );
    assert.deepEqual(masked, secret({ ...shown, stringdata: { a: '***' }, items: '***', other: '***' }));
  });

  test('leaves other objects, also Secrets of other groups, and its argument', () => {
    for (const resource of [
      { ...secret({ data: { a: 'x' } }), kind: 'ConfigMap' },
      { ...secret({ data: { a: 'x' } }), apiVersion: 'example.org/v1' },
    ]) {
      assert.equal(maskResource(resource), resource);
    }
    const original = secret({ data: { a: 'x' } });
    maskResource(original);
    assert.deepEqual(original, secret({ data: { a: 'x' } }));
  });

  test('nothing of any value is left, whatever the shape', () => {
    const hidden = 'S3cr3t-V4lue';
    const shape = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<unknown>(hidden, `x${hidden}`, 7, null, true, []),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), tie('value'), { maxKeys: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(shape, shape, shape, (data, stringData, other) => {
        const masked = maskVersions({
          before: secret({ data, stringData }),
          after: secret({ data: other, stringData: data, stringdata: other }),
        });
        assert.ok(!JSON.stringify(masked).includes(hidden));
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

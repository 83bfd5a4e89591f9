// What a Delivery may change about a signed artifact, and what it may never set.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { transformResources, transformsOf, type Transforms } from '../../../src/render/transforms.ts';
import { deliverySpecSchema } from '../../../src/api/delivery.ts';
import { InputError } from '../../../src/errors.ts';
import type { ParsedResource } from '../../../src/resources/parse.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

function parsedAt(file: string, metadata: object = {}): ParsedResource {
  const name = file.replaceAll('/', '-');
  return {
    resource: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata } },
    location: { file, line: 1, column: 1 },
  };
}

const parsed = ['a.yaml', 'prod/b.yaml', 'prod/sub/c.yaml', 'production/d.yaml'].map((file) =>
  parsedAt(file),
);

function namesOf(transforms: Partial<Transforms>): readonly string[] {
  return transformResources(parsed, { path: './', ...transforms }).map(({ metadata }) => metadata.name);
}

suite('a path', () => {
  const all = parsed.map(({ resource }) => resource.metadata.name);
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['./', all],
    ['.', all],
    ['prod', ['prod-b.yaml', 'prod-sub-c.yaml']],
    ['./prod', ['prod-b.yaml', 'prod-sub-c.yaml']],
    ['prod/', ['prod-b.yaml', 'prod-sub-c.yaml']],
    ['./prod/sub/', ['prod-sub-c.yaml']],
  ];
  for (const [path, names] of table) {
    test(`${path} chooses ${names.length} of the objects`, () => assert.deepEqual(namesOf({ path }), names));
  }

  for (const path of ['dev', 'pro', 'a.yaml', 'sub']) {
    test(`${path} holds nothing: to apply nothing would prune everything`, () => {
      assertThrowsWithCode(() => namesOf({ path }), InputError, 'INPUT_INVALID');
    });
  }

  test('of an artifact without objects is empty', () => {
    assert.deepEqual(transformResources([], { path: 'prod', commonMetadata: undefined }), []);
  });

  for (const path of ['/', '/prod', '../prod', 'prod/../..', '', '.hidden', 'a//b', 'a/./b']) {
    test(`${JSON.stringify(path)} is refused by the schema`, () => {
      const spec = { source: { url: 'oci://h/a', ref: { tag: 'prod' } }, prune: true };
      assert.ok(deliverySpecSchema.safeParse(spec).success);
      assert.equal(deliverySpecSchema.safeParse({ ...spec, path }).success, false);
    });
  }
});

suite('common metadata', () => {
  test('is for every object, and wins over what the artifact says', () => {
    const given = [parsedAt('a', { labels: { team: 'x', app: 'a' } }), parsedAt('b', { labels: null })];
    const found = transformResources(given, {
      path: './',
      commonMetadata: { labels: { team: 'shop' }, annotations: { 'example.org/by': 'me' } },
    });
    assert.deepEqual(
      found.map(({ metadata }) => metadata),
      [
        { name: 'a', labels: { team: 'shop', app: 'a' }, annotations: { 'example.org/by': 'me' } },
        { name: 'b', labels: { team: 'shop' }, annotations: { 'example.org/by': 'me' } },
      ],
    );
    assert.deepEqual(given[0]?.resource.metadata.labels, { team: 'x', app: 'a' });
  });

  for (const name of [
    'sealift.dev/aggregate-to-puller',
    'sealift.dev/prune',
    'owner.sealift.dev/x',
    'sealift.dev/',
  ]) {
    test(`never sets ${name}`, () => {
      for (const commonMetadata of [{ labels: { [name]: 'true' } }, { annotations: { [name]: 'true' } }]) {
        assertThrowsWithCode(() => namesOf({ commonMetadata }), InputError, 'INPUT_INVALID');
      }
    });
  }

  test('may set what only looks alike', () => {
    const labels = { 'notsealift.dev/a': '', 'sealift.dev.example.org/a': '', 'sealift.dev': '', app: 'a' };
    assert.equal(namesOf({ commonMetadata: { labels } }).length, parsed.length);
  });
});

test('transforms are named as policies allow them', () => {
  const table: readonly (readonly [Transforms, readonly string[]])[] = [
    [{ path: './' }, []],
    [{ path: '.' }, []],
    [{ path: './prod' }, ['path']],
    [{ path: './', commonMetadata: { labels: { a: 'b' } } }, ['commonMetadata']],
    [{ path: './', commonMetadata: {} }, ['commonMetadata']],
    [{ path: 'prod/', commonMetadata: { annotations: {} } }, ['path', 'commonMetadata']],
  ];
  for (const [transforms, names] of table) assert.deepEqual([...transformsOf(transforms)], names);
});

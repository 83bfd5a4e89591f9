// What targetNamespace, names and images may never make of objects, and names that are the prototype's.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { buildResources } from '../../../src/render/build.ts';
import { transformsOf } from '../../../src/render/transforms.ts';
import type { BuildFields } from '../../../src/api/delivery-transforms.ts';
import { InputError } from '../../../src/errors.ts';
import { resourceSchema, type Resource } from '../../../src/resources/resource.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

function objectOf(kind: string, metadata: object, rest: object = {}): Resource {
  return resourceSchema.parse({ apiVersion: 'v1', kind, metadata, ...rest });
}

function build(objects: readonly Resource[], fields: BuildFields): readonly Resource[] {
  return buildResources(objects, fields, objects);
}

suite('built objects', () => {
  test('are the same where nothing is asked for', () => {
    const objects = [objectOf('ConfigMap', { name: 'a' })];
    assert.equal(build(objects, {}), objects);
  });

  test('of two namespaces must not become one', () => {
    const objects = ['one', 'two'].map((namespace) => objectOf('ConfigMap', { name: 'a', namespace }));
    assertThrowsWithCode(() => build(objects, { targetNamespace: 'prod' }), InputError, 'INPUT_INVALID');
  });

  test('have names that the API server takes', () => {
    const objects = [objectOf('ConfigMap', { name: 'a'.repeat(200) })];
    assertThrowsWithCode(() => build(objects, { namePrefix: 'b'.repeat(100) }), InputError, 'INPUT_INVALID');
  });

  test('of a cluster-scoped kind that the artifact defines get no namespace', () => {
    const spec = { group: 'example.com', scope: 'Cluster', names: { kind: 'Site' } };
    const definition = objectOf('CustomResourceDefinition', { name: 'sites.example.com' }, { spec });
    const site = { ...objectOf('Site', { name: 'a' }), apiVersion: 'example.com/v1' };
    const [, found] = build([definition, site], { targetNamespace: 'prod' });
    assert.deepEqual(found?.metadata, { name: 'a' });
  });

  test('are refused where an image is no pattern', () => {
    const images = [{ name: '(', newTag: '1' }];
    const objects = [objectOf('ConfigMap', { name: 'a' })];
    assertThrowsWithCode(() => build(objects, { images }), InputError, 'INPUT_INVALID');
  });

  test('are left as they were given', () => {
    const given = objectOf('Pod', { name: 'a' }, { spec: { containers: [{ name: 'a', image: 'nginx' }] } });
    const before = structuredClone(given);
    build([given], { targetNamespace: 'b', namePrefix: 'c', images: [{ name: 'nginx', newTag: '1' }] });
    assert.deepEqual(given, before);
  });

  test('of any shape throw nothing but our own error, and never touch a prototype', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('__proto__', 'constructor', 'containers', 'image', 'name'),
    );
    const value = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 5 }, text, fc.integer(), fc.constant(null), tie('list'), tie('map')),
      list: fc.array(tie('value'), { maxLength: 3 }),
      map: fc
        .array(fc.tuple(text, tie('value')), { maxLength: 4 })
        .map((members) => JSON.parse(JSON.stringify(Object.fromEntries(members))) as unknown),
    })).value;
    const kinds = ['Pod', 'RoleBinding', 'Role', 'Ingress', 'CronJob', 'APIService', 'Namespace'];
    const members = ['spec', 'subjects', 'rules', 'roleRef', 'webhooks'];
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.constantFrom(...members), value, (kind, member, found) => {
        try {
          build([objectOf(kind, { name: 'a' }, { [member]: found }), objectOf('Secret', { name: 'b' })], {
            targetNamespace: 'n',
            namePrefix: 'p',
            images: [{ name: '.*', newTag: '1' }],
          });
        } catch (error) {
          assert.ok(error instanceof InputError, String(error));
        }
        assert.equal(Reflect.get({}, 'image'), undefined);
      }),
    );
  });
});

test('each is named as policies allow it', () => {
  const table: readonly (readonly [BuildFields, readonly string[]])[] = [
    [{ targetNamespace: 'a' }, ['targetNamespace']],
    [{ namePrefix: 'a' }, ['names']],
    [{ nameSuffix: 'a' }, ['names']],
    [{ images: [] }, []],
    [{ images: [{ name: 'a' }] }, ['images']],
  ];
  for (const [build, names] of table)
    assert.deepEqual([...transformsOf({ path: './', commonMetadata: undefined, build })], names);
});

// What patches may never do, and what they may cost.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import type { Patch } from '../../../src/api/delivery-transforms.ts';
import { InputError } from '../../../src/errors.ts';
import { patchObjects } from '../../../src/render/patches.ts';
import { transformsOf } from '../../../src/render/transforms.ts';
import type { ParsedResource } from '../../../src/resources/parse.ts';
import { readResources } from '../../../src/resources/validate.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

const objects = readResources([
  {
    path: 'a.yaml',
    bytes: Buffer.from(`
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, labels: { a: b }, annotations: { sealift.dev/prune: Disabled } }
data: { text: x }
`),
  },
]);

function patchOne(patch: string, target?: Patch['target']): readonly ParsedResource[] {
  return patchObjects(objects, [{ patch, ...(target === undefined ? {} : { target }) }]);
}

function refuses(patch: string, target?: Patch['target']): void {
  assertThrowsWithCode(() => patchOne(patch, target), InputError, 'INPUT_INVALID');
}

const all = { kind: '.*' };

suite('patches', () => {
  test('are a transform that policies must allow', () => {
    const build = { patches: [{ patch: 'a: b' }] };
    assert.deepEqual(transformsOf({ path: './', build }), new Set(['patches']));
  });

  test('keep the place of an object for errors, and leave what was given as it is', () => {
    const before = structuredClone(objects);
    const [patched] = patchOne('data: { text: z }', all);
    assert.deepEqual(patched?.location, objects[0]?.location);
    assert.equal(JSON.stringify(patched?.resource['data']), '{"text":"z"}');
    assert.deepEqual(objects, before);
  });

  test('rename nothing', () => {
    const [merged] = patchOne('metadata: { name: other, namespace: other }\nkind: Secret', all);
    assert.deepEqual([merged?.resource.kind, merged?.resource.metadata.name], ['ConfigMap', 'settings']);
    refuses('- { op: replace, path: /metadata/name, value: other }', all);
    refuses('- { op: add, path: /metadata/namespace, value: other }', all);
    refuses('- { op: replace, path: /kind, value: Secret }', all);
    refuses('- { op: replace, path: /apiVersion, value: v2 }', all);
  });

  const marks = [
    'metadata: { annotations: { sealift.dev/prune: null } }',
    'metadata: { annotations: { sealift.dev/force: Enabled } }',
    'metadata: { annotations: { kustomize.toolkit.fluxcd.io/ssa: Ignore } }',
    'metadata: { labels: { sealift.dev/owner: me } }',
    '- { op: remove, path: /metadata/annotations }',
    '- { op: add, path: /metadata/labels/sealift.dev~1owner, value: me }',
  ];
  for (const patch of marks) test(`change no rule and no mark of ours: ${patch}`, () => refuses(patch, all));

  const broken: Readonly<Record<string, readonly [string, Patch['target']?]>> = {
    'no YAML': ['{', all],
    'no map and no list': ['text', all],
    nothing: ['---', all],
    'operations without a target': ['- { op: remove, path: /data }'],
    'a merge that names nothing, without a target': ['data: { text: y }'],
    'a merge that names what is not there': ['apiVersion: v1\nkind: ConfigMap\nmetadata: { name: none }'],
    'an operation that is none': ['- { op: zap, path: /data }', all],
    'an operation without a value': ['- { op: add, path: /data/a }', all],
    'a path that is no pointer': ['- { op: remove, path: data }', all],
    'a path to nothing': ['- { op: remove, path: /data/none }', all],
    'a failing test': ['- { op: test, path: /data/text, value: y }', all],
    'a path that leads too deep': [`- { op: add, path: ${'/a'.repeat(200)}, value: 1 }`, all],
    'the whole object': ['- { op: remove, path: "" }', all],
    'a move into itself': ['- { op: move, from: /data, path: /data/deep }', all],
    'a directive that is none': ['data: { $patch: zap }', all],
    'a directive that is not supported': ['$setElementOrder/x: []', all],
    'a pattern that is none': ['data: { text: y }', { name: '(' }],
    'what is no object any more': ['- { op: replace, path: /metadata, value: 1 }', all],
  };
  for (const [name, [patch, target]] of Object.entries(broken))
    test(`are refused: ${name}`, () => refuses(patch, target));

  test('copy no more than an object may hold ("billion laughs")', () => {
    const doubled = Array.from({ length: 60 }, (_, at) => `- { op: copy, from: /data, path: /data/x${at} }`);
    refuses(doubled.join('\n'), all);
  });

  test('of any shape throw nothing but our own error, and touch no prototype', () => {
    const key = fc.constantFrom('__proto__', 'constructor', 'data', 'metadata', 'name', '$patch', 'a');
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>(null, 1, true, 'text', 'delete', 'replace', '/data', 'add'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    }));
    const pointer = fc.array(key, { maxLength: 3 }).map((names) => names.map((name) => `/${name}`).join(''));
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'),
      path: pointer,
      from: pointer,
      value,
    });
    fc.assert(
      fc.property(fc.oneof(value, fc.array(operation, { maxLength: 5 })), (patch) => {
        try {
          patchOne(JSON.stringify(patch), all);
        } catch (error) {
          assert.ok(error instanceof InputError, String(error));
        }
        assert.equal(Object.hasOwn(Object.prototype, 'a'), false);
      }),
      { numRuns: 2000 },
    );
  });
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { isLeftPath, missingPaths, ownsLeft, withoutLeft } from '../../../../puller/reconcile/left-fields.ts';
import { formatPath, lostPaths, type FieldSet } from '../../../../puller/reconcile/own-fields.ts';

const body = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    replicas: 2,
    template: {
      spec: {
        containers: [
          { name: 'main', image: 'a:1', args: ['-v'] },
          { name: 'side', image: 'b:1' },
        ],
      },
    },
  },
};
const containers = {
  'k:{"name":"main"}': { '.': {}, 'f:name': {}, 'f:image': {}, 'f:args': {} },
  'k:{"name":"side"}': { '.': {}, 'f:name': {}, 'f:image': {} },
};
const own: FieldSet = {
  'f:metadata': { 'f:labels': { 'f:app': {} } },
  'f:spec': { 'f:replicas': {}, 'f:template': { 'f:spec': { 'f:containers': containers } } },
};
const image = '/spec/template/spec/containers/0/image';

suite('what was lost', () => {
  test('is named as people write it', () => {
    const side = { 'k:{"name":"side"}': containers['k:{"name":"side"}'] };
    const after = { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': side } } } };
    assert.deepEqual([...lostPaths(own, after)].map(formatPath), [
      '.metadata.labels.app',
      '.spec.replicas',
      '.spec.template.spec.containers[{"name":"main"}].name',
      '.spec.template.spec.containers[{"name":"main"}].image',
      '.spec.template.spec.containers[{"name":"main"}].args',
    ]);
  });

  const path = ['f:spec', 'f:template', 'f:spec', 'f:containers', 'k:{"name":"main"}', 'f:image'];
  const cases: readonly (readonly [string, boolean])[] = [
    [image, true],
    ['/spec/template/spec/containers/0', true],
    ['/spec/template', true],
    ['/spec/template/spec/containers/1/image', false],
    ['/spec/template/spec/containers/0/imagePullPolicy', false],
    ['/spec/template/spec/containers/0/image/deeper', false],
    ['/spec/template/spec/containers/7/image', false],
    ['/spec/templat', false],
  ];
  for (const [pointer, isLeft] of cases) {
    test(`is ${isLeft ? '' : 'not '}left to others by ${pointer}`, () => {
      assert.equal(isLeftPath(path, [pointer], body), isLeft);
    });
  }

  test('is found without knowing what was ours before', () => {
    const after = {
      ...own,
      'f:spec': {
        'f:template': {
          'f:spec': { 'f:containers': { 'k:{"name":"side"}': containers['k:{"name":"side"}'] } },
        },
      },
    };
    assert.deepEqual([...missingPaths(body, after)].map(formatPath), [
      '.spec.replicas',
      '.spec.template.spec.containers[0].name',
      '.spec.template.spec.containers[0].image',
      '.spec.template.spec.containers[0].args[0]',
    ]);
    assert.deepEqual([...missingPaths(body, own)], []);
  });
});

suite('what is sent of an object that exists', () => {
  const live = {
    ...body,
    spec: {
      replicas: 7,
      template: {
        spec: {
          containers: [
            { name: 'side', image: 'b:9' },
            { name: 'main', image: 'a:9', args: ['-q'] },
          ],
        },
      },
    },
  };
  const send = (pointer: string, owned: FieldSet | undefined = own): unknown =>
    withoutLeft(body, [pointer], { live, own: owned });

  test('has the live value of what is ours still', () => {
    assert.deepEqual(send('/spec/replicas'), { ...body, spec: { ...body.spec, replicas: 7 } });
  });

  test('lacks what others took', () => {
    const { replicas: _, ...rest } = body.spec;
    assert.deepEqual(send('/spec/replicas', { 'f:spec': { 'f:template': {} } }), { ...body, spec: rest });
  });

  test('finds items of lists by their keys', () => {
    const [main, side] = body.spec.template.spec.containers;
    const sent = {
      ...body,
      spec: { ...body.spec, template: { spec: { containers: [{ ...main, image: 'a:9' }, side] } } },
    };
    assert.deepEqual(send(image), sent);
  });

  test('counts items before any is taken out', () => {
    const sent = withoutLeft(
      body,
      ['/spec/template/spec/containers/0', '/spec/template/spec/containers/1/image'],
      {
        live,
        own: undefined,
      },
    );
    const template = { spec: { containers: [{ name: 'side' }] } };
    assert.deepEqual(sent, { ...body, spec: { ...body.spec, template } });
  });

  test('leaves no empty map behind', () => {
    assert.deepEqual(
      withoutLeft({ kind: 'ConfigMap', data: { a: '1' } }, ['/data/a'], { live: {}, own: undefined }),
      {
        kind: 'ConfigMap',
      },
    );
  });

  test('is the same where the pointer leads nowhere', () => {
    assert.deepEqual(send('/spec/paused'), body);
    assert.deepEqual(send('/spec/template/spec/containers/9/image'), body);
  });

  test('needs no look where nothing of it is ours', () => {
    assert.equal(ownsLeft(own, ['/spec/replicas'], body), true);
    assert.equal(ownsLeft(own, [image], body), true);
    assert.equal(ownsLeft({ 'f:spec': { 'f:template': {} } }, ['/spec/replicas'], body), false);
    assert.equal(ownsLeft(undefined, ['/spec/replicas'], body), false);
  });

  test('keeps what no pointer names, whatever is live and ours', () => {
    const pointer = fc.constantFrom(
      '/spec/replicas',
      image,
      '/metadata/labels/app',
      '/spec/template/spec/containers/1',
    );
    fc.assert(
      fc.property(fc.array(pointer), fc.object(), fc.object(), (pointers, anyLive, anyOwn) => {
        const sent = withoutLeft(body, pointers, { live: anyLive, own: anyOwn });
        const { kind, metadata } = sent as typeof body;
        assert.deepEqual([kind, metadata.name], ['Deployment', 'web']);
      }),
    );
  });
});

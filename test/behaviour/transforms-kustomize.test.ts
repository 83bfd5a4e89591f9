// A Delivery's targetNamespace, names and images make of objects what the real kustomize makes of them.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { BuildFields } from '../../src/api/delivery-transforms.ts';
import { cluster, everything, others, workloads } from '../helpers/kustomize-cases/objects.ts';
import { kustomized, transformed } from '../helpers/kustomized.ts';

const inNamespaces = ['one', 'two']
  .map((name) => workloads.replaceAll(/metadata: \{ name/gu, `metadata: { namespace: ${name}, name`))
  .join('---');

const table: readonly (readonly [string, string, BuildFields])[] = [
  ['a namespace', everything, { targetNamespace: 'prod' }],
  ['a namespace for workloads alone', workloads, { targetNamespace: 'prod' }],
  ['a prefix', everything, { namePrefix: 'eu-' }],
  ['a suffix', everything, { nameSuffix: '-v2' }],
  ['a prefix and a suffix', everything, { namePrefix: 'eu-', nameSuffix: '-v2' }],
  ['a prefix that repeats a name', everything, { namePrefix: 'web' }],
  ['all names', everything, { targetNamespace: 'prod', namePrefix: 'eu-', nameSuffix: '-v2' }],
  ['names without the objects that are referred to', others, { targetNamespace: 'prod', namePrefix: 'eu-' }],
  ['cluster-scoped objects', cluster, { targetNamespace: 'prod', namePrefix: 'eu-' }],
  ['names in two namespaces', inNamespaces, { namePrefix: 'eu-' }],
  ['a new tag', everything, { images: [{ name: 'nginx', newTag: '2' }] }],
  ['a new name', everything, { images: [{ name: 'nginx', newName: 'mirror:5000/nginx' }] }],
  ['a digest', everything, { images: [{ name: 'busybox', digest: `sha256:${'b'.repeat(64)}` }] }],
  [
    'a tag and a digest',
    everything,
    { images: [{ name: 'nginx', newTag: '2', digest: `sha256:${'b'.repeat(64)}` }] },
  ],
  [
    'a tag in place of a digest',
    everything,
    { images: [{ name: 'registry.example.com:5000/tools/init', newTag: '3' }] },
  ],
  [
    'several images, one after the other',
    everything,
    {
      images: [
        { name: 'nginx', newName: 'busybox' },
        { name: 'busybox', newTag: 'musl' },
        { name: 'example.org/data', newTag: '2' },
        { name: 'absent', newTag: '1' },
      ],
    },
  ],
  ['an image by a pattern', everything, { images: [{ name: '(nginx|busybox)', newTag: '9' }] }],
];

suite('the same as kustomize', () => {
  for (const [name, objects, build] of table) {
    test(name, async (t) => {
      assert.deepEqual(transformed(objects, build), await kustomized(t, objects, build));
    });
  }
});

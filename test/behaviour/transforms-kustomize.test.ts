// A Delivery's patches, targetNamespace, names and images make of objects what the real kustomize makes of them.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { BuildFields, Patch } from '../../src/api/delivery-transforms.ts';
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

const custom = `
apiVersion: example.com/v1
kind: Widget
metadata: { name: web, labels: { app: web }, annotations: { note: a } }
spec: { list: [{ name: a, value: 1 }, { name: b }], map: { a: 1, b: { c: 2 } }, text: x }
`;

const lists = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: web }
imagePullSecrets: [{ name: a }, { name: b }]
secrets: [{ name: a }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { ports: [{ port: 80, protocol: TCP, name: http }, { port: 443, protocol: TCP, name: https }] }
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: web }
webhooks: [{ name: a.example.com, sideEffects: None }, { name: b.example.com, sideEffects: None }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: web }
rules: [{ apiGroups: [""], resources: [pods], verbs: [get] }]
`;

const deployments = { group: 'apps', kind: 'Deployment' };
const merged = (spec: object, rest: object = {}): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec,
    ...rest,
  });
/** kustomize wants a kind also where a target says it. */
const unnamed = (metadata: string): string => `apiVersion: apps/v1\nkind: Deployment\nmetadata: ${metadata}`;
const pod = (spec: object): string => merged({ template: { spec } });

const patched: readonly (readonly [string, string, readonly Patch[]])[] = [
  ['a field', everything, [{ patch: merged({ replicas: 3, strategy: { rollingUpdate: { maxSurge: 2 } } }) }]],
  ['a container', everything, [{ patch: pod({ containers: [{ name: 'side', image: 'busybox:2' }] }) }]],
  ['a new container', everything, [{ patch: pod({ containers: [{ name: 'new', image: 'new' }] }) }]],
  ['a container away', everything, [{ patch: pod({ containers: [{ name: 'side', $patch: 'delete' }] }) }]],
  [
    'all containers',
    everything,
    [{ patch: pod({ containers: [{ $patch: 'replace' }, { name: 'n', image: 'n' }] }) }],
  ],
  [
    'variables, mounts and volumes',
    everything,
    [
      {
        patch: pod({
          containers: [
            {
              name: 'web',
              env: [
                { name: 'A', value: 'b' },
                { name: 'Z', value: 'z' },
              ],
              volumeMounts: [{ mountPath: '/conf', name: 'other' }],
            },
          ],
          volumes: [
            { name: 'conf', configMap: { name: 'other' } },
            { name: 'tmp', emptyDir: {} },
          ],
          tolerations: [{ key: 'b' }],
        }),
      },
    ],
  ],
  ['a member away', everything, [{ patch: merged({ strategy: null }) }]],
  ['a map replaced', everything, [{ patch: merged({ strategy: { $patch: 'replace', type: 'Recreate' } }) }]],
  ['an object away', everything, [{ patch: merged({}, { $patch: 'delete' }) }]],
  [
    'labels and annotations of several by a target',
    everything,
    [
      {
        patch: unnamed('{ name: not-used, labels: { tier: front }, annotations: { note: b } }'),
        target: { kind: 'Deployment|StatefulSet' },
      },
    ],
  ],
  [
    'by a label selector',
    everything,
    [{ patch: unnamed('{ name: x, labels: { a: b } }'), target: { labelSelector: 'app=web' } }],
  ],
  [
    'what nothing matches',
    everything,
    [{ patch: unnamed('{ name: x, labels: { a: b } }'), target: { name: 'nothing' } }],
  ],
  [
    'by operations',
    everything,
    [
      {
        patch: `
- { op: replace, path: /spec/template/spec/containers/0/image, value: other }
- { op: add, path: /spec/template/spec/containers/-, value: { name: last, image: last } }
- { op: add, path: /metadata/labels/a~1b, value: c }
- { op: remove, path: /spec/template/spec/tolerations/0 }
- { op: copy, from: /metadata/labels/app, path: /metadata/labels/copied }
- { op: move, from: /metadata/labels/app, path: /metadata/labels/moved }
- { op: test, path: /kind, value: Deployment }
`,
        target: deployments,
      },
    ],
  ],
  [
    'an annotation of an object without any, and a member that is not there',
    everything,
    [
      {
        patch:
          '- { op: add, path: /metadata/annotations/note, value: a }\n- { op: replace, path: /spec/paused, value: true }',
        target: deployments,
      },
    ],
  ],
  [
    'lists of other kinds',
    lists,
    [
      {
        patch:
          'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: web }\nimagePullSecrets: [{ name: c }]\nsecrets: [{ name: d }]',
      },
      {
        patch:
          'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 80, protocol: TCP, targetPort: 8080 }] }',
      },
      {
        patch:
          'apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: { name: web }\nwebhooks: [{ name: a.example.com, timeoutSeconds: 3 }]',
      },
      {
        patch:
          'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: web }\nrules: [{ apiGroups: [""], resources: [pods], verbs: [list] }]',
      },
    ],
  ],
  [
    'hosts, spread and init containers',
    everything,
    [
      {
        patch: pod({
          hostAliases: [{ ip: '10.0.0.1', hostnames: ['b'] }],
          topologySpreadConstraints: [
            { topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 3 },
            { topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 1 },
          ],
          initContainers: [{ name: 'init', args: ['a'] }],
        }),
      },
    ],
  ],
  [
    'a custom object',
    custom,
    [
      {
        patch:
          'apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: web }\nspec: { list: [{ name: b, value: 2 }], map: { a: null, b: { d: 3 } } }',
      },
      { patch: '- { op: replace, path: /spec/text, value: y }', target: { kind: 'Widget' } },
    ],
  ],
];

suite('patches, the same as kustomize', () => {
  for (const [name, objects, patches] of patched) {
    test(name, async (t) => {
      const build = { patches: [...patches] };
      assert.deepEqual(transformed(objects, build), await kustomized(t, objects, build));
    });
  }
});

suite('the same as kustomize', () => {
  for (const [name, objects, build] of table) {
    test(name, async (t) => {
      assert.deepEqual(transformed(objects, build), await kustomized(t, objects, build));
    });
  }
});

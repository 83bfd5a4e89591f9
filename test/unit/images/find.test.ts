// Images of all kinds that name some, and their places.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FailuresError } from '../../../src/errors.ts';
import { findImages } from '../../../src/images/find.ts';
import { readResources } from '../../../src/resources/validate.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';

function find(apiVersion: string, kind: string, body: object): readonly string[] {
  const object = { apiVersion, kind, metadata: { name: 'a' }, ...body };
  const files = [{ path: 'a.json', bytes: Buffer.from(JSON.stringify(object)) }];
  return findImages(readResources(files), files).map(({ text }) => text);
}

const podSpec = {
  initContainers: [{ image: 'i:1' }],
  containers: [{ image: 'c:1' }, { image: 'd:1' }, { name: 'without' }],
  ephemeralContainers: [{ image: 'e:1' }],
  volumes: [{ image: { reference: 'v:1' } }, { emptyDir: {} }],
};
const all = ['c:1', 'd:1', 'i:1', 'e:1', 'v:1'];
const template = { spec: { template: { spec: podSpec } } };

suite('kinds', () => {
  for (const [apiVersion, kind, body, expected] of [
    ['v1', 'Pod', { spec: podSpec }, all],
    ['v1', 'PodTemplate', { template: { spec: podSpec } }, all],
    ['v1', 'ReplicationController', template, all],
    ['apps/v1', 'Deployment', template, all],
    ['apps/v1beta1', 'StatefulSet', template, all],
    ['apps/v1', 'DaemonSet', template, all],
    ['apps/v1', 'ReplicaSet', template, all],
    ['batch/v1', 'Job', template, all],
    ['batch/v1', 'CronJob', { spec: { jobTemplate: template } }, all],
    ['argoproj.io/v1alpha1', 'Rollout', template, all],
    ['serving.knative.dev/v1', 'Service', template, all],
    ['v1', 'Service', template, []],
    [
      'tekton.dev/v1',
      'Task',
      { spec: { steps: [{ image: 's:1' }], sidecars: [{ image: 't:1' }] } },
      ['s:1', 't:1'],
    ],
    [
      'tekton.dev/v1',
      'Pipeline',
      { spec: { tasks: [{ taskSpec: { steps: [{ image: 's:1' }] } }] } },
      ['s:1'],
    ],
    [
      'serving.kserve.io/v1beta1',
      'InferenceService',
      { spec: { predictor: { model: { image: 'm:1' } } } },
      ['m:1'],
    ],
    [
      'monitoring.coreos.com/v1',
      'Prometheus',
      { spec: { image: 'p:1', containers: [{ image: 'q:1' }] } },
      ['p:1', 'q:1'],
    ],
    ['monitoring.coreos.com/v1', 'Alertmanager', { spec: { image: 'p:1' } }, ['p:1']],
    ['argoproj.io/v1alpha1', 'Workflow', { spec: { templates: [{ container: { image: 'w:1' } }] } }, ['w:1']],
    ['example.com/v1', 'Unknown', template, []],
    ['apps/v1', 'Deployment', { spec: { template: { spec: { containers: { 0: { image: 'x' } } } } } }, []],
  ] as const) {
    test(`${kind} of ${apiVersion}, ${expected.length} images`, () =>
      assert.deepEqual(find(apiVersion, kind, body), expected));
  }
});

test('what is no image is a problem with its place, also where it came through an alias', () => {
  const text =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n' +
    '    - &c\n      image: "{{ image }}"\n    - *c\n';
  const files = [{ path: 'a.yaml', bytes: Buffer.from(text) }];
  const resources = readResources(files);
  const error = assertThrowsWithCode(() => findImages(resources, files), FailuresError, 'RESOURCE_INVALID');
  assert.deepEqual(
    error.errors.map(({ message }) => message.split(': ')[0]),
    ['a.yaml:7:7', 'a.yaml:8:7'],
  );
});

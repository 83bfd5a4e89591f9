// Names of rendered files: those of templates, else what the objects are; a file that would be too large is cut.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archiveLimits } from '../../../src/limits.ts';
import type { RenderedDocument } from '../../../src/render/objects.ts';
import { toFiles } from '../../../src/render/rendered-files.ts';

function document(name: string, extra: Partial<RenderedDocument> = {}): RenderedDocument {
  const identity = { group: 'apps', version: 'v1', kind: 'Deployment', name };
  return { text: `${name}\n`, identity, resources: [], source: undefined, ...extra };
}

const shown = (documents: readonly RenderedDocument[]): readonly (readonly [string, string])[] =>
  toFiles(documents).map(({ path, bytes }) => [path, Buffer.from(bytes).toString('utf8')]);

test('files are in the order of their paths, documents in their own', () => {
  const source = 'templates/web.yaml';
  assert.deepEqual(shown([document('b', { source }), document('c'), document('a', { source })]), [
    ['deployment.apps_c.yaml', 'c\n'],
    ['templates/web.yaml', 'b\n---\na\n'],
  ]);
});

test('names have no letter that a file system could take for another', () => {
  const identity = { group: '', version: 'v1', kind: 'ClusterRole', namespace: 'n', name: 'a:B/\u{e9}' };
  assert.deepEqual(shown([document('x', { identity })]), [['n/clusterrole_a%3a%42%2f%e9.yaml', 'x\n']]);
  const long = document('x'.repeat(253));
  assert.ok(Buffer.byteLength(toFiles([long])[0]?.path ?? '') <= 255);
});

test('a template that is read from no file gets a name that is', () => {
  for (const source of ['templates/kustomization.yaml', 'templates/a.tpl', 'Chart.yaml']) {
    assert.equal(toFiles([document('x', { source })])[0]?.path, `${source}.yaml`);
  }
});

test('a template with more than a file holds is cut into its objects', () => {
  const source = 'templates/crds.yaml';
  const text = 'x'.repeat(archiveLimits.fileBytes / 2);
  const files = toFiles([document('b', { source, text }), document('a', { source, text })]);
  assert.deepEqual(
    files.map(({ path }) => path),
    ['templates/crds.yaml.d/deployment.apps_a.yaml', 'templates/crds.yaml.d/deployment.apps_b.yaml'],
  );
});

// Charts and kustomizations as others publish them, rendered by the real programs: every run gives the same bytes, with
// either build of kustomize, and what results is an artifact's files.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { RenderError } from '../../src/errors.ts';
import { packArtifact } from '../../src/artifact/pack.ts';
import { readResources } from '../../src/resources/validate.ts';
import { requireSource, type SourceName } from '../components/sources.ts';
import { assertRejectsWithCode } from '../helpers/assert-rejects.ts';
import { pathOf, render, type RenderExtra } from '../helpers/render.ts';

type Case = {
  readonly source: SourceName;
  readonly folder: string;
  readonly objects: number;
  readonly options?: RenderExtra;
};

const nodeFeatures = 'deployment/helm/node-feature-discovery';
const cases: readonly Case[] = [
  { source: 'metrics-server', folder: 'charts/metrics-server', objects: 9 },
  { source: 'external-dns', folder: 'charts/external-dns', objects: 6 },
  { source: 'node-feature-discovery', folder: nodeFeatures, objects: 17, options: { dropHooks: true } },
  { source: 'metrics-server', folder: 'manifests/overlays/release', objects: 9 },
  { source: 'metrics-server', folder: 'manifests/overlays/release-ha-1.21+', objects: 10 },
  { source: 'external-dns', folder: 'kustomize', objects: 4 },
  { source: 'node-feature-discovery', folder: 'deployment/overlays/default', objects: 18 },
  { source: 'node-feature-discovery', folder: 'deployment/overlays/prometheus', objects: 1 },
];

async function renderCase({ source, folder, options }: Case, path?: string) {
  const root = await requireSource(source);
  const rendered = await render(join(root, folder), {
    root,
    ...options,
    ...(path === undefined ? {} : { path }),
  });
  assert.ok(rendered);
  return rendered;
}

suite('the same bytes in every run', () => {
  for (const one of cases) {
    test(`${one.source}: ${one.folder}`, async () => {
      const first = await renderCase(one);
      const second = await renderCase(one);
      const digest = packArtifact(first.files, {}).manifest.descriptor.digest;
      assert.equal(packArtifact(second.files, {}).manifest.descriptor.digest, digest);
      assert.equal(readResources(first.files).length, one.objects);
      if (first.rendering.tool === 'helm') return;
      const other = await renderCase(one, await pathOf('kubectl'));
      assert.equal(other.rendering.tool, 'kubectl kustomize');
      assert.equal(packArtifact(other.files, {}).manifest.descriptor.digest, digest);
    });
  }
});

test('a chart that removes its labels by a hook is refused by the names of its hooks', async () => {
  const root = await requireSource('node-feature-discovery');
  const rendering = render(join(root, nodeFeatures), { root });
  const error = await assertRejectsWithCode(rendering, RenderError, 'HOOKS_REFUSED');
  assert.match(error.message, /Job\.batch default\/node-feature-discovery-prune \(hook post-delete\)/u);
});

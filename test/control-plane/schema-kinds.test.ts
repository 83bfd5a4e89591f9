// What `sealift check` says of objects whose schema fits is what a real API server says of them in a dry run: of mistakes
// that people make, and of the like that is none.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { builtInKind, loadBuiltIn } from '../../src/schema/built-in.ts';
import { checkKind } from '../../src/schema/check-kind.ts';
import { checkObject } from '../../src/schema/check.ts';
import { formatPath } from '../../src/schema/node.ts';
import { createBudget } from '../../src/schema/run.ts';
import { objectCases } from '../helpers/object-cases.ts';
import { podCases } from '../helpers/pod-cases.ts';
import { samples, type Sample } from '../helpers/schema-cases.ts';
import { startControlPlaneFor } from './control-plane.ts';

const clusterWide = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition']);

/** The collection that an object is made in; in its own namespace, if it names one. */
function pathOf({ apiVersion, kind }: Sample): string {
  const [api, name] = [String(apiVersion), String(kind)];
  const plural = name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}${name.endsWith('s') ? 'es' : 's'}`;
  const scope = clusterWide.has(name) ? '' : 'namespaces/default/';
  return `${api === 'v1' ? 'api/v1' : `apis/${api}`}/${scope}${plural.toLowerCase()}`;
}

suite('objects of built-in kinds', () => {
  test('are refused where the API server refuses them', async (t) => {
    const { request } = await startControlPlaneFor(t, { controllerManager: false, auditLog: false });
    const { definitions, ...schemas } = await loadBuiltIn();
    const wrong: string[] = [];
    for (const [name, [object, field]] of Object.entries({ ...objectCases, ...podCases })) {
      const path = `/${pathOf(object)}?dryRun=All&fieldValidation=Strict`;
      const { status, body } = await request('POST', path, object);
      const words = JSON.stringify(body).slice(0, 700);
      if ((status === 201) !== (field === undefined))
        wrong.push(`${name}: the server says ${status}: ${words}`);
      const schema = builtInKind(
        { definitions, ...schemas },
        String(object['apiVersion']),
        String(object['kind']),
      );
      assert.ok(schema);
      const problems = checkObject(object, schema, { definitions, budget: createBudget() });
      const found = problems.length > 0 ? problems : checkKind(object);
      const paths = found.map((problem) => formatPath(problem.path)).join();
      if (paths !== (field ?? '') || found.length > 0 !== (field !== undefined))
        wrong.push(
          `${name}: we say ${paths || `${found.length} problems`} instead of ${field}; server: ${words}`,
        );
    }
    assert.deepEqual(wrong, []);
  });

  test('that are right are taken', () => {
    for (const { object } of samples) assert.deepEqual(checkKind(object), [], String(object['kind']));
  });
});

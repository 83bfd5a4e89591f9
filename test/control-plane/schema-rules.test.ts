// What `sealift check` says of the rules of CRDs (`x-kubernetes-validations`) is what a real API server says of them in a
// dry run: of rules of ours, one for each function that rules may call, and of the Gateway API's.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { loadBuiltIn } from '../../src/schema/built-in.ts';
import { checkObject } from '../../src/schema/check.ts';
import { createRuleChecker } from '../../src/schema/check-rules.ts';
import { definedKindOf, readDefinition } from '../../src/schema/definitions.ts';
import { formatPath, type KindSchema } from '../../src/schema/node.ts';
import { createBudget } from '../../src/schema/run.ts';
import { readResources } from '../../src/resources/validate.ts';
import { requireComponents } from '../components/locate.ts';
import { gatewayObjects, gatewayPathOf, gaugeDefinition, gaugePath, gauges } from '../helpers/rule-cases.ts';
import type { Sample } from '../helpers/schema-cases.ts';
import { assertStatus } from './admin.ts';
import { startControlPlaneFor, type ControlPlane } from './control-plane.ts';
import { waitUntil } from './wait.ts';

const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

type Said = {
  readonly paths: readonly string[];
  readonly unchecked: readonly string[];
  readonly words: string;
};

/** What we say of an object: first of its schema, then of its rules. */
async function createJudge(definitions: readonly Sample[]): Promise<(object: Sample) => Said> {
  const builtIn = await loadBuiltIn();
  const budget = createBudget();
  const checkRules = createRuleChecker(budget);
  const kinds = new Map<string, KindSchema>();
  for (const definition of definitions) {
    const kind = definedKindOf(definition)?.kind ?? '';
    const schema = readDefinition(definition, budget).versions.get('v1');
    if (schema !== undefined) kinds.set(kind, schema);
  }
  return (object) => {
    const schema = kinds.get(String(object['kind']));
    assert.ok(schema);
    const problems = checkObject(object, schema, { definitions: builtIn.definitions, budget });
    const rules = problems.length === 0 ? checkRules(object, schema) : undefined;
    const found = [...problems, ...(rules?.problems ?? [])];
    return {
      paths: found.map(({ path }) => formatPath(path)),
      unchecked: (rules?.unchecked ?? []).map(({ rule, reason }) => `${rule.text}: ${reason}`),
      words: found.map(({ expected }) => expected).join('; '),
    };
  };
}

async function define({ request }: ControlPlane, definition: Sample, path: string): Promise<void> {
  assertStatus(await request('POST', crdPath, definition), 'CRD');
  await waitUntil(async () => (await request('GET', `/${path}`)).status === 200, {
    what: 'the CRD to be served',
    timeoutMs: 30_000,
  });
}

async function askServer(
  { request }: ControlPlane,
  path: string,
  object: Sample,
): Promise<string | undefined> {
  const { status, body } = await request('POST', `/${path}?dryRun=All&fieldValidation=Strict`, object);
  return status === 201 ? undefined : JSON.stringify(body).slice(0, 600);
}

suite('rules of CRDs', () => {
  test('hold where the API server says so', async (t) => {
    const controlPlane = await startControlPlaneFor(t, { controllerManager: false, auditLog: false });
    await t.test('of one CRD with all functions', async () => {
      await define(controlPlane, gaugeDefinition, gaugePath);
      const judge = await createJudge([gaugeDefinition]);
      const wrong: string[] = [];
      for (const [object, field] of gauges) {
        const refused = await askServer(controlPlane, gaugePath, object);
        const said = judge(object);
        const name = JSON.stringify(object);
        if ((refused === undefined) !== (field === undefined))
          wrong.push(`${name}: the server says ${refused}`);
        if (
          said.paths.join() !== (field ?? '') ||
          (field === '') !== (said.words !== '' && said.paths.join() === '')
        )
          wrong.push(`${name}: we say ${said.paths.join()} ${said.words}; server: ${refused}`);
        wrong.push(...said.unchecked.map((rule) => `${name}: not checked: ${rule}`));
        // The words are the API server's, but for what it says of a rule that fails.
        const isOurs = /rule can be evaluated|^failed rule/u.test(said.words);
        if (refused !== undefined && !isOurs && !refused.includes(JSON.stringify(said.words).slice(1, -1)))
          wrong.push(`${name}: ${said.words} instead of ${refused}`);
      }
      assert.deepEqual(wrong, []);
    });
    await t.test('of the Gateway API', async () => {
      const { 'gateway-api': path } = await requireComponents(['gateway-api']);
      const file = { path: 'crds.yaml', bytes: await readFile(join(dirname(path), 'crds.yaml')) };
      const definitions = readResources([file]).map(({ resource }) => resource);
      for (const definition of definitions) {
        const kind = definedKindOf(definition)?.kind ?? '';
        await define(controlPlane, definition, gatewayPathOf({ kind }));
      }
      const judge = await createJudge(definitions);
      const wrong: string[] = [];
      let taken = 0;
      for (const object of gatewayObjects) {
        const refused = await askServer(controlPlane, gatewayPathOf(object), object);
        if (refused === undefined) taken += 1;
        const said = judge(object);
        const name = JSON.stringify(object['spec']);
        wrong.push(...said.unchecked.map((rule) => `${name}: not checked: ${rule}`));
        if ((refused === undefined) !== (said.paths.length === 0))
          wrong.push(`${name}: we say ${said.paths.join()} ${said.words}; server: ${refused}`);
      }
      assert.deepEqual(wrong, []);
      assert.ok(
        taken > 10 && gatewayObjects.length - taken > 15,
        `${taken} of ${gatewayObjects.length} taken`,
      );
    });
  });
});

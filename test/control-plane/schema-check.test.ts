// What `sealift check` says of an object is what a real API server says of it in a dry run with strict validation; and
// the schemas that are built in are those of this API server.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { builtInKind, loadBuiltIn, type BuiltInSchemas } from '../../src/schema/built-in.ts';
import { checkKind } from '../../src/schema/check-kind.ts';
import { checkObject } from '../../src/schema/check.ts';
import { DefinitionError, readDefinition } from '../../src/schema/definitions.ts';
import { createBudget } from '../../src/schema/run.ts';
import { formatPath, isMap } from '../../src/schema/node.ts';
import { readBuiltIn } from '../../tools/generate-schemas.ts';
import {
  badWidgets,
  goodWidgets,
  samples,
  widgetDefinition,
  widgetPath,
  type Sample,
} from '../helpers/schema-cases.ts';
import { assertStatus } from './admin.ts';
import { startControlPlaneFor, type ControlPlane } from './control-plane.ts';
import { waitUntil } from './wait.ts';

type Verdict = { readonly isTaken: boolean; readonly words: string };

async function askServer({ request }: ControlPlane, path: string, object: Sample): Promise<Verdict> {
  const { status, body } = await request('POST', `/${path}?dryRun=All&fieldValidation=Strict`, object);
  return { isTaken: status === 201, words: JSON.stringify(body).slice(0, 600) };
}

/** Where objects do not fit; of a CRD also where its schema is none. */
function checkBuiltIn(schemas: BuiltInSchemas, object: Sample): readonly string[] {
  const kind = builtInKind(schemas, String(object['apiVersion']), String(object['kind']));
  assert.ok(kind, `${String(object['kind'])} is built in`);
  const { definitions } = schemas;
  const problems = checkObject(object, kind, { definitions, budget: createBudget() });
  const found = problems.length > 0 ? problems : checkKind(object);
  const paths = found.map(({ path }) => formatPath(path));
  if (object['kind'] !== 'CustomResourceDefinition' || paths.length > 0) return paths;
  try {
    readDefinition(object, createBudget());
    return [];
  } catch (error) {
    assert.ok(error instanceof DefinitionError);
    return [`${formatPath(error.path)} (${error.message})`];
  }
}

function minorOf(version: string): string | undefined {
  return /^v\d+\.\d+/u.exec(version)?.[0];
}

type Mutation = {
  readonly name: string;
  readonly object: Sample;
  /** Whether the server must refuse it, too, or may only do so where we do. */
  readonly isBad: boolean;
};

/** Objects with one change each: every field once misspelt, once of another type, once away. */
function mutationsOf(object: Sample): readonly Mutation[] {
  const found: Mutation[] = [];
  const visit = (value: unknown, path: readonly string[]): void => {
    const name = formatPath(path);
    const change = (to: (parent: Record<string, unknown>, key: string) => void): Sample => {
      const copy = structuredClone(object);
      const key = path.at(-1) ?? '';
      // Each step leads into a map or a list that was seen on the way here.
      const parent = path.slice(0, -1).reduce<unknown>((here, step) => (here as Sample)[step], copy);
      to(parent as Record<string, unknown>, key);
      return copy;
    };
    const isIdentity = path.length === 1 && /^(?:apiVersion|kind|metadata)$/u.test(path[0] ?? '');
    if (path.length > 0 && !isIdentity) {
      const other = typeof value === 'object' ? 'text' : { x: 1 };
      found.push({
        name: `${name} of another type`,
        object: change((it, key) => (it[key] = other)),
        isBad: true,
      });
      found.push({ name: `${name} null`, object: change((it, key) => (it[key] = null)), isBad: false });
      if (!/^\d+$/u.test(path.at(-1) ?? '')) {
        found.push({ name: `${name} away`, object: change((it, key) => delete it[key]), isBad: false });
      }
    }
    if (isMap(value)) {
      const inner = { ...value, misspelt: 'x' };
      const changed = path.length === 0 ? inner : change((it, key) => (it[key] = inner));
      found.push({ name: `${name}.misspelt`, object: changed, isBad: false });
      for (const [key, child] of Object.entries(value)) visit(child, [...path, key]);
    } else if (Array.isArray(value)) value.forEach((child, index) => visit(child, [...path, `${index}`]));
  };
  visit(object, []);
  return found;
}

suite('the API server and `sealift check`', () => {
  test('built-in schemas are those of the API server, and say of objects what it says', async (t) => {
    const controlPlane = await startControlPlaneFor(t, { controllerManager: false, auditLog: false });
    const schemas = await loadBuiltIn();
    await t.test('the data is fresh', async () => {
      const fresh = await readBuiltIn(controlPlane.request);
      // What is found in KUBEBUILDER_ASSETS may be another patch of the same version.
      const data = { ...schemas, version: fresh.version };
      assert.equal(minorOf(schemas.version), minorOf(fresh.version));
      assert.deepEqual(data, fresh, 'src/schema/built-in-data.ts is old: run npm run generate-schemas');
    });
    const definitionPath = 'apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    for (const { path, object } of [...samples, { path: definitionPath, object: widgetDefinition }]) {
      await t.test(String(object['kind']), async () => {
        const verdict = await askServer(controlPlane, path, object);
        assert.ok(verdict.isTaken, verdict.words);
        assert.deepEqual(checkBuiltIn(schemas, object), []);
        const wrong: string[] = [];
        // What a CRD's defaults and values are is not looked at, and null is no schema here.
        const isDefinition = object === widgetDefinition;
        for (const { name, object: changed, isBad } of mutationsOf(object)) {
          if (isDefinition && name.endsWith(' null')) continue;
          const { isTaken, words } = await askServer(controlPlane, path, changed);
          const problems = checkBuiltIn(schemas, changed);
          const isUnknown =
            /unknown field \\"|cannot unmarshal|unable to parse|illegal base64|decode|cannot be handled/u.test(
              words,
            );
          if (isTaken && problems.length > 0) wrong.push(`${name}: taken, but we say ${problems.join()}`);
          if (!isTaken && problems.length === 0 && ((isBad && !isDefinition) || isUnknown)) {
            wrong.push(`${name}: we say nothing, but: ${words}`);
          }
        }
        assert.deepEqual(wrong, []);
      });
    }
    await t.test('objects of a CRD', async () => {
      assertStatus(
        await controlPlane.request(
          'POST',
          '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
          widgetDefinition,
        ),
        'CRD',
      );
      await untilServed(controlPlane);
      const kind = readDefinition(widgetDefinition, createBudget()).versions.get('v1');
      assert.ok(kind);
      const wrong: string[] = [];
      const judge = async (name: string, object: Sample, field: string | undefined): Promise<void> => {
        const { isTaken, words } = await askServer(controlPlane, widgetPath, object);
        const problems = checkObject(object, kind, {
          definitions: schemas.definitions,
          budget: createBudget(),
        }).map(({ path }) => formatPath(path));
        if (isTaken !== (field === undefined)) wrong.push(`${name}: the server says ${words}`);
        if (problems.join() !== (field ?? ''))
          wrong.push(`${name}: we say ${problems.join()}; server: ${words}`);
      };
      for (const [name, object] of Object.entries(goodWidgets)) await judge(name, object, undefined);
      for (const [name, [object, field]] of Object.entries(badWidgets)) await judge(name, object, field);
      assert.deepEqual(wrong, []);
    });
  });
});

/** A kind is served some moments after its CRD is there. */
async function untilServed({ request }: ControlPlane): Promise<void> {
  await waitUntil(async () => (await request('GET', `/${widgetPath}`)).status === 200, {
    what: 'the CRD to be served',
    timeoutMs: 30_000,
  });
}

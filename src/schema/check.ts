// Whether a value fits its schema. It follows the API server: built-in kinds as its strict decoder reads them, kinds of
// CRDs as pruning and validation treat them; unknown fields are problems in both. Bounded in steps and problems.
import { isTemplate } from '../resources/resource.ts';
import { checkList } from './lists.ts';
import { isMap, type KindSchema, type SchemaNode, type SchemaProblem } from './node.ts';
import { isFull, report, spend, type Place, type Run, type Spot } from './run.ts';
import { describeType, isOfType, nameType, numberProblem, textProblem } from './scalars.ts';
import { suggestName } from './suggest.ts';

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/**
 * Every problem of an object, up to a limit.
 * @throws CheckLimitError
 */
export function checkObject(
  object: unknown,
  { root, isBuiltIn, hasStatusSubresource }: KindSchema,
  { definitions, budget }: Pick<Run, 'definitions' | 'budget'>,
): readonly SchemaProblem[] {
  const run: Run = {
    isBuiltIn,
    definitions,
    problems: [],
    isAlternative: false,
    budget,
  };
  checkSpot(run, { value: object, node: isBuiltIn ? root : { ...root, isEmbedded: true }, place: undefined });
  // A status is read, and then thrown away before anything else of it is looked at.
  return run.problems.filter(
    ({ path, code, found }) =>
      path[0] !== 'status' ||
      code === 'FIELD_UNKNOWN' ||
      (isBuiltIn ? found !== nothing : !hasStatusSubresource),
  );
}

const nothing = 'nothing';

function reportInvalid(run: Run, { value, place }: Spot, expected: string): void {
  report(run, place, { code: 'FIELD_INVALID', expected, found: nameType(value) });
}

function checkSpot(run: Run, spot: Spot): void {
  spend(run.budget, 1);
  const { value } = spot;
  const node = resolve(run, spot.node);
  const here = node === spot.node ? spot : { ...spot, node };
  if (value === null) {
    // Go's decoder leaves the field as it is.
    if (!run.isBuiltIn && node.nullable !== true && node.type !== undefined) {
      reportInvalid(run, here, describeType(node.type));
    }
    return;
  }
  if (isFilledIn(value, node)) return;
  if (node.type !== undefined && !isOfType(value, node.type)) {
    reportInvalid(run, here, describeType(node.type));
    return;
  }
  checkEnum(run, here);
  if (typeof value === 'string') checkText(run, here, value);
  else if (typeof value === 'number') checkNumber(run, here, value);
  else if (Array.isArray(value)) checkList(run, here, { list: value, check: checkSpot });
  else if (isMap(value)) checkMap(run, here, value);
  checkAlternatives(run, here);
}

/** What is filled in once it is applied may be any scalar; the cluster's own check sees it. */
function isFilledIn(value: unknown, { type }: SchemaNode): boolean {
  return typeof value === 'string' && isTemplate(value) && type !== 'object' && type !== 'array';
}

function resolve(run: Run, node: SchemaNode): SchemaNode {
  if (node.ref === undefined) return node;
  return Object.hasOwn(run.definitions, node.ref) ? (run.definitions[node.ref] ?? {}) : {};
}

function checkEnum(run: Run, spot: Spot): void {
  const { node, value } = spot;
  // To Go's decoder an empty text is as good as none.
  if (node.enum === undefined || (run.isBuiltIn && value === '')) return;
  spend(run.budget, node.enum.length);
  const text = JSON.stringify(value);
  if (node.enum.some((one) => one === value || JSON.stringify(one) === text)) return;
  const shown = node.enum.slice(0, 20).map((one) => JSON.stringify(one).slice(0, 100));
  reportInvalid(run, spot, `one of ${shown.join(', ')}${node.enum.length > 20 ? ', …' : ''}`);
}

function checkText(run: Run, spot: Spot, value: string): void {
  const { node } = spot;
  const problem = textProblem(value, node);
  if (problem !== undefined) reportInvalid(run, spot, problem);
  if (node.pattern === undefined) return;
  spend(run.budget, value.length * node.pattern.weight);
  if (!node.pattern.test(value)) {
    reportInvalid(run, spot, `text that matches ${node.pattern.text.slice(0, 300)}`);
  }
}

function checkNumber(run: Run, spot: Spot, value: number): void {
  const problem = numberProblem(value, spot.node);
  if (problem !== undefined) reportInvalid(run, spot, problem);
}

function checkMap(run: Run, spot: Spot, map: Readonly<Record<string, unknown>>): void {
  const { node, place } = spot;
  const keys = Object.keys(map);
  const { minProperties = 0, maxProperties = Infinity } = node;
  if (keys.length < minProperties) reportInvalid(run, spot, `at least ${minProperties} keys`);
  if (keys.length > maxProperties) reportInvalid(run, spot, `at most ${maxProperties} keys`);
  checkRequired(run, spot, map);
  for (const key of keys) {
    const inner = { parent: place, step: key };
    const child = childOf(run, node, key);
    if (child === 'unknown') {
      if (!run.isAlternative) reportUnknown(run, inner, node);
    } else if (child !== 'anything' && !isAbsent(run, map[key], child)) {
      // Go's decoder reads the metadata of every kind.
      const isMetadata = node.isEmbedded === true && key === 'metadata';
      const reader = isMetadata ? { ...run, isBuiltIn: true } : run;
      checkSpot(reader, { value: map[key], node: child, place: inner });
    }
  }
}

/** A field that is null is none; the API server takes it away before it validates. */
function isAbsent(run: Run, value: unknown, node: SchemaNode | undefined): boolean {
  return value === undefined || (value === null && (run.isBuiltIn || node?.nullable !== true));
}

function checkRequired(run: Run, { node, place, base }: Spot, map: Readonly<Record<string, unknown>>): void {
  const required =
    node.isEmbedded === true ? [...new Set(['apiVersion', 'kind', ...(node.required ?? [])])] : node.required;
  for (const name of required ?? []) {
    const child = memberOf(node.properties, name) ?? memberOf(base?.properties, name);
    const isThere = Object.hasOwn(map, name) && !isAbsent(run, map[name], child);
    if (isThere || child?.default !== undefined) continue;
    const resolved = child && resolve(run, child);
    const expected = resolved?.type === undefined ? 'a value' : describeType(resolved.type);
    report(run, { parent: place, step: name }, { code: 'FIELD_INVALID', expected, found: nothing });
  }
}

function memberOf(properties: SchemaNode['properties'], name: string): SchemaNode | undefined {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** The schema of what stands under a key. */
function childOf(run: Run, node: SchemaNode, key: string): SchemaNode | 'anything' | 'unknown' {
  if (node.isEmbedded === true && (key === 'apiVersion' || key === 'kind')) return { type: 'string' };
  if (node.isEmbedded === true && key === 'metadata')
    return run.isAlternative ? 'anything' : { ref: objectMeta };
  const known = memberOf(node.properties, key);
  if (known !== undefined) return known;
  const { additionalProperties } = node;
  if (additionalProperties === true || node.preservesUnknown === true) return 'anything';
  if (additionalProperties !== undefined) return additionalProperties;
  // Of built-in kinds these are the types that keep what they are given: RawExtension, FieldsV1, JSON.
  return run.isBuiltIn && node.properties === undefined ? 'anything' : 'unknown';
}

function reportUnknown(run: Run, place: NonNullable<Place>, node: SchemaNode): void {
  if (isFull(run)) return;
  const names = Object.keys(node.properties ?? {});
  const near = suggestName(place.step, names);
  const expected = near === undefined ? 'no such field' : `no such field; is it ${near}?`;
  report(run, place, { code: 'FIELD_UNKNOWN', expected, found: 'a field that the schema does not have' });
}

function checkAlternatives(run: Run, spot: Spot): void {
  const { allOf, anyOf, oneOf, not } = spot.node;
  for (const problem of (allOf ?? []).flatMap((node) => problemsWith(run, spot, node))) {
    if (!isFull(run)) run.problems.push(problem);
  }
  const fitting = (nodes: readonly SchemaNode[]): number =>
    nodes.filter((node) => problemsWith(run, spot, node).length === 0).length;
  if (anyOf !== undefined && fitting(anyOf) === 0) reportInvalid(run, spot, 'one of the forms of anyOf');
  if (oneOf !== undefined && fitting(oneOf) !== 1)
    reportInvalid(run, spot, 'exactly one of the forms of oneOf');
  if (not !== undefined && fitting([not]) > 0)
    reportInvalid(run, spot, 'a value that is not of the form of not');
}

function problemsWith(run: Run, spot: Spot, node: SchemaNode): readonly SchemaProblem[] {
  const inner: Run = { ...run, isAlternative: true, problems: [] };
  checkSpot(inner, { ...spot, node, base: spot.node });
  return inner.problems;
}

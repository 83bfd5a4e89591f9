// Checks objects against the schemas of their kinds without a cluster: built-in kinds against the API server's, others
// against the CRDs among the objects or of a given folder.
import { ResourceError, type ResourceCode } from '../errors.ts';
import { resourceLimits } from '../limits.ts';
import { locateFields, type ParsedResource } from '../resources/parse.ts';
import { formatIdentity, identityOf, type Resource } from '../resources/resource.ts';
import type { SourceFile } from '../resources/validate.ts';
import { builtInKind, loadBuiltIn, type BuiltInSchemas } from '../schema/built-in.ts';
import { CheckLimitError, createBudget, type Budget } from '../schema/run.ts';
import { checkObject } from '../schema/check.ts';
import { checkKind } from '../schema/check-kind.ts';
import { apiStateAt, parseKubernetesVersion } from '../schema/lifecycle.ts';
import { createRuleChecker, type RuleChecker } from '../schema/check-rules.ts';
import { definedKindOf, DefinitionError, readDefinition, type Definition } from '../schema/definitions.ts';
import { formatPath, isMap, type KindSchema, type SchemaProblem } from '../schema/node.ts';

/** Files and the objects that were read from them. */
export type CheckedFiles = {
  readonly files: readonly SourceFile[];
  readonly resources: readonly ParsedResource[];
};

export type CheckResult = {
  /** Version of Kubernetes whose kinds are built in. */
  readonly kubernetesVersion: string;
  /** What the API server would refuse, in the order of the files, up to a limit. */
  readonly problems: readonly ResourceError[];
  /** What could not be checked. */
  readonly warnings: readonly ResourceError[];
  /** Objects that were not checked at all. */
  readonly unchecked: number;
};

/** A problem whose place is still to be found. */
type Finding = {
  readonly parsed: ParsedResource;
  readonly code: ResourceCode;
  readonly path: readonly string[];
  readonly message: string;
  readonly details?: Readonly<Record<string, string>>;
  readonly hint?: string;
};

type DefinedKind = { readonly parsed: ParsedResource; definition?: Definition | undefined };

type Work = {
  readonly schemas: BuiltInSchemas;
  /** Minor version of the cluster, and whether anyone asked for it. */
  readonly minor: number;
  readonly hasTarget: boolean;
  readonly budget: Budget;
  /** CRDs by the kind that they define; read when they are needed. */
  readonly definitions: ReadonlyMap<string, DefinedKind>;
  readonly checkRules: RuleChecker;
  /** Places of the rules that were told not to be checked. */
  readonly uncheckedRules: Set<object>;
  readonly problems: Finding[];
  readonly warnings: Finding[];
};

export type CheckOptions = {
  /** Files with further CRDs; of two for one kind, the one among the objects counts. */
  readonly definitions?: CheckedFiles | undefined;
  /** Version of the cluster, as `1.34`; what it does not serve is then a problem. */
  readonly target?: string | undefined;
};

/** @throws InputError `INPUT_INVALID` for a version that is not known */
export async function checkResources(
  checked: CheckedFiles,
  { definitions = { files: [], resources: [] }, target }: CheckOptions = {},
): Promise<CheckResult> {
  const budget = createBudget();
  const schemas = await loadBuiltIn();
  const work: Work = {
    schemas,
    minor: parseKubernetesVersion(target ?? schemas.version, schemas.version),
    hasTarget: target !== undefined,
    budget,
    checkRules: createRuleChecker(budget),
    uncheckedRules: new Set(),
    definitions: findDefinitions([...definitions.resources, ...checked.resources]),
    problems: [],
    warnings: [],
  };
  for (const parsed of checked.resources) {
    if (work.problems.length >= resourceLimits.problems || !checkWithin(work, parsed)) break;
  }
  const files = [...checked.files, ...definitions.files];
  return {
    kubernetesVersion: work.schemas.version,
    problems: locate(files, work.problems.slice(0, resourceLimits.problems)),
    warnings: locate(files, work.warnings.slice(0, resourceLimits.problems)),
    unchecked: work.warnings.filter(({ code }) => code === 'KIND_WITHOUT_SCHEMA' || code === 'API_NOT_SERVED')
      .length,
  };
}

function isDefinition({ apiVersion, kind }: Resource): boolean {
  return kind === 'CustomResourceDefinition' && apiVersion === 'apiextensions.k8s.io/v1';
}

function findDefinitions(resources: readonly ParsedResource[]): ReadonlyMap<string, DefinedKind> {
  const found = new Map<string, DefinedKind>();
  for (const parsed of resources) {
    const defined = isDefinition(parsed.resource) ? definedKindOf(parsed.resource) : undefined;
    if (defined !== undefined) found.set(`${defined.group}/${defined.kind}`, { parsed });
  }
  return found;
}

/** Whether there is something left of the budget. */
function checkWithin(work: Work, parsed: ParsedResource): boolean {
  try {
    checkResource(work, parsed);
    return true;
  } catch (cause) {
    if (!(cause instanceof CheckLimitError)) throw cause;
    work.problems.push({ parsed, code: 'RESOURCE_LIMIT', path: [], message: cause.message });
    return false;
  }
}

function checkResource(work: Work, parsed: ParsedResource): void {
  const { resource } = parsed;
  if (isMap(resource['sops'])) {
    warn(work, parsed, 'is encrypted by sops, and is not checked');
    return;
  }
  if (isDefinition(resource)) {
    const defined = definedKindOf(resource);
    if (defined !== undefined) readOnce(work, `${defined.group}/${defined.kind}`);
  }
  const isServed = checkLifecycle(work, parsed);
  const schema = findSchema(work, parsed, isServed);
  if (schema === undefined) return;
  const problems = checkObject(resource, schema, {
    definitions: work.schemas.definitions,
    budget: work.budget,
  });
  work.problems.push(...problems.map((problem) => toFinding(parsed, problem)));
  // The API server, too, asks no more of a value whose type is another one.
  if (problems.some(({ code }) => code !== 'FIELD_UNKNOWN')) return;
  work.problems.push(...checkKind(resource).map((problem) => toFinding(parsed, problem)));
  checkRulesOf(work, parsed, schema);
}

function checkRulesOf(work: Work, parsed: ParsedResource, schema: KindSchema): void {
  const { group, kind } = identityOf(parsed.resource);
  const { problems, unchecked } = work.checkRules(parsed.resource, schema);
  work.problems.push(...problems.map((problem) => toFinding(parsed, problem)));
  const definition = work.definitions.get(`${group}/${kind}`)?.parsed;
  for (const { rule, reason } of unchecked) {
    if (definition === undefined || work.uncheckedRules.has(rule)) continue;
    work.uncheckedRules.add(rule);
    const message = `a rule of ${kind} is not checked here: ${reason.slice(0, 200)}`;
    work.warnings.push({ parsed: definition, code: 'RULE_UNCHECKED', path: rule.path, message });
  }
}

/** Whether the cluster serves the kind under this apiVersion, as far as is known. */
function checkLifecycle(work: Work, parsed: ParsedResource): boolean {
  const { apiVersion, kind } = parsed.resource;
  const found = apiStateAt(work.minor, apiVersion, kind);
  if (found === undefined || found.state === 'served') return true;
  const { state, since, removed, instead } = found;
  const what = `${kind} of ${apiVersion}`;
  const finding = { parsed, path: ['apiVersion'], ...hintOf(instead) };
  if (state === 'deprecated') {
    const end = removed === undefined ? '' : `, and goes in 1.${removed}`;
    const message = `${what} is deprecated since Kubernetes 1.${since}${end}`;
    work.warnings.push({ ...finding, code: 'API_DEPRECATED', message });
    return true;
  }
  const message =
    state === 'removed'
      ? `${what} is not served since Kubernetes 1.${since}`
      : `${what} is served from Kubernetes 1.${since} on, and not by 1.${work.minor}`;
  (work.hasTarget ? work.problems : work.warnings).push({ ...finding, code: 'API_NOT_SERVED', message });
  return false;
}

function hintOf(instead: string): Pick<Finding, 'hint'> {
  return instead === '' ? {} : { hint: `Write ${instead} instead, and see what fields are others there.` };
}

function findSchema(work: Work, parsed: ParsedResource, isServed: boolean): KindSchema | undefined {
  const { apiVersion, kind } = parsed.resource;
  const builtIn = builtInKind(work.schemas, apiVersion, kind);
  if (builtIn !== undefined) return builtIn;
  const { group, version } = identityOf(parsed.resource);
  const key = `${group}/${kind}`;
  if (!work.definitions.has(key)) {
    if (!isServed) return undefined;
    const hint = isGroupBuiltIn(work.schemas, group)
      ? `Kubernetes ${work.schemas.version} does not serve it; perhaps another version of the kind.`
      : 'Give the folder of its CustomResourceDefinition with --crds.';
    warn(work, parsed, `has no schema here for ${kind} of ${apiVersion}`, hint);
    return undefined;
  }
  const definition = readOnce(work, key);
  const schema = definition?.versions.get(version);
  if (definition !== undefined && schema === undefined) {
    const served = [...definition.versions].flatMap(([name, one]) => (one === undefined ? [] : [name]));
    const message = `its CustomResourceDefinition does not serve version ${version}, only ${served.join(', ')}`;
    work.problems.push({ parsed, code: 'FIELD_INVALID', path: ['apiVersion'], message });
  }
  return schema;
}

function isGroupBuiltIn({ kinds }: BuiltInSchemas, group: string): boolean {
  return Object.keys(kinds).some((key) => (group === '' ? /^v\d/u.test(key) : key.startsWith(`${group}/`)));
}

/** The definition of a kind; of one that can not be used, what is wrong is said once. */
function readOnce(work: Work, key: string): Definition | undefined {
  const defined = work.definitions.get(key);
  if (defined === undefined || Object.hasOwn(defined, 'definition')) return defined?.definition;
  const { parsed } = defined;
  defined.definition = undefined;
  try {
    defined.definition = readDefinition(parsed.resource, work.budget);
  } catch (cause) {
    if (!(cause instanceof DefinitionError)) throw cause;
    const message = `${formatPath(cause.path)}: ${cause.message}`;
    work.problems.push({ parsed, code: 'SCHEMA_INVALID', path: cause.path, message });
  }
  return defined.definition;
}

function warn(work: Work, parsed: ParsedResource, what: string, hint?: string): void {
  const message = `${formatIdentity(identityOf(parsed.resource))} ${what}`;
  work.warnings.push({
    parsed,
    code: 'KIND_WITHOUT_SCHEMA',
    path: [],
    message,
    ...(hint === undefined ? {} : { hint }),
  });
}

function toFinding(parsed: ParsedResource, problem: SchemaProblem): Finding {
  const { code, path, expected, found, rule } = problem;
  const field = formatPath(path);
  if (rule !== undefined) {
    const message = `${field === '' ? '' : `${field}: `}${expected} (rule: ${rule})`;
    return { parsed, code, path, message, details: { field, expected, found, rule } };
  }
  const message =
    code === 'FIELD_UNKNOWN' ? `${field}: ${expected}` : `${field}: expected ${expected}, found ${found}`;
  return { parsed, code, path, message, details: { field, expected, found } };
}

function locate(files: readonly SourceFile[], findings: readonly Finding[]): readonly ResourceError[] {
  const places = new Map<Finding, ResourceError>();
  for (const { path: file, bytes } of files) {
    const here = findings.filter(({ parsed }) => parsed.location.file === file);
    if (here.length === 0) continue;
    const wanted = here.map(({ parsed, path }) => ({ location: parsed.location, path }));
    const located = locateFields(file, bytes, wanted);
    for (const [index, finding] of here.entries()) {
      const { code, message, details, hint, parsed } = finding;
      const options = { ...(details && { details }), ...(hint !== undefined && { hint }) };
      places.set(finding, new ResourceError(code, message, located[index] ?? parsed.location, options));
    }
  }
  return findings.flatMap((finding) => places.get(finding) ?? []);
}

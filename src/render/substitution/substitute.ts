// Variables filled into objects, scalar by scalar: a value can become other text, a number, a boolean or null where it
// stands, and never another field or another object (docs/adr/0028). Objects may ask to be left alone.
import { apiGroup, objectRuleDomains } from '../../api/common.ts';
import { FailuresError, InputError, ResourceError, type ErrorCode, type SealiftError } from '../../errors.ts';
import { resourceLimits, substitutionLimits } from '../../limits.ts';
import { readPlainScalar } from '../../resources/kubernetes-schema.ts';
import type { ParsedResource } from '../../resources/parse.ts';
import {
  formatIdentity,
  identityKey,
  identityOf,
  resourceSchema,
  type Resource,
} from '../../resources/resource.ts';
import { expand, ExpansionError, hasExpression } from './expand.ts';
import { isTextPlace } from './text-places.ts';

export type Variable = { readonly value: string; readonly isSecret: boolean };
export type Variables = ReadonlyMap<string, Variable>;

export type Substituted = {
  readonly resources: readonly Resource[];
  /** Variables that were asked for, with their values; undefined for those that a default stood in for. */
  readonly used: ReadonlyMap<string, string | undefined>;
  /** What came of variables that are secret: it must not be told. */
  readonly secrets: ReadonlySet<string>;
};

/**
 * Fills variables into the objects.
 * @param encrypted texts that no error may quote, not even the name of a variable in them
 * @throws FailuresError of InputError `INPUT_MISSING`, one for each variable without value and default, with file and
 *   object; of ResourceError `RESOURCE_INVALID` for what is no expression, or makes no object; `RESOURCE_DUPLICATE`;
 *   `RESOURCE_LIMIT`
 */
export function substituteResources(
  parsed: readonly ParsedResource[],
  variables: Variables,
  encrypted: ReadonlySet<string> = new Set(),
): Substituted {
  const work: Work = {
    variables,
    encrypted,
    used: new Map(),
    secrets: new Set(),
    problems: [],
    seen: new Map(),
    steps: 0,
  };
  const resources = parsed.map((one) => (isDisabled(one.resource) ? one.resource : substituteOne(one, work)));
  const [first, ...rest] = work.problems.slice(0, resourceLimits.problems);
  if (first !== undefined) {
    const count = rest.length + 1;
    throw new FailuresError([first, ...rest], `${count} problem${count === 1 ? '' : 's'} in substitution`);
  }
  assertDistinct(parsed, resources);
  return { resources, used: work.used, secrets: work.secrets };
}

type Work = {
  readonly variables: Variables;
  readonly encrypted: ReadonlySet<string>;
  readonly used: Map<string, string | undefined>;
  readonly secrets: Set<string>;
  readonly problems: SealiftError<ErrorCode>[];
  /** Problems that were named, so that a variable is named once an object. */
  readonly seen: Map<string, true>;
  /** What was done so far, as limits count it. */
  steps: number;
};

/** Whether the object asks to be left alone: as an annotation, or as Flux' label, in any case of letters. */
export function isDisabled({ metadata: { annotations, labels } }: Resource): boolean {
  const [ours, flux] = objectRuleDomains.map((domain) => `${domain}/substitute`);
  const texts = [annotations?.[ours ?? ''], labels?.[ours ?? '']];
  const text = texts.find((one) => one !== undefined) ?? annotations?.[flux ?? ''] ?? labels?.[flux ?? ''];
  return text?.toLowerCase() === 'disabled';
}

function substituteOne({ resource, location }: ParsedResource, work: Work): Resource {
  const name = formatIdentity(identityOf(resource));
  const note = (problem: SealiftError<ErrorCode>): void => {
    if (work.seen.has(problem.message)) return;
    work.seen.set(problem.message, true);
    work.problems.push(problem);
  };
  const fill = (text: string, path: readonly string[]): string => {
    try {
      return expandWith(text, work);
    } catch (error) {
      if (!(error instanceof ExpansionError)) throw error;
      note(problemOf(error, { location, name, path, isHidden: work.encrypted.has(text) }));
      return '';
    }
  };
  const before = work.problems.length;
  const value = walk(resource, [], {
    fill,
    isText: (path) => isTextPlace(path, resource),
    onRead: (text, scalar) => {
      // `0x1f` of a Secret is 31 in the server's words.
      if (work.secrets.has(text)) work.secrets.add(String(scalar));
    },
    onKey: (path) => {
      const message = `${name}: variables may not make the key ${keyOf(path)} of ${path.slice(0, -1).join('.')}`;
      note(new ResourceError('RESOURCE_INVALID', message, location));
    },
  });
  if (work.problems.length > before) return resource;
  const checked = resourceSchema.safeParse(value);
  for (const issue of checked.error?.issues ?? []) {
    const message = `${name}: ${issue.path.join('.')} once variables are filled in: ${issue.message}`;
    note(new ResourceError('RESOURCE_INVALID', message, location));
  }
  if (checked.data === undefined) return resource;
  if (Buffer.byteLength(JSON.stringify(checked.data)) > resourceLimits.resourceBytes) {
    const message = `${name}: object has more than ${resourceLimits.resourceBytes} bytes once variables are filled in`;
    note(new ResourceError('RESOURCE_LIMIT', message, location));
  }
  return checked.data;
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify((path.at(-1) ?? '').slice(0, 100));
}

function expandWith(text: string, work: Work): string {
  const { variables, used, secrets } = work;
  const spend = (steps: number): void => {
    work.steps += steps;
    if (work.steps > substitutionLimits.steps)
      throw new ExpansionError('limit', 'all expressions together take too much');
  };
  const lookup = (name: string): string | undefined => {
    const value = variables.get(name)?.value;
    used.set(name, value);
    spend(value?.length ?? 0);
    return value;
  };
  const onExpanded = (result: string, names: readonly string[]): void => {
    spend(result.length);
    if (names.some((name) => variables.get(name)?.isSecret === true)) secrets.add(result);
  };
  return expand(text, lookup, onExpanded, spend);
}

type Place = {
  readonly location: ParsedResource['location'];
  readonly name: string;
  readonly path: readonly string[];
  /** Whether the text was encrypted: `pa${ss` has no variable that may be named. */
  readonly isHidden: boolean;
};

function problemOf(
  { kind, subject }: ExpansionError,
  { location, name, path, isHidden }: Place,
): SealiftError<ErrorCode> {
  const field = path.join('.');
  if (isHidden) {
    const message = `${name}: ${field} was encrypted, and has an expression that can not be filled in`;
    return new ResourceError('RESOURCE_INVALID', message, location, { hint: leaveAlone });
  }
  if (kind === 'missing') {
    const at = location.line === undefined ? location.file : `${location.file}:${location.line}`;
    return new InputError(
      'INPUT_MISSING',
      `${at}: ${name}: variable ${subject} has no value and no default`,
      {
        hint: 'Give it in spec.postBuild, or a default by ${var:=default}; $${var} stays as it is.',
      },
    );
  }
  const code = kind === 'limit' ? 'RESOURCE_LIMIT' : 'RESOURCE_INVALID';
  return new ResourceError(code, `${name}: ${field}: ${subject}`, location, {
    hint: leaveAlone,
  });
}

const leaveAlone =
  'Write $$ for a dollar that begins no variable, or set sealift.dev/substitute: Disabled on the object.';

type Walk = {
  readonly fill: (text: string, path: readonly string[]) => string;
  readonly isText: (path: readonly string[]) => boolean;
  /** Told what a text was read as. */
  readonly onRead: (text: string, scalar: unknown) => void;
  /** Told of a key that variables may not make. */
  readonly onKey: (path: readonly string[]) => void;
};

/** Depth is bounded where objects are read. */
function walk(value: unknown, path: readonly string[], how: Walk): unknown {
  if (typeof value === 'string') {
    if (!hasExpression(value)) return value;
    const text = how.fill(value, path);
    if (!value.includes('${') || how.isText(path)) return text;
    const scalar = readPlainScalar(text);
    how.onRead(text, scalar);
    return scalar;
  }
  if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, String(index)], how));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, member]): [string, unknown] => [
    walkKey(key, path, how),
    walk(member, [...path, key], how),
  ]);
  const keys = new Set(members.map(([key]) => key));
  if (keys.size < members.length) how.onKey([...path, 'that stands there already']);
  return Object.fromEntries(members);
}

/** What says how an object is applied is the artifact's alone, and `__proto__` is no key. */
function walkKey(key: string, path: readonly string[], how: Walk): string {
  if (!hasExpression(key)) return key;
  const filled = how.fill(key, [...path, key]);
  const domain = filled.includes('/') ? filled.slice(0, filled.indexOf('/')) : '';
  const isRule = [apiGroup, ...objectRuleDomains].some((one) => domain === one || domain.endsWith(`.${one}`));
  if (isRule || filled === '__proto__') how.onKey([...path, key]);
  return filled;
}

/** Two objects of one name would be applied over one another. */
function assertDistinct(parsed: readonly ParsedResource[], resources: readonly Resource[]): void {
  const seen = new Set<string>();
  for (const [index, resource] of resources.entries()) {
    const identity = identityOf(resource);
    const key = identityKey(identity);
    if (seen.has(key)) {
      const location = parsed[index]?.location ?? { file: '.' };
      const message = `${formatIdentity(identity)} stands there twice once variables are filled in`;
      throw new ResourceError('RESOURCE_DUPLICATE', message, location);
    }
    seen.add(key);
  }
}

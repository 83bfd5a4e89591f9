// Files of YAML or JSON to Kubernetes objects: several documents a file, `List`s expanded, every problem with file,
// line and column (from 1). The input is hostile: size, depth, aliases and counts are bounded.
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml';
import { ResourceError, type ResourceLocation } from '../errors.ts';
import { resourceLimits } from '../limits.ts';
import { kubernetesTags, UnrepresentableScalarError } from './kubernetes-schema.ts';
import { resourceSchema, type Resource } from './resource.ts';

export type ParsedResource = { readonly resource: Resource; readonly location: ResourceLocation };

/** What a file gave: its objects, and every problem found in it. */
export type ParsedFile = {
  readonly resources: readonly ParsedResource[];
  readonly problems: readonly ResourceError[];
};

/** Reads one file. Never throws anything: what is wrong is in `problems`. */
export function parseFile(file: string, bytes: Uint8Array): ParsedFile {
  const resources: ParsedResource[] = [];
  const problems: ResourceError[] = [];
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { resources, problems: [new ResourceError('YAML_INVALID', 'file is not UTF-8 text', { file })] };
  }
  if (/[^\P{Cc}\t\n\r\u{85}]/u.test(text)) {
    return {
      resources,
      problems: [new ResourceError('YAML_INVALID', 'file has control characters', { file })],
    };
  }
  const lineCounter = new LineCounter();
  const locate = (offset: number | undefined): ResourceLocation => {
    if (offset === undefined) return { file };
    const { line, col } = lineCounter.linePos(offset);
    return { file, line, column: col };
  };
  try {
    for (const document of parseDocuments(text, lineCounter)) {
      const found = readDocument(document, locate);
      resources.push(...found.resources);
      problems.push(...found.problems);
    }
  } catch (error) {
    problems.push(asProblem(error, { file }));
  }
  return { resources, problems };
}

function parseDocuments(text: string, lineCounter: LineCounter): Document.Parsed[] {
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    customTags: [...kubernetesTags],
    merge: true,
    // The library's own check is quadratic; findKeyProblems does it.
    uniqueKeys: false,
    // `!!binary`, `!!timestamp` and the like would give values that JSON does not have.
    resolveKnownTags: false,
    strict: true,
    stringKeys: false,
    prettyErrors: false,
    lineCounter,
  });
  // parseAllDocuments gives an "empty" marker object with no documents for empty input.
  if (!Array.isArray(documents)) return [];
  if (documents.length > resourceLimits.documents) {
    throw new UnrepresentableScalarError(`file has more than ${resourceLimits.documents} documents`);
  }
  return documents;
}

type Locate = (offset: number | undefined) => ResourceLocation;

function readDocument(document: Document.Parsed, locate: Locate): ParsedFile {
  const problems = [...document.errors, ...document.warnings].map(
    (issue) => new ResourceError('YAML_INVALID', issue.message, locate(issue.pos[0])),
  );
  const root = document.contents;
  if (problems.length > 0 || root === null) return { resources: [], problems };
  const at = locate(root.range?.[0]);
  const structural = findStructuralProblems(root, locate);
  if (structural.length > 0) return { resources: [], problems: structural };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: resourceLimits.aliasCount });
  } catch (error) {
    return { resources: [], problems: [asProblem(error, at)] };
  }
  // A document of comments only, or `---` twice.
  if (value === null || value === undefined) return { resources: [], problems: [] };
  return readValue(value, root, locate);
}

/** One object, or the items of a List. */
function readValue(value: unknown, node: Node | null | undefined, locate: Locate): ParsedFile {
  if (isList(value)) {
    const values = value.items ?? [];
    const items = isMap(node) ? node.get('items', true) : undefined;
    const parts = values.map((item, index) => {
      const child = isSeq(items) ? items.items[index] : undefined;
      return readValue(item, isNodeLike(child) ? child : node, locate);
    });
    return {
      resources: parts.flatMap((part) => part.resources),
      problems: parts.flatMap((part) => part.problems),
    };
  }
  const location = locate(node?.range?.[0]);
  const result = resourceSchema.safeParse(value);
  if (!result.success) {
    return {
      resources: [],
      problems: result.error.issues.map((issue) => schemaProblem(issue, node, locate)),
    };
  }
  const bytes = Buffer.byteLength(JSON.stringify(result.data));
  if (bytes > resourceLimits.resourceBytes) {
    const message = `object has ${bytes} bytes, more than the API server takes (${resourceLimits.resourceBytes})`;
    return { resources: [], problems: [new ResourceError('RESOURCE_LIMIT', message, location)] };
  }
  return { resources: [{ resource: result.data, location }], problems: [] };
}

type SchemaIssue = { readonly path: readonly PropertyKey[]; readonly message: string };

/** A schema's complaint, placed at the deepest node of its path that exists. */
function schemaProblem(issue: SchemaIssue, node: Node | null | undefined, locate: Locate): ResourceError {
  const path = issue.path.map(String);
  let offset = node?.range?.[0];
  if (isMap(node)) {
    for (let depth = 1; depth <= path.length; depth += 1) {
      const child = node.getIn(path.slice(0, depth), true);
      if (isNodeLike(child) && child.range) offset = child.range[0];
    }
  }
  const what = path.length === 0 ? 'document' : path.join('.');
  return new ResourceError('RESOURCE_INVALID', `${what}: ${issue.message}`, locate(offset));
}

function isList(value: unknown): value is { readonly items: readonly unknown[] | null } {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, items } = value as { kind?: unknown; items?: unknown }; // narrowed by the checks below
  return typeof kind === 'string' && kind.endsWith('List') && (Array.isArray(items) || items === null);
}

function isNodeLike(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'range' in value;
}

/**
 * Depth, and keys that two readers could read differently: twice in one map, not plain, or `__proto__`. Without
 * recursion, so that a deep document can't exhaust the stack.
 */
function findStructuralProblems(root: Node, locate: Locate): readonly ResourceError[] {
  const open: { node: unknown; depth: number }[] = [{ node: root, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    if (depth > resourceLimits.depth) {
      const message = `document is nested deeper than ${resourceLimits.depth} levels`;
      return [new ResourceError('RESOURCE_LIMIT', message, locate(root.range?.[0]))];
    }
    if (isSeq(node)) for (const item of node.items) open.push({ node: item, depth: depth + 1 });
    if (!isMap(node)) continue;
    const keys = new Set<string>();
    for (const { key, value } of node.items) {
      const problem = keyProblem(key, keys);
      if (problem !== undefined) {
        const offset = isNodeLike(key) ? key.range?.[0] : node.range?.[0];
        return [new ResourceError('YAML_INVALID', problem, locate(offset))];
      }
      open.push({ node: value, depth: depth + 1 });
    }
  }
  return [];
}

function keyProblem(key: unknown, keys: Set<string>): string | undefined {
  if (!isScalar(key)) return 'key is not plain text';
  // As JSON has it: `1` and "1" are one key.
  const text = String(key.value);
  if (text === '__proto__') return 'key __proto__ is not allowed';
  if (keys.has(text)) return `key ${JSON.stringify(text.slice(0, 100))} stands in the map twice`;
  keys.add(text);
  return undefined;
}

function asProblem(error: unknown, location: ResourceLocation): ResourceError {
  const message = error instanceof Error ? error.message : String(error);
  return new ResourceError('YAML_INVALID', message, location, { cause: error });
}

// Files of YAML or JSON to Kubernetes objects: several documents a file, `List`s expanded, every problem with file,
// line and column (from 1). The input is hostile: size, depth, aliases and counts are bounded.
import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { ResourceError, type ResourceLocation } from '../errors.ts';
import { resourceLimits } from '../limits.ts';
import { readDocuments, type Locate, type ReadDocument } from './documents.ts';
import { isNode, offsetOf } from './nodes.ts';
import { resourceSchema, type Resource } from './resource.ts';

export type ParsedResource = { readonly resource: Resource; readonly location: ResourceLocation };

/** What a file gave: its objects, and every problem found in it. */
export type ParsedFile = {
  readonly resources: readonly ParsedResource[];
  readonly problems: readonly ResourceError[];
};

/** Reads one file. Never throws anything: what is wrong is in `problems`. */
export function parseFile(file: string, bytes: Uint8Array): ParsedFile {
  const { documents, problems } = readDocuments(file, bytes);
  const found = documents.flatMap(objectsOf).map(readObject);
  return {
    resources: found.flatMap((part) => part.resources),
    problems: [...problems, ...found.flatMap((part) => part.problems)],
  };
}

/** A field of an object, which is named by where it begins. */
export type FieldWanted = { readonly location: ResourceLocation; readonly path: readonly string[] };

/**
 * Where fields of a file's objects stand, by their keys where they have one, or by their values: the file is read again, since nothing
 * else needs the place of every field. Where a field came through an alias, it is the deepest place of the object's own.
 */
export function locateFields(
  file: string,
  bytes: Uint8Array,
  wanted: readonly FieldWanted[],
  part: 'key' | 'value' = 'key',
): readonly ResourceLocation[] {
  const candidates = new Map<string, Candidate>();
  for (const candidate of readDocuments(file, bytes).documents.flatMap(objectsOf)) {
    candidates.set(placeKey(candidate.locate(offsetOf(candidate.node))), candidate);
  }
  return wanted.map(({ location, path }) => {
    const found = candidates.get(placeKey(location));
    return found === undefined ? location : found.locate(findField(found.node, path, part));
  });
}

/** Where a key or value of a document stands: the deepest part of its path that is there. */
export function locatePath(
  { root, locate }: ReadDocument,
  path: readonly string[],
  part: 'key' | 'value',
): ResourceLocation {
  return locate(findField(root, path, part));
}

function placeKey({ line, column }: ResourceLocation): string {
  return `${line}:${column}`;
}

/** A value that must be an object, and the node that it stands at. */
type Candidate = { readonly value: unknown; readonly node: Node; readonly locate: Locate };

function objectsOf({ value, root, locate }: ReadDocument): readonly Candidate[] {
  const found: Candidate[] = [];
  const open: Candidate[] = [{ value, node: root, locate }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, node } = next;
    if (!isList(value)) {
      found.push(next);
      continue;
    }
    const items = isMap(node) ? node.get('items', true) : undefined;
    const candidates = (value.items ?? []).map((item, index) => {
      const child = isSeq(items) ? items.items[index] : undefined;
      return { value: item, node: isNode(child) ? child : node, locate };
    });
    for (const candidate of candidates.toReversed()) open.push(candidate);
  }
  return found;
}

function readObject({ value, node, locate }: Candidate): ParsedFile {
  const location = locate(offsetOf(node));
  const result = resourceSchema.safeParse(value);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => {
      const path = issue.path.map(String);
      const what = path.length === 0 ? 'document' : path.join('.');
      const place = locate(findField(node, path, 'value'));
      if (isEncrypted(value, path))
        return new ResourceError('RESOURCE_INVALID', `${what}: is encrypted`, place, { hint: inClear });
      return new ResourceError('RESOURCE_INVALID', `${what}: ${issue.message}`, place);
    });
    // Of an encrypted text one says it all.
    const once = new Map(problems.map((problem) => [problem.message, problem]));
    return { resources: [], problems: [...once.values()] };
  }
  const bytes = Buffer.byteLength(JSON.stringify(result.data));
  if (bytes > resourceLimits.resourceBytes) {
    const message = `object has ${bytes} bytes, more than the API server takes (${resourceLimits.resourceBytes})`;
    return { resources: [], problems: [new ResourceError('RESOURCE_LIMIT', message, location)] };
  }
  return { resources: [{ resource: result.data, location }], problems: [] };
}

const inClear =
  "Leave apiVersion, kind and metadata in clear: sops encrypt --encrypted-regex '^(data|stringData)$'.";

/** Whether sops has encrypted what an object is known by, as it does unless it is told what to encrypt. */
function isEncrypted(value: unknown, path: readonly string[]): boolean {
  let here = value;
  for (const step of path) {
    const members: readonly (readonly [string, unknown])[] =
      typeof here === 'object' && here !== null ? Object.entries(here) : [];
    here = members.find(([name]) => name === step)?.[1];
  }
  return typeof here === 'string' && here.startsWith('ENC[AES256_GCM,');
}

/** The offset of the deepest key or value of a path that stands in the text. */
function findField(node: Node, path: readonly string[], part: 'key' | 'value'): number | undefined {
  let offset = offsetOf(node);
  let here: unknown = node;
  for (const step of path) {
    if (isAlias(here)) break;
    if (isSeq(here)) {
      here = here.items[Number(step)];
      offset = offsetOf(here) ?? offset;
      continue;
    }
    const pair = isMap(here)
      ? here.items.find(({ key }) => isScalar(key) && String(key.value) === step)
      : undefined;
    if (pair === undefined) break;
    here = pair.value;
    offset = offsetOf(part === 'key' ? pair.key : pair.value) ?? offset;
  }
  return offset;
}

function isList(value: unknown): value is { readonly items: readonly unknown[] | null } {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, items } = value as { kind?: unknown; items?: unknown }; // narrowed by the checks below
  return typeof kind === 'string' && kind.endsWith('List') && (Array.isArray(items) || items === null);
}

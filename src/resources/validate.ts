// From the files of an artifact to its set of objects: parsed, unique, rendered. The same check runs at publish and
// again in the puller, which trusts nobody's publish.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FailuresError, ResourceError } from '../errors.ts';
import { resourceLimits } from '../limits.ts';
import { parseFile, type ParsedFile, type ParsedResource } from './parse.ts';
import { formatIdentity, identityKey, identityOf } from './resource.ts';

export type SourceFile = {
  /** Relative path with forward slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
};

const SOURCE = /(?:^|\/)(?:kustomization\.ya?ml|Kustomization|Chart\.yaml)$/u;

/** Whether a path is a source that is rendered, and no object. */
export function isSource(path: string): boolean {
  return SOURCE.test(path);
}

/** Whether a path is a file that objects are read from. */
export function isResourceFile(path: string): boolean {
  return /\.(?:ya?ml|json)$/iu.test(path) || isSource(path);
}

/**
 * The objects of all files, in the files' order.
 * @throws FailuresError of ResourceError, every problem named (up to a limit)
 */
export function readResources(files: readonly SourceFile[]): readonly ParsedResource[] {
  return joinFiles(files.map(readFile));
}

/**
 * The same, with room for other work between the files: parsing takes about a second a MiB, and a process that holds a
 * lease must renew it meanwhile.
 * @throws FailuresError of ResourceError
 */
export async function readResourcesInTurns(files: readonly SourceFile[]): Promise<readonly ParsedResource[]> {
  const parsed: ParsedFile[] = [];
  for (const file of files) {
    parsed.push(readFile(file));
    await nextTurn();
  }
  return joinFiles(parsed);
}

function readFile({ path, bytes }: SourceFile): ParsedFile {
  if (!isSource(path)) return parseFile(path, bytes);
  const problem = new ResourceError(
    'NOT_RENDERED',
    'file must be rendered before it is published',
    { file: path },
    {
      hint: 'Publish the folder that it lies in, which renders it, or what kustomize or helm make of it.',
    },
  );
  return { resources: [], problems: [problem] };
}

function joinFiles(files: readonly ParsedFile[]): readonly ParsedResource[] {
  const resources = files.flatMap((file) => file.resources);
  const problems = [...files.flatMap((file) => file.problems), ...findDuplicates(resources)];
  if (resources.length > resourceLimits.resources) {
    const message = `artifact has ${resources.length} objects, more than ${resourceLimits.resources}`;
    problems.push(new ResourceError('RESOURCE_LIMIT', message, { file: '.' }));
  }
  if (resources.length === 0 && problems.length === 0) {
    // Applied, it would prune everything.
    problems.push(new ResourceError('RESOURCE_INVALID', 'there is no object in the files', { file: '.' }));
  }
  throwProblems(problems);
  return resources;
}

function findDuplicates(resources: readonly ParsedResource[]): ResourceError[] {
  const seen = new Map<string, ParsedResource>();
  const problems: ResourceError[] = [];
  for (const parsed of resources) {
    const identity = identityOf(parsed.resource);
    const key = identityKey(identity);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, parsed);
    else {
      const { file, line } = first.location;
      const message = `${formatIdentity(identity)} stands already in ${file}:${line ?? 1}`;
      problems.push(new ResourceError('RESOURCE_DUPLICATE', message, parsed.location));
    }
  }
  return problems;
}

function throwProblems(problems: readonly ResourceError[]): void {
  const [first, ...rest] = problems.slice(0, resourceLimits.problems);
  if (first === undefined) return;
  const count = problems.length;
  throw new FailuresError([first, ...rest], `${count} problem${count === 1 ? '' : 's'} in the files`);
}

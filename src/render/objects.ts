// What a tool has written, document by document: which object each is, where it comes from, and whether it is a hook.
import { FailuresError, RenderError, type ResourceError } from '../errors.ts';
import { resourceLimits } from '../limits.ts';
import { parseFile } from '../resources/parse.ts';
import {
  formatIdentity,
  identityKey,
  identityOf,
  type Resource,
  type ResourceIdentity,
} from '../resources/resource.ts';
import { splitDocuments } from '../resources/split.ts';

/** One document; a `List` is one, too. */
export type RenderedDocument = {
  readonly text: string;
  readonly identity: ResourceIdentity;
  readonly resources: readonly Resource[];
  /** The template that it comes from, relative to the chart, as helm says. */
  readonly source: string | undefined;
};

/** What documents without a template are named by in errors. */
const outputName = 'output';

/**
 * Reads a tool's output.
 * @throws FailuresError of ResourceError; RenderError `RENDER_FAILED` for what is no text
 */
export function readOutput(output: Uint8Array): readonly RenderedDocument[] {
  const split = splitDocuments(output);
  if (split.problem !== undefined) {
    throw new RenderError('RENDER_FAILED', `what was rendered can not be read: ${split.problem.message}`);
  }
  if (split.documents.length > resourceLimits.resources) {
    throw new RenderError('RENDER_LIMIT', `there are more than ${resourceLimits.resources} documents`);
  }
  const found: RenderedDocument[] = [];
  const problems: ResourceError[] = [];
  for (const { text } of split.documents) {
    const source = sourceOf(text);
    const parsed = parseFile(source ?? outputName, Buffer.from(text));
    problems.push(...parsed.problems);
    const resources = parsed.resources.map(({ resource }) => resource);
    const [first] = resources;
    if (first !== undefined) found.push({ text, identity: identityOf(first), resources, source });
  }
  const [first, ...rest] = problems.slice(0, resourceLimits.problems);
  if (first !== undefined)
    throw new FailuresError(
      [first, ...rest],
      `${problems.length} problem${problems.length === 1 ? '' : 's'} in what was rendered`,
    );
  return found;
}

/** helm writes `# Source: CHART/PATH` before each document; a template may write it, too, so it is a name and no more. */
function sourceOf(text: string): string | undefined {
  const found = /^# Source: [^/\n]+\/([^\n]{1,400})$/mu.exec(text.slice(0, 1000))?.[1];
  return found !== undefined && /^(?:[\w@+-][\w.@+-]*\/)*[\w@+-][\w.@+-]*$/u.test(found) ? found : undefined;
}

const hookAnnotation = 'helm.sh/hook';

/** What a document is a hook for, as its annotation says; undefined for what is none. */
export function hookOf({ resources }: RenderedDocument): string | undefined {
  for (const { metadata } of resources) {
    const hook = metadata.annotations?.[hookAnnotation];
    if (hook !== undefined) return hook;
  }
  return undefined;
}

/** Whether a hook runs for `helm test` alone, which is no part of an installation. */
export function isTest(hook: string): boolean {
  return hook.split(',').every((event) => /^test(?:-success|-failure)?$/iu.test(event.trim()));
}

/** Objects by their keys with their text, to compare two runs. */
function textsOf(
  documents: readonly RenderedDocument[],
): ReadonlyMap<string, { readonly name: string; readonly text: string }> {
  return new Map(
    documents.map(({ identity, text }) => [identityKey(identity), { name: formatIdentity(identity), text }]),
  );
}

/** The objects that two runs gave differently, as people write them. */
export function findDifferences(
  first: readonly RenderedDocument[],
  second: readonly RenderedDocument[],
): readonly string[] {
  const [before, after] = [textsOf(first), textsOf(second)];
  const names = new Set<string>();
  for (const [key, { name, text }] of before) if (after.get(key)?.text !== text) names.add(name);
  for (const [key, { name }] of after) if (!before.has(key)) names.add(name);
  return [...names];
}

// Names for rendered documents, so that the same objects have the same files: of a chart those of its templates, of a
// kustomization what the objects are.
import { archiveLimits } from '../limits.ts';
import type { ResourceIdentity } from '../resources/resource.ts';
import { isResourceFile, isSource, type SourceFile } from '../resources/validate.ts';
import type { RenderedDocument } from './objects.ts';

/** Files in the order of their paths, of each the documents in the order in which they were rendered. */
export function toFiles(documents: readonly RenderedDocument[]): readonly SourceFile[] {
  const files = [...groupBy(documents, pathIn)].flatMap(([path, parts]) => {
    const whole = toFile(path, parts);
    if (whole.bytes.byteLength <= archiveLimits.fileBytes) return [whole];
    // Some charts have all their CRDs in one template; each fits into a file of its own.
    const objects = groupBy(parts, ({ identity }) => `${path}.d/${pathOf(identity)}`);
    return [...objects].map(([name, some]) => toFile(name, some));
  });
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function toFile(path: string, documents: readonly RenderedDocument[]): SourceFile {
  return { path, bytes: Buffer.from(documents.map(({ text }) => text).join('---\n')) };
}

function groupBy(
  documents: readonly RenderedDocument[],
  nameOf: (document: RenderedDocument) => string,
): ReadonlyMap<string, readonly RenderedDocument[]> {
  const groups = new Map<string, RenderedDocument[]>();
  for (const document of documents) {
    const name = nameOf(document);
    const there = groups.get(name);
    if (there === undefined) groups.set(name, [document]);
    else there.push(document);
  }
  return groups;
}

function pathIn({ source, identity }: RenderedDocument): string {
  return source === undefined ? pathOf(identity) : templatePath(source);
}

/** A template's own path, where objects are read from files of such a name. */
function templatePath(source: string): string {
  return isResourceFile(source) && !isSource(source) ? source : `${source}.yaml`;
}

/** `NAMESPACE/KIND.GROUP_NAME.yaml`, in lower case: what is not is written as its number, so that no two names are one. */
function pathOf({ group, kind, namespace, name }: ResourceIdentity): string {
  const type = `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}`;
  const file = `${type}_${name.replaceAll(/[^a-z0-9.-]/gu, (character) => `%${character.codePointAt(0)?.toString(16)}`)}`;
  // File systems take 255 bytes.
  const short = file.length > 240 ? file.slice(0, 240) : file;
  return `${namespace === undefined ? '' : `${namespace}/`}${short}.yaml`;
}

// Names for rendered documents, so that the same objects have the same files: of a chart those of its templates, of a
// kustomization what the objects are.
import type { ResourceIdentity } from '../resources/resource.ts';
import { isResourceFile, isSource, type SourceFile } from '../resources/validate.ts';
import type { RenderedDocument } from './objects.ts';

/** Files in the order of their paths, of each the documents in the order in which they were rendered. */
export function toFiles(documents: readonly RenderedDocument[]): readonly SourceFile[] {
  const texts = new Map<string, string[]>();
  for (const document of documents) {
    const path = document.source === undefined ? pathOf(document.identity) : templatePath(document.source);
    const there = texts.get(path);
    if (there === undefined) texts.set(path, [document.text]);
    else there.push(document.text);
  }
  return [...texts]
    .map(([path, parts]) => ({ path, bytes: Buffer.from(parts.join('---\n')) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
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

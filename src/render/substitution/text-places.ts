// Places that take nothing but text: what is filled in there stays text though it looks like a number or a boolean. All
// other places are read as kubectl reads plain text, whether or not the artifact quotes them: Flux' users rely on that.
import type { Resource } from '../../resources/resource.ts';

/** Maps whose values are text wherever they stand. */
const textMaps: ReadonlySet<string> = new Set(['labels', 'annotations', 'matchLabels', 'nodeSelector']);
/** Lists of text. */
const textLists: ReadonlySet<string> = new Set(['command', 'args', 'finalizers']);
/** Fields that are text in every kind of Kubernetes. */
const textFields: ReadonlySet<string> = new Set(['name', 'namespace', 'image', 'kind', 'apiVersion', 'host']);
const dataFields: ReadonlySet<string> = new Set(['data', 'stringData', 'binaryData']);

/** Whether a place of an object takes only text; a path has the keys and indexes that lead there. */
export function isTextPlace(path: readonly string[], { apiVersion, kind }: Resource): boolean {
  const [top = ''] = path;
  if (top === 'metadata') return true;
  if (apiVersion === 'v1' && (kind === 'ConfigMap' || kind === 'Secret') && dataFields.has(top)) return true;
  const last = path.at(-1) ?? '';
  const parent = path.at(-2) ?? '';
  if (textMaps.has(parent) || textLists.has(parent) || textFields.has(last)) return true;
  return last === 'value' && path.at(-3) === 'env';
}

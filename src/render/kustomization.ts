// What a kustomization refers to. Its fields are known by name, in any case, as kustomize reads them: a field that is
// passed over here could name what must not be read.
import { RenderError, type ResourceError, type ResourceLocation } from '../errors.ts';
import { readDocuments, type ReadDocument } from '../resources/documents.ts';
import { locatePath } from '../resources/parse.ts';
import type { Value } from '../resources/values.ts';

/** Names that kustomize looks for in a folder. */
export const kustomizationNames: readonly string[] = [
  'kustomization.yaml',
  'kustomization.yml',
  'Kustomization',
];

export type Reference = {
  /** `resource`: a file or the folder of another kustomization; `plugin`: a file with the configuration of one. */
  readonly kind: 'file' | 'resource' | 'plugin';
  readonly path: string;
  readonly location: ResourceLocation;
};

/** What is read of a kustomization, and what is wrong with it. */
export type ReadKustomization = {
  readonly references: readonly Reference[];
  /** Fields that make kustomize run helm. */
  readonly charts: readonly ResourceLocation[];
  readonly problems: readonly RenderError[];
};

type Draft = {
  readonly references: Reference[];
  readonly charts: ResourceLocation[];
  readonly problems: RenderError[];
};
type Path = readonly string[];
type Reader = (value: Value, path: Path, reading: Reading) => void;
type Reading = Draft & { readonly document: ReadDocument };

/** Reads a kustomization; never throws. */
export function readKustomization(file: string, bytes: Uint8Array): ReadKustomization {
  const { documents, problems } = readDocuments(file, bytes);
  const draft: Draft = {
    references: [],
    charts: [],
    problems: problems.map((problem) => unreadable(problem)),
  };
  const [document, ...more] = documents;
  // kustomize reads the first document and drops the others without a word.
  if (more.length > 0) draft.problems.push(refusal('file has several documents', { file }));
  if (document === undefined) return draft;
  readMembers(fields, 'field')(document.value, [], { ...draft, document });
  return draft;
}

/**
 * What is wrong with the configuration of generators, transformers and validators: only what is built into kustomize and
 * reads files is rendered.
 */
export function readPlugins(file: string, bytes: Uint8Array, location?: ResourceLocation): ReadKustomization {
  const { documents, problems } = readDocuments(file, bytes);
  const draft: Draft = {
    references: [],
    charts: [],
    problems: problems.map((problem) => unreadable(problem, location)),
  };
  for (const document of documents) {
    const place = location ?? locatePath(document, [], 'value');
    readPlugin(document.value, place, draft);
  }
  return draft;
}

/** Whether a text is a configuration itself, and no path: no URL has a line break, or begins with a brace. */
export function isInline(text: string): boolean {
  return text.includes('\n') || text.trimStart().startsWith('{');
}

/** Whether kustomize might ask the network for what is not there as a file: a URL, git's short form, a host, a version. */
export function isRemote(path: string): boolean {
  return /^\s*[a-z][a-z0-9+.-]*:|^[^/]*@|^(?:www\.)?(?:github|gitlab|bitbucket)\.|[?&](?:ref|version)=|\.git(?:\/|$)|\/\/|\/_git\//iu.test(
    path,
  );
}

const functionAnnotations: readonly string[] = ['config.kubernetes.io/function', 'config.k8s.io/function'];
const pathMembers: ReadonlySet<string> = new Set(['path', 'paths', 'files', 'env', 'envs']);

function readPlugin(value: Value, location: ResourceLocation, draft: Draft): void {
  if (!isMap(value)) {
    draft.problems.push(refusal('plugin is no object', location));
    return;
  }
  const { apiVersion, kind, metadata } = value;
  const name = `${nameOf(kind)} of ${nameOf(apiVersion)}`;
  const annotations = isMap(metadata) ? metadata['annotations'] : undefined;
  if (isMap(annotations) && functionAnnotations.some((key) => key in annotations)) {
    draft.problems.push(
      refusal(`${name} is a function plugin, which runs a program or a container`, location),
    );
  } else if (apiVersion !== 'builtin') {
    draft.problems.push(refusal(`${name} is a plugin that is not built into kustomize`, location));
  } else if (/^helm/iu.test(nameOf(kind))) draft.charts.push(location);
  for (const path of pathsIn(value)) {
    if (/^(?:[^=]*=)?\s*https?:/iu.test(path)) draft.references.push({ kind: 'file', path, location });
  }
}

/** Texts of members that name files, at any depth. */
function pathsIn(value: Value, isPath = false): readonly string[] {
  if (typeof value === 'string') return isPath ? [value] : [];
  if (isList(value)) return value.flatMap((item) => pathsIn(item, isPath));
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => pathsIn(member, pathMembers.has(fold(key))));
}

const pass: Reader = () => undefined;

const one =
  (kind: Reference['kind']): Reader =>
  (value, path, reading) => {
    const location = locatePath(reading.document, path, 'value');
    if (typeof value !== 'string') reading.problems.push(refusal(`${path.join('.')} is no text`, location));
    else reading.references.push({ kind, path: value, location });
  };

/** A file, or what would stand in it. */
const fileOrText: Reader = (value, path, reading) => {
  if (typeof value !== 'string' || !isInline(value)) one('file')(value, path, reading);
};

/** `PATH` or `NAME=PATH`. */
const namedFile: Reader = (value, path, reading) => {
  const text = typeof value === 'string' ? value.replace(/^[^=]*=/u, '') : value;
  one('file')(text, path, reading);
};

const plugin: Reader = (value, path, reading) => {
  if (typeof value !== 'string' || !isInline(value)) {
    one('plugin')(value, path, reading);
    return;
  }
  const location = locatePath(reading.document, path, 'value');
  const found = readPlugins(location.file, Buffer.from(value), location);
  reading.references.push(...found.references);
  reading.charts.push(...found.charts);
  reading.problems.push(...found.problems);
};

const chart: Reader = (_, path, reading) => {
  reading.charts.push(locatePath(reading.document, path, 'key'));
};

const list =
  (item: Reader): Reader =>
  (value, path, reading) => {
    if (value === null) return;
    if (isList(value))
      for (const [index, member] of value.entries()) item(member, [...path, `${index}`], reading);
    else {
      const location = locatePath(reading.document, path, 'value');
      reading.problems.push(refusal(`${path.join('.')} is no list`, location));
    }
  };

/** Names that Go's JSON takes for one: it folds letters, the long s and the Kelvin sign among them. */
function fold(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/** Of two members that kustomize takes for one, both are read, whichever counts. */
function readMembers(members: Readonly<Record<string, Reader>>, what: string): Reader {
  const readers = new Map(Object.entries(members).map(([name, reader]) => [fold(name), reader]));
  return (value, path, reading) => {
    if (value === null) return;
    if (!isMap(value)) {
      const location = locatePath(reading.document, path, 'value');
      reading.problems.push(refusal(`${path.join('.') || 'kustomization'} is no object`, location));
      return;
    }
    for (const [key, member] of Object.entries(value)) {
      const here = [...path, key];
      const reader = readers.get(fold(key));
      if (reader === undefined) {
        const location = locatePath(reading.document, here, 'key');
        reading.problems.push(refusal(`${what} ${here.join('.')} is not known`, location));
      } else if (member !== null) reader(member, here, reading);
    }
  };
}

const patch = readMembers({ path: one('file'), patch: pass, target: pass, options: pass }, 'member');
const generator = readMembers(
  {
    name: pass,
    namespace: pass,
    behavior: pass,
    type: pass,
    literals: pass,
    options: pass,
    files: list(namedFile),
    envs: list(one('file')),
    env: one('file'),
  },
  'member',
);

const fields: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(
    [
      'apiVersion',
      'kind',
      'metadata',
      'namePrefix',
      'nameSuffix',
      'namespace',
      'commonLabels',
      'labels',
      'commonAnnotations',
      'images',
      'imageTags',
      'replicas',
      'vars',
      'sortOptions',
      'generatorOptions',
      'buildMetadata',
    ].map((name) => [name, pass]),
  ),
  resources: list(one('resource')),
  bases: list(one('resource')),
  components: list(one('resource')),
  crds: list(one('file')),
  configurations: list(one('file')),
  openapi: readMembers({ path: one('file'), version: pass }, 'member'),
  patches: list(patch),
  patchesJson6902: list(patch),
  patchesStrategicMerge: list(fileOrText),
  replacements: list(readMembers({ path: one('file'), source: pass, targets: pass }, 'member')),
  configMapGenerator: list(generator),
  secretGenerator: list(generator),
  generators: list(plugin),
  transformers: list(plugin),
  validators: list(plugin),
  helmGlobals: pass,
  helmCharts: chart,
  helmChartInflationGenerator: chart,
};

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function isMap(value: Value | undefined): value is Readonly<Record<string, Value>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : 'no name';
}

/** @param location where the text stands whose place is not of the file */
function unreadable({ message, location }: ResourceError, outer?: ResourceLocation): RenderError {
  return refusal(message.replace(/^.*?: /u, ''), outer ?? location);
}

function refusal(message: string, location: ResourceLocation): RenderError {
  return new RenderError('RENDER_REFUSED', message, { location });
}

// `npm run generate-schemas`: writes src/schema/built-in-data.ts from the OpenAPI documents of the API server that the
// tests run. test/control-plane/built-in-schemas.test.ts fails where it is old.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import * as z from 'zod';
import type { BuiltInSchemas } from '../src/schema/built-in.ts';
import type { SchemaNode, ValueType } from '../src/schema/node.ts';
import type { AdminRequest } from '../test/control-plane/admin.ts';
import { startControlPlane } from '../test/control-plane/control-plane.ts';
import { withTempDir } from '../test/helpers/temp.ts';

const indexSchema = z.object({ paths: z.record(z.string(), z.object({ serverRelativeURL: z.string() })) });
const kindSchema = z.object({ group: z.string(), version: z.string(), kind: z.string() });
const bodySchema = z.object({
  content: z.object({ '*/*': z.object({ schema: z.object({ $ref: z.string() }) }) }),
});
const operationSchema = z.object({
  'x-kubernetes-group-version-kind': kindSchema,
  requestBody: bodySchema,
});
const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  components: z.object({ schemas: z.record(z.string(), z.unknown()).default({}) }).default({ schemas: {} }),
});

const openNodeSchema = z.object({
  type: z.enum(['object', 'array', 'string', 'integer', 'number', 'boolean']).optional(),
  format: z.string().optional(),
  $ref: z.string().optional(),
  allOf: z.tuple([z.object({ $ref: z.string() })]).optional(),
  oneOf: z.array(z.object({ type: z.string() })).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  additionalProperties: z.unknown().optional(),
  enum: z.array(z.string()).optional(),
  default: z.unknown().optional(),
});

/** Fields that the document calls required, and that the API server takes objects without: a test found them. */
const notRequired: Readonly<Record<string, readonly string[]>> = {
  'io.k8s.api.core.v1.LimitRangeSpec': ['limits'],
};

/** Objects without any field; others of which the document names none may hold anything. */
const emptyObjects: ReadonlySet<string> = new Set([
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus',
]);

/** Objects are made by a POST to the collection of their kind. */
const collection = /^\/apis?\/(?:[^/]+\/)?[^/]+\/(?:namespaces\/\{namespace\}\/)?[a-z]+$/u;

/** Reads what an API server says of its kinds. */
export async function readBuiltIn(request: AdminRequest): Promise<BuiltInSchemas> {
  const { gitVersion } = z.object({ gitVersion: z.string() }).parse((await request('GET', '/version')).body);
  const { paths } = indexSchema.parse((await request('GET', '/openapi/v3')).body);
  const kinds = new Map<string, string>();
  const raw = new Map<string, unknown>();
  for (const { serverRelativeURL } of Object.values(paths)) {
    const document = documentSchema.parse((await request('GET', serverRelativeURL)).body);
    for (const [name, schema] of Object.entries(document.components.schemas)) raw.set(name, schema);
    for (const [path, { post }] of Object.entries(document.paths)) {
      if (!collection.test(path) || post === undefined) continue;
      const { 'x-kubernetes-group-version-kind': gvk, requestBody } = operationSchema.parse(post);
      const apiVersion = gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`;
      kinds.set(`${apiVersion}/${gvk.kind}`, nameOf(requestBody.content['*/*'].schema.$ref));
    }
  }
  if (kinds.size < 50) throw new Error(`the API server has only ${kinds.size} kinds`);
  return { version: gitVersion, kinds: sortByKey(kinds), definitions: sortByKey(reachable(kinds, raw)) };
}

function reachable(
  kinds: ReadonlyMap<string, string>,
  raw: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, SchemaNode> {
  const definitions = new Map<string, SchemaNode>();
  const open = [...kinds.values()];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (definitions.has(name)) continue;
    definitions.set(
      name,
      toDefinition(
        name,
        toNode(raw.get(name), (ref) => open.push(ref)),
      ),
    );
  }
  return definitions;
}

function toDefinition(name: string, node: SchemaNode): SchemaNode {
  if (emptyObjects.has(name)) return { ...node, properties: {} };
  const except = notRequired[name];
  const { required, ...rest } = node;
  if (except === undefined || required === undefined) return node;
  const needed = required.filter((one) => !except.includes(one));
  return needed.length === 0 ? rest : { ...rest, required: needed };
}

function toNode(value: unknown, follow: (ref: string) => void): SchemaNode {
  const node = openNodeSchema.parse(value);
  const target = node.$ref ?? node.allOf?.[0].$ref;
  if (target !== undefined) {
    follow(nameOf(target));
    return { ref: nameOf(target) };
  }
  const { items, additionalProperties } = node;
  const type = typeOf(node);
  return {
    ...(type === undefined ? {} : { type }),
    ...(node.format === undefined || node.oneOf !== undefined ? {} : { format: node.format }),
    ...toMembers(node, follow),
    ...(items === undefined ? {} : { items: toNode(items, follow) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: toNode(additionalProperties, follow) }),
    ...(node.enum === undefined ? {} : { enum: node.enum }),
  };
}

function toMembers(
  { properties = {}, required = [] }: z.infer<typeof openNodeSchema>,
  follow: (ref: string) => void,
): SchemaNode {
  const members = Object.entries(properties).map(([name, child]): [string, SchemaNode] => [
    name,
    toNode(child, follow),
  ]);
  const needed = required.filter((name) => !hasRealDefault(properties[name]));
  return {
    ...(members.length === 0 ? {} : { properties: sortByKey(new Map(members)) }),
    ...(needed.length === 0 ? {} : { required: needed }),
  };
}

function typeOf({ type, oneOf, format }: z.infer<typeof openNodeSchema>): ValueType | undefined {
  if (oneOf === undefined) return type;
  if (format === 'int-or-string') return format;
  const types = oneOf.map((one) => one.type).join(' ');
  if (types === 'string number') return 'quantity';
  throw new Error(`a value of the types ${types} is not known here`);
}

/** Zero values are what Go has for what is absent; of a boolean nobody can tell, so that it is never missing. */
function hasRealDefault(property: unknown): boolean {
  const value = property === undefined ? undefined : openNodeSchema.parse(property).default;
  return value !== undefined && !['""', '0', '{}', 'null'].includes(JSON.stringify(value));
}

function nameOf(ref: string): string {
  return ref.replace('#/components/schemas/', '');
}

function sortByKey<T>(entries: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
  return Object.fromEntries([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The module that holds the schemas. */
export function formatBuiltIn(schemas: BuiltInSchemas): string {
  const text = Buffer.from(JSON.stringify(schemas));
  const options = {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
  };
  const lines = [
    `// The schemas of the kinds of Kubernetes ${schemas.version}: JSON as built-in.ts describes it, compressed, in base64.`,
    '// Made by `npm run generate-schemas` from the API server; do not edit.',
    `export const builtInData =\n  '${brotliCompressSync(text, options).toString('base64')}';`,
  ];
  return `${lines.join('\n')}\n`;
}

if (import.meta.main) {
  await withTempDir(async (directory) => {
    const controlPlane = await startControlPlane({ directory, controllerManager: false, auditLog: false });
    try {
      const text = formatBuiltIn(await readBuiltIn(controlPlane.request));
      await writeFile(join(import.meta.dirname, '..', 'src', 'schema', 'built-in-data.ts'), text);
    } finally {
      await controlPlane.stop();
    }
  });
}

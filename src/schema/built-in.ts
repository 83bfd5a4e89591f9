// Schemas of the kinds that the API server has by itself, as its OpenAPI document says; `npm run generate-schemas` makes
// the data. They are decompressed when the first object is checked.
import { brotliDecompressSync } from 'node:zlib';
import type { KindSchema, SchemaNode } from './node.ts';

/** What the data is when it is decompressed. */
export type BuiltInSchemas = {
  /** Version of the API server, as `v1.36.3`. */
  readonly version: string;
  /** Names of definitions by `apiVersion/kind`. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly definitions: Readonly<Record<string, SchemaNode>>;
};

/** @param data as built-in-data.ts has it */
export function decodeBuiltIn(data: string): BuiltInSchemas {
  // Our own tool writes it, and a test compares it with what the tool makes.
  return JSON.parse(brotliDecompressSync(Buffer.from(data, 'base64')).toString('utf8')) as BuiltInSchemas;
}

export async function loadBuiltIn(): Promise<BuiltInSchemas> {
  const { builtInData } = await import('./built-in-data.ts');
  return decodeBuiltIn(builtInData);
}

/** The schema of a kind, or undefined where the API server has none. */
export function builtInKind(
  schemas: BuiltInSchemas,
  apiVersion: string,
  kind: string,
): KindSchema | undefined {
  const key = `${apiVersion}/${kind}`;
  const name = Object.hasOwn(schemas.kinds, key) ? schemas.kinds[key] : undefined;
  return name === undefined
    ? undefined
    : { root: { ref: name }, isBuiltIn: true, hasStatusSubresource: true };
}

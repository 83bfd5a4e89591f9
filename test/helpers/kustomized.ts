// What the real kustomize makes of objects, and what a Delivery's transforms make of them, to be compared.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { BuildFields } from '../../src/api/delivery-transforms.ts';
import { transformResources } from '../../src/render/transforms.ts';
import { identityKey, identityOf, type Resource } from '../../src/resources/resource.ts';
import { readResources } from '../../src/resources/validate.ts';
import { requireComponents } from '../components/locate.ts';
import { writeFiles } from './render.ts';
import { makeTempDir } from './temp.ts';

export type ByIdentity = Readonly<Record<string, Resource>>;

/** The objects as kustomize builds them with these fields of a kustomization. */
export async function kustomized(
  t: TestContext,
  objects: string,
  { targetNamespace, ...fields }: BuildFields,
): Promise<ByIdentity> {
  const { kustomize } = await requireComponents(['kustomize']);
  const folder = await makeTempDir(t);
  const namespace = targetNamespace === undefined ? {} : { namespace: targetNamespace };
  const kustomization = { resources: ['objects.yaml'], ...fields, ...namespace };
  await writeFiles(folder, {
    'objects.yaml': objects,
    'kustomization.yaml': JSON.stringify(kustomization),
  });
  const { stdout } = await promisify(execFile)(kustomize, ['build', '.'], { cwd: folder, maxBuffer: 1e8 });
  return byIdentity(readObjects(join(folder, 'built.yaml'), stdout));
}

/** The same by ours. */
export function transformed(objects: string, build: BuildFields): ByIdentity {
  const parsed = readResources([{ path: 'objects.yaml', bytes: Buffer.from(objects) }]);
  return byIdentity(transformResources(parsed, { path: './', commonMetadata: undefined, build }));
}

function readObjects(path: string, text: string): readonly Resource[] {
  return readResources([{ path, bytes: Buffer.from(text) }]).map(({ resource }) => resource);
}

/** kustomize writes no empty annotations and no empty namespace. */
function byIdentity(resources: readonly Resource[]): ByIdentity {
  return Object.fromEntries(
    resources.map((resource) => {
      const { annotations, namespace, ...metadata } = resource.metadata;
      const kept = Object.keys(annotations ?? {}).length > 0 ? { annotations } : {};
      const named = namespace ? { namespace } : {};
      return [
        identityKey(identityOf(resource)),
        { ...resource, metadata: { ...metadata, ...named, ...kept } },
      ];
    }),
  );
}

// A store with a published artifact in it: what most tests of signing and promotion start from.
import type { ArtifactFile } from '../../src/artifact/pack.ts';
import type { ContentStore } from '../../src/oci/content-store.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { publish, type Published } from '../../src/operations/publish.ts';
import type { Ports } from '../../src/operations/ports.ts';
import { signerNamed } from './signers.ts';
import { noon } from './times.ts';

export { makeStore } from './layout-store.ts';
export { noon };

/** Ports with a clock that stands. */
export function makePorts(nowMs: number = noon): Ports & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  return { now: () => nowMs, log: (line) => void lines.push(line), lines };
}

/** One file with one ConfigMap. */
export function configFile(value: string, name = 'settings'): ArtifactFile {
  const text = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  value: ${JSON.stringify(value)}\n`;
  return { path: `${name}.yaml`, bytes: Buffer.from(text) };
}

/** Publishes one ConfigMap under a tag, signed by the signer named `release`. */
export async function publishValue(
  store: ContentStore,
  value: string,
  tag: string,
  signerName = 'release',
): Promise<Published & { readonly content: Content }> {
  const published = await publish(
    {
      store,
      files: [configFile(value)],
      annotations: {},
      signer: await signerNamed(signerName),
      tags: [tag],
    },
    makePorts(),
  );
  return { ...published, content: await store.resolve(published.digest) };
}

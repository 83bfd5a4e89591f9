// A good signature made bad in every way that leaves its form: for verifiers that must refuse each of them.
import assert from 'node:assert/strict';
import type { ContentStore } from '../../src/oci/content-store.ts';
import type { Content } from '../../src/oci/manifest.ts';
import { attachRaw, copyBare, readBundles, readLegacy, writeLegacy, type LegacyPart } from './forging.ts';

/** Which artifacts: the one whose signatures are made bad, and another one that the same signer signed. */
export type Pair = { readonly artifact: Content; readonly other: Content };

/**
 * Copies an artifact with bad signatures alone: the payload edited under a good signature, the signature taken from
 * another artifact's, and all of the other's signature.
 * @returns how many there are
 */
export async function copyTampered(
  from: ContentStore,
  to: ContentStore,
  pair: Pair,
  format: 'bundle' | 'legacy',
): Promise<number> {
  await copyBare(from, to, pair.artifact);
  return format === 'bundle' ? tamperBundles(from, to, pair) : tamperLegacy(from, to, pair);
}

async function tamperBundles(
  from: ContentStore,
  to: ContentStore,
  { artifact, other }: Pair,
): Promise<number> {
  const [good] = await readBundles(from, artifact.descriptor);
  const [others] = await readBundles(from, other.descriptor);
  assert.ok(good !== undefined && others !== undefined);
  const statement = JSON.parse(Buffer.from(good.dsseEnvelope.payload, 'base64').toString('utf8'));
  const payload = Buffer.from(JSON.stringify({ ...statement, predicate: { edited: true } }));
  const changed = [
    { ...good, dsseEnvelope: { ...good.dsseEnvelope, payload: payload.toString('base64') } },
    { ...good, dsseEnvelope: { ...good.dsseEnvelope, signatures: others.dsseEnvelope.signatures } },
    others,
  ];
  for (const bundle of changed) {
    await attachRaw(to, artifact.descriptor, Buffer.from(JSON.stringify(bundle)));
  }
  return changed.length;
}

async function tamperLegacy(
  from: ContentStore,
  to: ContentStore,
  { artifact, other }: Pair,
): Promise<number> {
  const [good] = await readLegacy(from, artifact.descriptor.digest);
  const [others] = await readLegacy(from, other.descriptor.digest);
  assert.ok(good !== undefined && others !== undefined);
  const edited = Buffer.from(good.payload).toString('utf8').replace('"docker-reference":"', '$&edited-');
  assert.ok(edited.includes('edited-'));
  const changed: readonly LegacyPart[] = [
    { ...good, payload: Buffer.from(edited) },
    { ...good, annotations: others.annotations },
    others,
  ];
  await writeLegacy(to, artifact.descriptor.digest, changed);
  return changed.length;
}

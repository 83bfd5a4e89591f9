// What people and later steps get to know of the signature: who signed, when, where it is logged, and the bundle as a
// file. All of it is read back from the registry; nothing of it decides.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessageOf } from '../../src/errors.ts';
import type { ContentSource } from '../../src/oci/content-store.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { formatTime } from '../../src/operations/ports.ts';
import { provenancePredicateType } from '../../src/operations/provenance.ts';
import type { Published } from '../../src/operations/publish.ts';
import { fetchBundle } from '../../src/signing/attach.ts';
import { readBundleFacts } from '../../src/signing/bundle-facts.ts';
import type { Signer } from '../../src/signing/signer.ts';
import { signaturePredicateType } from '../../src/signing/statement.ts';
import type { Certified } from '../shared/open-signer.ts';
import type { ActionWorld } from '../shared/world.ts';

export type SignedFacts = {
  /** Of a certificate; undefined where a key signed. */
  readonly identity: Certified | undefined;
  /** Manifest that carries the signature. */
  readonly signatureDigest: Digest | undefined;
  readonly provenanceDigest: Digest | undefined;
  /** File of the bundle; undefined where there is none, or it could not be written. */
  readonly bundlePath: string | undefined;
  readonly logIndex: string | undefined;
  /** RFC 3339, by a timestamp or the log. */
  readonly signedAt: string | undefined;
};

/** Gathers what is told of the signature of what was published. */
export async function gatherSigned(
  store: ContentSource,
  signer: Signer,
  { published, world }: { readonly published: Published; readonly world: ActionWorld },
): Promise<SignedFacts> {
  const { signed, signatureDigest } = published;
  const { signal } = world;
  const ofType = (wanted: string): Digest | undefined =>
    signed.find(({ format, predicateType }) => format === 'bundle' && predicateType === wanted)?.digest;
  const digest = ofType(signaturePredicateType);
  return {
    identity: signer.kind === 'key' ? undefined : await signer.identity(signal),
    signatureDigest,
    provenanceDigest: ofType(provenancePredicateType),
    ...(digest === undefined ? nothing : await keepBundle(store, digest, world)),
  };
}

type Kept = Pick<SignedFacts, 'bundlePath' | 'logIndex' | 'signedAt'>;

const nothing: Kept = { bundlePath: undefined, logIndex: undefined, signedAt: undefined };

/** It was verified before anything was tagged: that it can't be kept makes no failure of what was published. */
async function keepBundle(store: ContentSource, digest: Digest, world: ActionWorld): Promise<Kept> {
  const { env, host, signal } = world;
  const folder = env['RUNNER_TEMP'];
  try {
    const bytes = await fetchBundle(store, digest, signal);
    const { logIndex, signedAtMs } = readBundleFacts(bytes);
    const hex = digest.slice(digest.indexOf(':') + 1);
    const path = folder && join(folder, `sealift-${hex.slice(0, 12)}.sigstore.json`);
    if (path) await writeFile(path, bytes);
    const signedAt = signedAtMs === undefined ? undefined : formatTime(signedAtMs);
    return { bundlePath: path, logIndex, signedAt };
  } catch (error) {
    if (signal.aborted) throw error;
    host.warning(`the bundle of the signature could not be kept: ${errorMessageOf(error)}`);
    return nothing;
  }
}

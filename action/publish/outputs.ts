// The outputs of publish. action.yml has the same names (a test compares them).
import type { Digest } from '../../src/oci/digest.ts';
import type { Reference } from '../../src/oci/reference.ts';
import type { Rendering } from '../../src/operations/read-sources.ts';
import type { Host } from '../shared/host.ts';
import type { SignedFacts } from './signed.ts';

/** What a run did, or would do. */
export type Outcome = {
  readonly reference: Pick<Reference, 'registry' | 'repository'>;
  readonly digest: Digest;
  readonly tags: readonly string[];
  readonly isChanged: boolean;
  /** Undefined in a dry run, and where nothing is signed. */
  readonly signed: SignedFacts | undefined;
  /** Objects, as people write them. */
  readonly resources: readonly string[];
  /** Images that are locked; undefined where none are. */
  readonly images?: number | undefined;
  /** Bytes of the compressed layer. */
  readonly size: number;
  /** What made the files; undefined where they were published as they are. */
  readonly rendering?: Rendering | undefined;
};

type OutputValue = string | number | boolean | readonly string[];

/** The outputs but `metadata`, which is all of them. */
function outputsOf(outcome: Outcome): Readonly<Record<string, OutputValue>> {
  const { signed, images = '' } = outcome;
  const repository = `${outcome.reference.registry}/${outcome.reference.repository}`;
  return {
    digest: outcome.digest,
    repository,
    ref: `${repository}@${outcome.digest}`,
    tag: outcome.tags[0] ?? '',
    tags: outcome.tags,
    changed: outcome.isChanged,
    ...signedOutputs(signed),
    resources: outcome.resources.length,
    images,
    size: outcome.size,
  };
}

function signedOutputs(signed: SignedFacts | undefined): Readonly<Record<string, OutputValue>> {
  return {
    signed: signed !== undefined,
    'signature-digest': signed?.signatureDigest ?? '',
    'bundle-path': signed?.bundlePath ?? '',
    'certificate-identity': signed?.identity?.subject ?? '',
    'certificate-oidc-issuer': signed?.identity?.issuer ?? '',
    'provenance-digest': signed?.provenanceDigest ?? '',
  };
}

/** Writes all outputs; lists have one line an item. */
export function writeOutputs(host: Host, outcome: Outcome): void {
  const outputs = outputsOf(outcome);
  for (const [name, value] of Object.entries(outputs)) {
    host.output(name, typeof value === 'object' ? value.join('\n') : String(value));
  }
  host.output('metadata', JSON.stringify(outputs));
}

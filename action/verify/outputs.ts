// The outputs of verify. action/verify/action.yml has the same names (a test compares them).
import type { Digest } from '../../src/oci/digest.ts';
import type { Reference } from '../../src/oci/reference.ts';
import type { SignerIdentity } from '../../src/signing/signer-identity.ts';
import type { Host } from '../shared/host.ts';

/** What was verified, and who has signed it. */
export type Outcome = {
  readonly digest: Digest;
  readonly matched: readonly string[];
  readonly signers: readonly SignerIdentity[];
};

/** Writes all outputs. */
export function writeOutputs(
  host: Host,
  { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
  { digest, matched, signers }: Outcome,
): void {
  const certified = signers.filter((one) => one.kind === 'certificate');
  const outputs = {
    verified: 'true',
    digest,
    ref: `${registry}/${repository}@${digest}`,
    'signed-by': matched.join('\n'),
    'certificate-identity': certified.map(({ subject }) => subject).join('\n'),
    'certificate-oidc-issuer': certified.map(({ issuer }) => issuer).join('\n'),
    'signed-at': certified.map(({ signedAt = '' }) => signedAt).join('\n'),
  };
  for (const [name, value] of Object.entries(outputs)) host.output(name, value);
}

// The outputs of verify. action/verify/action.yml has the same names (a test compares them).
import type { Digest } from '../../src/oci/digest.ts';
import type { Reference } from '../../src/oci/reference.ts';
import type { Host } from '../shared/host.ts';

/** What was verified, and who has signed it. */
export type Outcome = { readonly digest: Digest; readonly matched: readonly string[] };

/** Writes all outputs. */
export function writeOutputs(
  host: Host,
  { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
  { digest, matched }: Outcome,
): void {
  const outputs = {
    verified: 'true',
    digest,
    ref: `${registry}/${repository}@${digest}`,
    'signed-by': matched.join('\n'),
  };
  for (const [name, value] of Object.entries(outputs)) host.output(name, value);
}

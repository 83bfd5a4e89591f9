// The outputs of promote. action/promote/action.yml has the same names (a test compares them).
import type { Reference } from '../../src/oci/reference.ts';
import type { Promoted } from '../../src/operations/promote.ts';
import type { Host } from '../shared/host.ts';

/** Writes all outputs. */
export function writeOutputs(
  host: Host,
  { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
  promoted: Promoted & { readonly deploymentId: string },
): void {
  const outputs = {
    digest: promoted.digest,
    ref: `${registry}/${repository}@${promoted.digest}`,
    channel: promoted.channel,
    sequence: promoted.sequence,
    'previous-digest': promoted.previousDigest ?? '',
    'statement-digest': promoted.statementDigest,
    'expires-at': promoted.expiresAt ?? '',
    'missing-signers': promoted.missingSigners,
    changed: promoted.isChanged,
    'deployment-id': promoted.deploymentId,
  };
  for (const [name, value] of Object.entries(outputs)) host.output(name, String(value));
}

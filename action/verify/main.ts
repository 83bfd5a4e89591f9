// Verify as an action: the puller's verdict on an artifact before anything depends on it. A refusal tells of every
// signature why it does not count.
import { defaultNamespace } from '../../src/api/install.ts';
import { PolicyError, VerificationError } from '../../src/errors.ts';
import type { ContentSource } from '../../src/oci/content-store.ts';
import { assertJudged, judgeReference, verifyArtifact } from '../../src/operations/verify.ts';
import { parseSourceUrl } from '../../src/trust/source-url.ts';
import { readContext } from '../shared/context.ts';
import { withRepository } from '../shared/open-registry.ts';
import { runAction } from '../shared/run-action.ts';
import type { ActionWorld } from '../shared/world.ts';
import { readInputs, type Inputs } from './inputs.ts';
import { writeOutputs, type Outcome } from './outputs.ts';

/** Runs the action; never throws, gives the exit code. */
export function run(given: ActionWorld): Promise<0 | 1> {
  const { host } = given;
  return runAction(given, {
    read: () => readInputs(host, readContext(given.env)),
    act: async (inputs, world) => {
      const { reference, version, registry } = inputs;
      const outcome = await withRepository(reference, registry, world, (store) =>
        host.group('Verify', () => verify(store, inputs, world)),
      );
      writeOutputs(host, reference, outcome);
      const name = `${reference.registry}/${reference.repository}@${outcome.digest}`;
      return {
        title: `Verified ${version}`,
        line: name,
        facts: [['Artifact', name], ...outcome.matched.map((who) => ['Signed by', who] as const)],
      };
    },
  });
}

async function verify(
  source: ContentSource,
  { reference, version, trust, namespace, channel, requiresProvenance }: Inputs,
  { host, now, signal }: ActionWorld,
): Promise<Outcome> {
  try {
    if ('authorities' in trust) {
      const { authorities } = trust;
      return await verifyArtifact(source, { reference: version, authorities, requiresProvenance, signal });
    }
    const { policies, highest } = trust.policy;
    const url = parseSourceUrl(`oci://${reference.registry}/${reference.repository}`);
    const judgement = await judgeReference(source, {
      followed: { url, tag: channel, namespace },
      reference: version,
      policies,
      highest,
      pullerNamespace: defaultNamespace,
      requiresProvenance,
      nowMs: now(),
      signal,
    });
    for (const { policy, name, outcome, expected, found } of judgement.checks) {
      host.info(`${outcome}: ${policy} ${name}: expected ${expected}; found ${found}`);
    }
    const { matched = [], signers = [] } = judgement.verdict ?? {};
    return { digest: assertJudged(judgement), matched, signers };
  } catch (error) {
    if (error instanceof VerificationError || error instanceof PolicyError) {
      for (const { candidate, reason } of error.candidates) host.info(`${candidate}: ${reason}`);
    }
    throw error;
  }
}

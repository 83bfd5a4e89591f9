// Writes the statuses of TrustPolicies where they differ from what stands; what changes within one turn is one pass.
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessageOf, KubeError } from '../../src/errors.ts';
import type { Policies } from '../policies.ts';
import type { References } from '../references.ts';
import type { Services } from '../services.ts';
import { computePolicyStatus, writePolicyStatus } from './policy-status.ts';

export type PolicyStatusWriter = {
  touch(): void;
  /** Resolves when what is under way has ended. */
  stop(): Promise<void>;
};

/** Changes within this time are one pass. */
const coalesceMs = 100;
/** After a write that failed, the time until it is tried anew. */
const laterMs = 30_000;

export function createPolicyStatusWriter(
  { client, now, log, signal }: Pick<Services, 'client' | 'now' | 'log' | 'signal'>,
  policies: Policies,
  references: References,
): PolicyStatusWriter {
  let isDirty = false;
  let writing: Promise<void> | undefined;

  async function flush(): Promise<void> {
    while (isDirty && !signal.aborted) {
      await delay(coalesceMs, undefined, { signal }).catch(() => undefined);
      isDirty = false;
      for (const { policy, problem } of policies.all()) {
        if (signal.aborted) return;
        const status = computePolicyStatus(policy, problem, references, now());
        try {
          await writePolicyStatus(client, policy, status);
        } catch (error) {
          // Gone, or made anew: the watch brings what there is now.
          const { code } = error instanceof KubeError ? error : { code: undefined };
          if (code === 'KUBE_NOT_FOUND' || code === 'KUBE_CONFLICT') continue;
          log('warn', 'status of a policy can not be written', {
            policy: policy.metadata.name,
            error: errorMessageOf(error),
          });
          setTimeout(touch, laterMs).unref();
        }
      }
    }
  }

  function touch(): void {
    isDirty = true;
    if (signal.aborted) return;
    writing ??= flush().finally(() => {
      writing = undefined;
      if (isDirty && !signal.aborted) touch();
    });
  }

  return {
    touch,
    stop: async () => {
      await writing;
    },
  };
}

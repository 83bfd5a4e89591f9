// The cluster's TrustPolicies, followed by a watch. While one can't be read, nothing is
// accepted: it might be the one that refuses.
import { trustPolicySchema, type TrustPolicy } from '../src/api/trust-policy.ts';
import { PolicyError } from '../src/errors.ts';
import type { WatchEvent } from '../src/kube/watch.ts';

export type Policies = {
  onEvent(event: WatchEvent): void;
  /**
   * All policies.
   * @throws PolicyError `POLICY_INVALID` while one of them can't be read: it might be the one that refuses
   */
  list(): readonly TrustPolicy[];
};

export function createPolicies(): Policies {
  const policies = new Map<string, TrustPolicy>();
  const unreadable = new Map<string, string>();
  return {
    onEvent: ({ type, object }) => {
      const { name } = object.metadata;
      policies.delete(name);
      unreadable.delete(name);
      if (type === 'DELETED') return;
      const parsed = trustPolicySchema.safeParse(object);
      if (parsed.success) policies.set(name, parsed.data);
      else unreadable.set(name, parsed.error.issues[0]?.message ?? 'has an unknown form');
    },
    list: () => {
      for (const [name, problem] of unreadable) {
        throw new PolicyError('POLICY_INVALID', `TrustPolicy ${name} can not be read: ${problem}`, {
          hint: 'It was written for another version of Sealift, or past the schema: mend or delete it.',
        });
      }
      return [...policies.values()];
    },
  };
}

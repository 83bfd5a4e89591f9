// The cluster's TrustPolicies, followed by a watch. One that can't be read counts as one that accepts nothing where it
// would match: it is never passed over.
import { trustPolicySchema, type TrustPolicy } from '../src/api/trust-policy.ts';
import type { ResourceKind } from '../src/kube/discovery.ts';
import type { WatchEvent } from '../src/kube/watch.ts';

export const trustPolicyKind: ResourceKind = {
  group: 'sealift.dev',
  version: 'v1alpha1',
  kind: 'TrustPolicy',
  plural: 'trustpolicies',
  namespaced: false,
  verbs: ['get', 'list', 'watch'],
};

export type Policies = {
  onEvent(event: WatchEvent): void;
  list(): readonly TrustPolicy[];
};

/** @param onUnreadable told of a policy whose form this version does not know; the last readable form stays in force */
export function createPolicies(onUnreadable: (name: string, problem: string) => void): Policies {
  const policies = new Map<string, TrustPolicy>();
  return {
    onEvent: ({ type, object }) => {
      const { name } = object.metadata;
      if (type === 'DELETED') {
        policies.delete(name);
        return;
      }
      const parsed = trustPolicySchema.safeParse(object);
      if (parsed.success) policies.set(name, parsed.data);
      else onUnreadable(name, parsed.error.issues[0]?.message ?? 'unknown form');
    },
    list: () => [...policies.values()],
  };
}

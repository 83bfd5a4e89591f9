// The cluster's TrustPolicies, followed by a watch and compiled with what they refer to. While one can't be read,
// nothing is accepted: it might be the one that refuses.
import { trustPolicySchema, type TrustPolicy } from '../src/api/trust-policy.ts';
import { errorMessageOf, PolicyError } from '../src/errors.ts';
import type { WatchEvent } from '../src/kube/watch.ts';
import { referencesOf, type DataReference } from '../src/trust/authorities.ts';
import { compilePolicy, type CompiledPolicy } from '../src/trust/compiled-policy.ts';
import type { References } from './references.ts';

export type Policies = {
  /** Takes an event in; gives whether it changes what is judged. */
  onEvent(event: WatchEvent): boolean;
  /** Takes in what changed in an object of the puller's namespace; gives whether a policy refers to it. */
  onReference(kind: DataReference['kind'], name: string): boolean;
  /**
   * All policies.
   * @throws PolicyError `POLICY_INVALID` while one of them can't be read: it might be the one that refuses
   */
  list(): readonly CompiledPolicy[];
  /** Every policy that has the schema's form, and its problem where it has one. */
  all(): readonly { readonly policy: TrustPolicy; readonly problem: string | undefined }[];
};

type Held = {
  readonly policy: TrustPolicy;
  /** Why it can't be compiled at all: then nothing is accepted. */
  readonly problem: string | undefined;
  readonly compiled: CompiledPolicy | undefined;
};

export function createPolicies(references: References): Policies {
  const policies = new Map<string, Held>();
  const unreadable = new Map<string, string>();

  function compile(policy: TrustPolicy): Held {
    try {
      return { policy, problem: undefined, compiled: compilePolicy(policy, (one) => references.read(one)) };
    } catch (error) {
      return { policy, problem: errorMessageOf(error, 500), compiled: undefined };
    }
  }

  return {
    onEvent: ({ type, object }) => {
      const { name } = object.metadata;
      const before = policies.get(name);
      const parsed = type === 'DELETED' ? undefined : trustPolicySchema.safeParse(object);
      unreadable.delete(name);
      if (parsed?.success === true && before !== undefined && isSameSpec(before.policy, parsed.data)) {
        // Only its status has changed, most often by ourselves.
        policies.set(name, { ...before, policy: parsed.data });
        return false;
      }
      policies.delete(name);
      if (parsed?.success === true) policies.set(name, compile(parsed.data));
      else if (parsed !== undefined) {
        unreadable.set(name, parsed.error.issues[0]?.message ?? 'has an unknown form');
      }
      return true;
    },
    onReference: (kind, name) => {
      let isReferred = false;
      for (const [key, { policy }] of policies) {
        if (!referencesOf(policy).some((one) => one.kind === kind && one.name === name)) continue;
        isReferred = true;
        policies.set(key, compile(policy));
      }
      return isReferred;
    },
    list: () => {
      const problems = [
        ...unreadable,
        ...[...policies].map(([name, { problem }]) => [name, problem] as const),
      ];
      for (const [name, problem] of problems) {
        if (problem === undefined) continue;
        throw new PolicyError('POLICY_INVALID', `TrustPolicy ${name} can not be read: ${problem}`, {
          hint: 'It was written for another version of Sealift, or past the schema: mend or delete it.',
        });
      }
      return [...policies.values()].flatMap(({ compiled }) => compiled ?? []);
    },
    all: () =>
      [...policies.values()].map(({ policy, problem, compiled }) => ({
        policy,
        problem: problem ?? compiled?.problem?.message,
      })),
  };
}

function isSameSpec({ metadata: before }: TrustPolicy, { metadata: after }: TrustPolicy): boolean {
  return before.uid === after.uid && after.generation !== undefined && before.generation === after.generation;
}

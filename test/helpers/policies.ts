// TrustPolicies as the API server gives them, with the defaults of the schema filled in.
import { trustPolicySchema, type TrustPolicy } from '../../src/api/trust-policy.ts';
import type { ReferenceReader } from '../../src/trust/authorities.ts';
import { compilePolicy, type CompiledPolicy } from '../../src/trust/compiled-policy.ts';
import { publicPemOf, signerNamed } from './signers.ts';

export type PolicyInput = {
  readonly name?: string;
  readonly url?: string;
  readonly namespaces?: readonly string[];
  readonly repository?: string;
  /** Names of authorities, each with the key of the signer of that name unless `keys` gives another. */
  readonly authorities?: readonly string[];
  readonly keys?: Readonly<Record<string, string>>;
  readonly signatures?: object;
  readonly promotion?: object;
  /** Any other members of the spec. */
  readonly spec?: object;
};

/** A policy that wants one signature of `release`, unless told otherwise. */
export async function makePolicy(input: PolicyInput = {}): Promise<TrustPolicy> {
  const { name = 'policy', url = 'oci://registry.site/config/*', namespaces, repository, keys = {} } = input;
  const authorities = await Promise.all(
    (input.authorities ?? ['release', 'promoter']).map(async (authority) => ({
      name: authority,
      key: { data: publicPemOf(await signerNamed(keys[authority] ?? authority)) },
    })),
  );
  return trustPolicySchema.parse({
    metadata: { name, uid: name, resourceVersion: '1', generation: 1 },
    spec: {
      match: [{ url, ...(namespaces === undefined ? {} : { namespaces }) }],
      ...(repository === undefined ? {} : { repository }),
      authorities,
      signatures: input.signatures ?? { authorities: ['release'] },
      ...(input.promotion === undefined ? {} : { promotion: input.promotion }),
      ...input.spec,
    },
  });
}

/** Nothing is there to refer to. */
export const noReferences: ReferenceReader = () => undefined;

/** The same, compiled. */
export async function compileInput(
  input: PolicyInput = {},
  read: ReferenceReader = noReferences,
): Promise<CompiledPolicy> {
  return compilePolicy(await makePolicy(input), read);
}

// Options of the verbs that judge as a puller would: the policy file, and as what the reference is judged.
import type { ParseArgsOptionsConfig } from 'node:util';
import { defaultNamespace } from '../api/install.ts';
import { InputError } from '../errors.ts';
import { judgingLimits } from '../limits.ts';
import type { Reference } from '../oci/reference.ts';
import { parsePolicyFile, type PolicyFile } from '../operations/policy-file.ts';
import { parseSourceUrl, type SourceUrl } from '../trust/source-url.ts';
import type { CompiledPolicy } from '../trust/compiled-policy.ts';
import type { Followed } from '../trust/policy.ts';
import { readBytes } from './arguments.ts';
import type { Location } from './location.ts';

export const judgingOptions = {
  policy: { type: 'string' },
  as: { type: 'string' },
  namespace: { type: 'string', short: 'n' },
  'puller-namespace': { type: 'string', default: defaultNamespace },
} as const satisfies ParseArgsOptionsConfig;

type JudgingValues = { readonly as?: string | undefined; readonly namespace?: string | undefined };

/** @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID`; PolicyError `POLICY_INVALID` */
export async function readPolicyFile(path: string, pullerNamespace: string): Promise<PolicyFile> {
  const bytes = await readBytes(path, judgingLimits.policyFileBytes);
  return parsePolicyFile(path, bytes, pullerNamespace);
}

/**
 * As what a location is judged: followed from its own URL, or from the one that a site's Deliveries name.
 * @param tag that is followed
 * @throws InputError `INPUT_MISSING` where a layout is judged and no URL is given, or where a policy depends on the
 *   namespace and none is given; PolicyError
 */
export function followedOf(
  location: Location | { readonly kind: 'registry'; readonly reference: Reference },
  tag: string,
  { policies, values }: { readonly policies: readonly CompiledPolicy[]; readonly values: JudgingValues },
): Followed {
  const { as, namespace } = values;
  const url: SourceUrl = parseSourceUrl(as ?? ownUrl(location));
  const isBound = policies.some(({ patterns }) =>
    patterns.some(({ pattern, namespaces }) => namespaces !== undefined && pattern.match(url.canonical)),
  );
  if (namespace === undefined && isBound) {
    throw new InputError('INPUT_MISSING', '--namespace is missing: a TrustPolicy depends on it', {
      hint: 'Give the namespace of the Delivery.',
    });
  }
  return { url, tag, namespace: namespace ?? 'default' };
}

function ownUrl(location: Parameters<typeof followedOf>[0]): string {
  if (location.kind === 'registry') {
    const { registry, repository } = location.reference;
    return `oci://${registry}/${repository}`;
  }
  throw new InputError('INPUT_MISSING', '--as is missing: policies judge by the URL that Deliveries follow', {
    hint: 'Give the URL that this content will have at the site: --as oci://HOST/REPOSITORY.',
  });
}

// Kubernetes pull secrets: Secrets of the types kubernetes.io/dockerconfigjson and kubernetes.io/dockercfg. Only their
// entries count: whoever may write a Secret must not be able to have a program run.
import * as z from 'zod';
import { lookInto, parseJson } from './look-into.ts';
import { entriesSchema } from './entries.ts';
import type { CredentialSource } from './keychain.ts';

/** The member of the Secret's data. */
export type PullSecretKey = '.dockerconfigjson' | '.dockercfg';

const dockerConfigSchema = z.object({ auths: entriesSchema.nullish() });

/**
 * A pull secret as a source; keys may name a part of a registry (`HOST/PATH`), of which the longest that fits counts.
 * @param source in words: `Secret NAMESPACE/NAME`
 * @throws RegistryError `CREDENTIALS_INVALID`
 */
export function pullSecretSource(key: PullSecretKey, bytes: Uint8Array, source: string): CredentialSource {
  const entries =
    key === '.dockercfg'
      ? parseJson(bytes, source, entriesSchema)
      : (parseJson(bytes, source, dockerConfigSchema).auths ?? {});
  return { look: async (place) => lookInto(entries, place, source) };
}

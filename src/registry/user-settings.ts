// What a person's machine, or a CI job's, says of the way to registries: credential files, proxies, certificates.
import { createCertificateWorld, readCertsDirectories } from './certs-directories.ts';
import type { ConnectOptions } from './connect.ts';
import type { CredentialSource } from './credentials/keychain.ts';
import { userKeychain } from './credentials/sources.ts';
import { createCredentialWorld } from './credentials/world.ts';
import { environmentProxies } from './proxy.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Settings as docker's, containers' and curl's users have them.
 * @param env of the process
 * @param first credentials that count more than those of files
 */
export function userSettings(
  env: Environment,
  first: readonly CredentialSource[] = [],
): Required<Pick<ConnectOptions, 'keychain' | 'chooseProxy' | 'hostTls'>> {
  const certificates = createCertificateWorld(env);
  return {
    keychain: userKeychain(createCredentialWorld(env), first),
    chooseProxy: environmentProxies(env),
    hostTls: (host) => readCertsDirectories(host, certificates),
  };
}

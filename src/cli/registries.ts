// Options of every verb that talks to a registry, and the connections that they ask for.
import type { ParseArgsOptionsConfig } from 'node:util';
import { InputError } from '../errors.ts';
import { authLimits, httpLimits, signingLimits } from '../limits.ts';
import type { ContentStore } from '../oci/content-store.ts';
import type { Reference } from '../oci/reference.ts';
import { connectRegistries, type Connections, type ConnectOptions } from '../registry/connect.ts';
import { passwordCredential } from '../registry/credentials/credential.ts';
import { givenCredential, type CredentialSource, type Keychain } from '../registry/credentials/keychain.ts';
import { userKeychain } from '../registry/credentials/sources.ts';
import { createCredentialWorld, type CredentialWorld } from '../registry/credentials/world.ts';
import { readSource, readText } from './arguments.ts';
import { userSettings } from '../registry/user-settings.ts';
import { givenProxy } from '../registry/proxy.ts';
import type { World } from './world.ts';

export const registryOptions = {
  'plain-http': { type: 'boolean', default: false },
  'registry-ca-cert': { type: 'string' },
  'registry-client-cert': { type: 'string' },
  'registry-client-key': { type: 'string' },
  'registry-proxy': { type: 'string' },
  'registry-config': { type: 'string' },
  'registry-username': { type: 'string' },
  'registry-password': { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export type RegistryValues = {
  readonly 'plain-http': boolean;
  readonly 'registry-ca-cert'?: string | undefined;
  readonly 'registry-client-cert'?: string | undefined;
  readonly 'registry-client-key'?: string | undefined;
  readonly 'registry-proxy'?: string | undefined;
  readonly 'registry-config'?: string | undefined;
  readonly 'registry-username'?: string | undefined;
  readonly 'registry-password'?: string | undefined;
};

/**
 * What connections are opened with, by the options and the environment.
 * @param registry the only one that sees the credentials of the options; undefined where that would be several
 * @throws InputError
 */
export async function connectOptions(
  values: RegistryValues,
  world: World,
  registry: string | undefined,
): Promise<ConnectOptions> {
  const caFile = values['registry-ca-cert'];
  return {
    ...userSettings(world.env),
    ...(await readClientCertificate(values, world)),
    ...proxyOf(values, world),
    ca: caFile === undefined ? undefined : await readText(caFile, httpLimits.caBytes),
    random: world.random,
    now: world.now,
    keychain: await openKeychain(values, world, registry),
  };
}

/**
 * Connections as the options and the environment ask for; whoever opens them closes them.
 * @throws InputError
 */
export async function openConnections(
  values: RegistryValues,
  world: World,
  registry: string | undefined,
): Promise<Connections> {
  return connectRegistries(await connectOptions(values, world, registry));
}

/** A repository's store, and the end of its connections. */
export async function connect(
  reference: Reference,
  values: RegistryValues,
  world: World,
): Promise<{ store: ContentStore; close(): void }> {
  const { open, close } = await openConnections(values, world, reference.registry);
  return { store: open(reference, values['plain-http']), close };
}

/** Where `login` stores and every verb finds credentials. */
export function credentialWorldOf(
  values: Pick<RegistryValues, 'registry-config'>,
  world: World,
): CredentialWorld {
  const file = values['registry-config'];
  return createCredentialWorld(file === undefined ? world.env : { ...world.env, REGISTRY_AUTH_FILE: file });
}

/** @throws InputError `INPUT_MISSING` where user or password stands alone */
export async function openKeychain(
  values: RegistryValues,
  world: World,
  registry: string | undefined,
): Promise<Keychain> {
  return userKeychain(credentialWorldOf(values, world), await givenSources(values, world, registry));
}

/** Two registries must not both see what is meant for one. */
export function sharedCredentials(): InputError {
  return new InputError(
    'INPUT_CONFLICT',
    '--registry-username, and two registries of which both would see it',
    {
      hint: 'Log in to each with `sealift login`.',
    },
  );
}

async function givenSources(
  values: RegistryValues,
  world: World,
  registry: string | undefined,
): Promise<readonly CredentialSource[]> {
  const user = values['registry-username'];
  const password = values['registry-password'];
  if (user === undefined && password === undefined) return [];
  if (user === undefined || password === undefined) {
    const missing = user === undefined ? 'username' : 'password';
    throw new InputError('INPUT_MISSING', `--registry-${missing} is missing`);
  }
  if (registry === undefined) throw sharedCredentials();
  // Never the password itself: arguments are seen by all who may list processes.
  const secret = await readSource(password, authLimits.credentialFileBytes, world);
  const credential = passwordCredential(user, secret.replace(/\r?\n$/u, ''));
  return [givenCredential('--registry-username', credential, registry)];
}

/** @throws InputError `INPUT_MISSING` where certificate or key stands alone */
async function readClientCertificate(
  values: RegistryValues,
  world: World,
): Promise<Pick<ConnectOptions, 'clientCertificate'>> {
  const [certificate, key] = [values['registry-client-cert'], values['registry-client-key']];
  if (certificate === undefined && key === undefined) return {};
  if (certificate === undefined || key === undefined) {
    const missing = certificate === undefined ? 'cert' : 'key';
    throw new InputError('INPUT_MISSING', `--registry-client-${missing} is missing`);
  }
  return {
    clientCertificate: {
      certificate: await readText(certificate, httpLimits.caBytes),
      key: await readSource(key, signingLimits.keyBytes, world),
    },
  };
}

function proxyOf(values: RegistryValues, { env }: World): Pick<ConnectOptions, 'chooseProxy'> {
  const address = values['registry-proxy'];
  if (address === undefined) return {};
  return { chooseProxy: givenProxy(address, '--registry-proxy', env['no_proxy'] || env['NO_PROXY'] || '') };
}

// The sources of a user's credentials in their order: what is given, `REGISTRY_AUTH_FILE`, containers' auth.json,
// `DOCKER_AUTH_CONFIG`, docker's config.json; each is passed over where it has nothing for a registry.
import { join } from 'node:path';
import { fileSource, parseConfig, type FileOptions } from './config-file.ts';
import { lookInto } from './look-into.ts';
import { createKeychain, type CredentialSource, type Keychain } from './keychain.ts';
import type { CredentialWorld } from './world.ts';

/** All sources of a user; `first` are those that count more, as flags and pull secrets do. */
export function userKeychain(world: CredentialWorld, first: readonly CredentialSource[] = []): Keychain {
  const toSource = (file: UserFile): CredentialSource => fileSource({ ...file, world });
  return createKeychain([
    ...first,
    ...containersFiles(world).map(toSource),
    ...environmentSource(world.env['DOCKER_AUTH_CONFIG']),
    ...dockerFiles(world).map(toSource),
  ]);
}

/** Docker's newer way, and that of some CI systems: the file's text in a variable. */
function environmentSource(text: string | undefined): readonly CredentialSource[] {
  if (!isSet(text)) return [];
  const source = 'environment variable DOCKER_AUTH_CONFIG';
  return [
    { look: async (place) => lookInto(parseConfig(Buffer.from(text), source).auths ?? {}, place, source) },
  ];
}

export type UserFile = Omit<FileOptions, 'world'>;

type Where = Pick<CredentialWorld, 'env' | 'home'>;

/** The file that `login` writes to: the one that is named, else docker's; none where there is no home. */
export function loginFile(where: Where): UserFile | undefined {
  return namedFile(where)[0] ?? dockerFiles(where)[0];
}

function namedFile({ env }: Where): readonly UserFile[] {
  const path = env['REGISTRY_AUTH_FILE'];
  if (!isSet(path)) return [];
  return [{ kind: 'containers auth.json', path, why: 'REGISTRY_AUTH_FILE', isNamed: true }];
}

function containersFiles(where: Where): readonly UserFile[] {
  const { XDG_RUNTIME_DIR: runtime, XDG_CONFIG_HOME: config } = where.env;
  const home = where.home === undefined ? undefined : join(where.home, '.config');
  const folders = [runtime, isSet(config) ? config : home].filter(isSet);
  const usual = folders.map((folder): UserFile => {
    return { kind: 'containers auth.json', path: join(folder, 'containers', 'auth.json') };
  });
  return [...namedFile(where), ...usual];
}

function dockerFiles({ env, home }: Where): readonly UserFile[] {
  const named = env['DOCKER_CONFIG'];
  const folder = isSet(named) ? named : home === undefined ? undefined : join(home, '.docker');
  if (folder === undefined) return [];
  return [{ kind: 'docker config.json', path: join(folder, 'config.json'), isNamed: isSet(named) }];
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

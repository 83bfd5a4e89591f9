// sealift login and logout: credentials that the registry has taken, kept where docker's and containers' tools keep them.
import { InputError } from '../errors.ts';
import { authLimits } from '../limits.ts';
import { parseReference } from '../oci/reference.ts';
import { passwordCredential, type Credential } from '../registry/credentials/credential.ts';
import { eraseCredential, storeCredential } from '../registry/credentials/store.ts';
import { outputOptions, parseFormat, parseVerb, takePositionals } from './arguments.ts';
import { printResult } from './output.ts';
import { credentialWorldOf, openConnections, registryOptions } from './registries.ts';
import type { World } from './world.ts';

/** Of the registry's options those that don't say what the verb itself asks for. */
const {
  'registry-username': _username,
  'registry-password': _password,
  ...loginRegistryOptions
} = registryOptions;

export async function runLogin(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    username: { type: 'string', short: 'u' },
    'password-stdin': { type: 'boolean', default: false },
    ...loginRegistryOptions,
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const registry = parseHost(takePositionals(positionals, 'HOST')[0]);
  const credential = await readCredential(values, registry, world);
  const connections = await openConnections(values, world, registry);
  try {
    // Tried first: what the registry does not take must not replace what it did.
    const outcome = await connections.checkLogin(
      { registry },
      { credential, source: 'what was given' },
      { plainHttp: values['plain-http'], signal: world.signal },
    );
    if (outcome === 'not asked') world.stderr(`${registry} asks nobody to log in; nothing was tried\n`);
    const source = await storeCredential(registry, credential, {
      world: credentialWorldOf(values, world),
      signal: world.signal,
    });
    world.stderr(`stored in ${source}\n`);
    printResult(world, format, {
      line: registry,
      data: { registry, checked: outcome === 'accepted', storedIn: source },
    });
  } finally {
    connections.close();
  }
}

export async function runLogout(args: readonly string[], world: World): Promise<void> {
  const { values, positionals } = parseVerb(args, {
    'registry-config': registryOptions['registry-config'],
    ...outputOptions,
  });
  const format = parseFormat(values.output);
  const registry = parseHost(takePositionals(positionals, 'HOST')[0]);
  const erased = await eraseCredential(registry, {
    world: credentialWorldOf(values, world),
    signal: world.signal,
  });
  if (!erased) world.stderr(`nothing was stored for ${registry}\n`);
  printResult(world, format, { line: registry, data: { registry, erased } });
}

/** @throws InputError `INPUT_INVALID`; InvalidReferenceError */
function parseHost(text: string): string {
  if (text.includes('/')) {
    throw new InputError('INPUT_INVALID', `${JSON.stringify(text.slice(0, 200))} is no HOST[:PORT]`, {
      hint: 'Log in to a registry, not to a repository of it.',
    });
  }
  return parseReference(`${text}/any`).registry;
}

/** @throws InputError `INPUT_MISSING`, `INPUT_INVALID`; RegistryError `CREDENTIALS_INVALID` */
async function readCredential(
  values: { readonly username?: string | undefined; readonly 'password-stdin': boolean },
  registry: string,
  world: World,
): Promise<Credential> {
  const user = values.username;
  if (user === undefined || user === '') {
    throw new InputError('INPUT_MISSING', '--username is missing', {
      hint: 'With an access token alone, the registry says which user name goes with it.',
    });
  }
  if (values['password-stdin']) {
    const text = await world.stdin.read(authLimits.credentialFileBytes);
    return passwordCredential(user, text.replace(/\r?\n$/u, ''));
  }
  if (!world.stdin.isTerminal) {
    throw new InputError('INPUT_MISSING', 'password is missing: stdin is no terminal', {
      hint: 'Pipe it in with --password-stdin.',
    });
  }
  return passwordCredential(user, await world.stdin.askSecret(`password of ${user} at ${registry}: `));
}

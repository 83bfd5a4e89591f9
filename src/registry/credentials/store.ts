// Stores and erases credentials for `login` and `logout`: in the helper that the user's file names, else in the file
// itself, of which everything else stays as it is. It is replaced in one step, and nobody but its owner may read it.
import { randomUUID } from 'node:crypto';
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { errorMessageOf, RegistryError } from '../../errors.ts';
import { assertHelperName, configSchema, describeFile, helperOf } from './config-file.ts';
import { parseJson } from './look-into.ts';
import type { Credential } from './credential.ts';
import { keyOf, keysOf } from './entries.ts';
import { eraseFromHelper, storeInHelper, type Helper } from './helper.ts';
import { loginFile, type UserFile } from './sources.ts';
import type { CredentialWorld } from './world.ts';

/** A file as it is: what we know, and all the rest, which must survive. */
const wholeSchema = z.looseObject({
  ...configSchema.shape,
  auths: z.record(z.string(), z.looseObject({})).nullish(),
});
type Whole = z.infer<typeof wholeSchema>;

export type StoreOptions = { readonly world: CredentialWorld; readonly signal?: AbortSignal | undefined };

/**
 * Stores a credential for a registry.
 * @returns the source, in the words that the keychain has for it
 * @throws RegistryError `CREDENTIALS_INVALID`, `CREDENTIAL_HELPER_FAILED`
 */
export async function storeCredential(
  registry: string,
  credential: Credential,
  options: StoreOptions,
): Promise<string> {
  if (credential.kind === 'registry token') {
    throw new RegistryError('CREDENTIALS_INVALID', 'a registry token is not stored: it ends soon', {
      hint: 'Log in with a user and a password, or with an identity token.',
    });
  }
  const { file, whole, helper, source } = await openUserFile(registry, options);
  const key = keyOf(registry);
  if (helper === undefined) {
    await writeWhole(file.path, withEntry(whole, key, formatEntry(credential)));
    return source;
  }
  await storeInHelper(helper, credential);
  // What stood in the file in the clear before must not stay, and docker lists by these keys.
  await writeWhole(file.path, withEntry(whole, key, {}));
  return `docker-credential-${helper.name}, named in ${source}`;
}

/**
 * Erases what is stored for a registry.
 * @returns whether there was anything
 * @throws RegistryError `CREDENTIALS_INVALID`, `CREDENTIAL_HELPER_FAILED`
 */
export async function eraseCredential(registry: string, options: StoreOptions): Promise<boolean> {
  const { file, whole, helper } = await openUserFile(registry, options);
  const wasInHelper = helper !== undefined && (await eraseFromHelper(helper));
  const keys = keysOf(Object.keys(whole.auths ?? {}), registry);
  if (keys.length === 0) return wasInHelper;
  const auths = Object.fromEntries(Object.entries(whole.auths ?? {}).filter(([key]) => !keys.includes(key)));
  await writeWhole(file.path, { ...whole, auths });
  return true;
}

type OpenedFile = {
  readonly file: UserFile;
  readonly whole: Whole;
  readonly helper: Helper | undefined;
  readonly source: string;
};

async function openUserFile(registry: string, { world, signal }: StoreOptions): Promise<OpenedFile> {
  const file = loginFile(world);
  if (file === undefined) {
    throw new RegistryError('CREDENTIALS_INVALID', 'there is no home to store credentials in', {
      hint: 'Set HOME, DOCKER_CONFIG or REGISTRY_AUTH_FILE.',
    });
  }
  const source = describeFile(file);
  const bytes = await world.readFile(file.path);
  if (bytes === 'not allowed') throw new RegistryError('CREDENTIALS_INVALID', `${source} may not be read`);
  const whole = parseJson(bytes === 'missing' ? Buffer.alloc(0) : bytes, source, wholeSchema);
  const name = helperOf(whole, { registry }, file.kind);
  if (name === undefined) return { file, whole, helper: undefined, source };
  assertHelperName(name, source);
  return { file, whole, helper: { name, run: world.runHelper, key: keyOf(registry), signal }, source };
}

function withEntry(whole: Whole, key: string, entry: Readonly<Record<string, string>>): Whole {
  return { ...whole, auths: { ...whole.auths, [key]: entry } };
}

function formatEntry(credential: Exclude<Credential, { kind: 'registry token' }>): Record<string, string> {
  const toBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  if (credential.kind === 'password') {
    return { auth: toBase64(`${credential.user}:${credential.password.reveal()}`) };
  }
  // Beside an `auth`, as docker writes it: podman takes an entry without one for none.
  return { auth: toBase64('<token>:'), identitytoken: credential.token.reveal() };
}

async function writeWhole(path: string, whole: Whole): Promise<void> {
  const text = `${JSON.stringify(whole, undefined, '\t')}\n`;
  try {
    await replaceFile(await resolveLink(path), text);
  } catch (cause) {
    throw new RegistryError(
      'CREDENTIALS_INVALID',
      `${path} can not be written: ${errorMessageOf(cause, 200)}`,
      {
        hint: 'Nothing was changed; set DOCKER_CONFIG or REGISTRY_AUTH_FILE to write elsewhere.',
      },
    );
  }
}

/** A file that is a link into somebody's dotfiles stays one. */
async function resolveLink(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return path;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

// docker's credential helper protocol: `get`, `store` and `erase`, a registry's address or JSON on the input.
import * as z from 'zod';
import type { RegistryError } from '../../errors.ts';
import { authLimits } from '../../limits.ts';
import { passwordCredential, tokenUser, type Credential } from './credential.ts';
import { helperError, type HelperOutput, type RunHelper } from './run-helper.ts';

/** What every helper says, on its output, when it has nothing. */
const notFoundWords = 'credentials not found in native keychain';

const answerSchema = z.object({ Username: z.string(), Secret: z.string() });

export type Helper = {
  readonly name: string;
  readonly run: RunHelper;
  /** The registry's address as docker has it. */
  readonly key: string;
  readonly signal?: AbortSignal | undefined;
};

/** Whether a name can be part of a program's name; a path or an option can't be made of it. */
export function isHelperName(name: string): boolean {
  return name.length <= authLimits.helperNameLength && /^\w[\w.-]*$/u.test(name);
}

/**
 * What a helper has for a registry; undefined where it has nothing.
 * @throws RegistryError `CREDENTIAL_HELPER_FAILED`
 */
export async function getFromHelper({ name, run, key, signal }: Helper): Promise<Credential | undefined> {
  const output = await run({ helper: name, action: 'get', input: key, signal });
  if (output.code !== 0) {
    if (output.stdout.trim() === notFoundWords) return undefined;
    throw failure(name, output);
  }
  const { user, secret } = parseAnswer(name, output.stdout);
  // Nothing at all is how some say that they have nothing.
  if (user === '' && secret === '') return undefined;
  try {
    return passwordCredential(user, secret);
  } catch (cause) {
    throw helperError(name, 'gave a user or a secret that can not be sent', { cause });
  }
}

/** @throws RegistryError `CREDENTIAL_HELPER_FAILED` */
export async function storeInHelper(helper: Helper, credential: Credential): Promise<void> {
  const { name, run, key, signal } = helper;
  const [user, secret] =
    credential.kind === 'password' ? [credential.user, credential.password] : [tokenUser, credential.token];
  const input = JSON.stringify({ ServerURL: key, Username: user, Secret: secret.reveal() });
  const output = await run({ helper: name, action: 'store', input, signal });
  if (output.code !== 0) throw failure(name, output, secret.reveal());
}

/** @throws RegistryError `CREDENTIAL_HELPER_FAILED` */
export async function eraseFromHelper({ name, run, key, signal }: Helper): Promise<boolean> {
  const output = await run({ helper: name, action: 'erase', input: key, signal });
  if (output.code === 0) return true;
  if (output.stdout.trim() === notFoundWords) return false;
  throw failure(name, output);
}

function parseAnswer(name: string, stdout: string): { readonly user: string; readonly secret: string } {
  try {
    const { Username: user, Secret: secret } = answerSchema.parse(JSON.parse(stdout));
    return { user, secret };
  } catch {
    // No cause: what failed to parse may be the secret.
    throw helperError(name, 'gave no JSON with Username and Secret');
  }
}

function failure(name: string, { code, stderr }: HelperOutput, secret = ''): RegistryError {
  const words = redactWords(secret === '' ? stderr : stderr.replaceAll(secret, '…'));
  return helperError(name, `ended with code ${code}`, {
    hint: `Run docker-credential-${name} by hand with the registry's address on its input.`,
    ...(words === '' ? {} : { cause: new Error(`it says: ${words}`) }),
  });
}

/** A helper's words without what could be a secret: whatever is long and has no space, and what follows "=" or ":". */
function redactWords(words: string): string {
  return words
    .replaceAll(/[^\s"'`]{24,}/gu, '…')
    .replaceAll(/((?:pass|secret|token|key)\w*["']?\s*[=:]\s*)\S+/giu, '$1…')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .slice(0, 300);
}

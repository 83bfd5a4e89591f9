// The signing key of an action, which comes as text from a secret: masked before anything else is read.
import { SigningError } from '../../src/errors.ts';
import { parseSigningKey } from '../../src/signing/keys.ts';
import type { Signer } from '../../src/signing/signer.ts';
import type { Host } from './host.ts';

/** The runner masks by text: logs have keys line by line. */
export function maskSigningKey(host: Host): void {
  const key = host.input('signing-key');
  host.mask(key.trim());
  for (const line of key.split(/\r?\n|\\n/u).map((part) => part.trim())) {
    if (line.length >= 8 && !line.startsWith('-----')) host.mask(line);
  }
  host.mask(host.input('signing-key-password'));
}

/** The signer; hints name the action's inputs, not the command's variables. */
export async function parseKeyInput(key: string, password: string): Promise<Signer> {
  try {
    return await parseSigningKey(key, password);
  } catch (error) {
    if (!(error instanceof SigningError) || error.code !== 'KEY_PASSWORD_WRONG') throw error;
    throw new SigningError(error.code, error.message, {
      hint: 'Set signing-key-password to the password that the key was made with.',
    });
  }
}

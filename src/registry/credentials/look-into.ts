// Credentials in JSON of any origin, files and pull secrets: read, and looked into. Nothing here can run a program.
import * as z from 'zod';
import { RegistryError } from '../../errors.ts';
import type { Credential } from './credential.ts';
import { findEntry, readEntry, type Entries } from './entries.ts';
import { foundIn, type Look, type Place } from './keychain.ts';

/**
 * JSON of a known form.
 * @throws RegistryError `CREDENTIALS_INVALID`; without a cause, which could quote a secret
 */
export function parseJson<T>(bytes: Uint8Array, source: string, schema: z.ZodType<T>): T {
  try {
    const text = Buffer.from(bytes)
      .toString('utf8')
      .replace(/^\u{feff}/u, '');
    // docker takes an empty file for an empty object.
    return schema.parse(text.trim() === '' ? {} : JSON.parse(text));
  } catch (error) {
    const where = error instanceof z.ZodError ? (error.issues[0]?.path.join('.') ?? '') : '';
    const what = error instanceof z.ZodError ? `has another form than expected at "${where}"` : 'is no JSON';
    throw new RegistryError('CREDENTIALS_INVALID', `${source} ${what}`, {
      hint: 'Mend the file, or move it away and log in again.',
    });
  }
}

/**
 * A look into entries of any origin.
 * @throws RegistryError `CREDENTIALS_INVALID`
 */
export function lookInto(entries: Entries, place: Place, source: string): Look {
  const entry = findEntry(entries, place);
  if (entry === undefined) return { source, words: 'nothing for this registry' };
  let credential: Credential;
  try {
    credential = readEntry(entry);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : '';
    throw new RegistryError(
      'CREDENTIALS_INVALID',
      `${source} has a bad entry for ${place.registry}: ${message}`,
      {
        hint: `Log in again with \`sealift login ${place.registry}\`.`,
      },
    );
  }
  return foundIn(source, credential);
}

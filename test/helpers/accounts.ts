// Accounts of a registry for tests.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One that may log in; the hash is crypt(3)'s. */
export const account = {
  name: 'ci',
  password: 'secret',
  hash: '$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a',
} as const;

/** The value of the header by which it logs in. */
export function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}

/** Writes an htpasswd file and gives its name. */
export async function writeAccounts(folder: string): Promise<string> {
  const path = join(folder, 'htpasswd');
  await writeFile(path, `${account.name}:${account.hash}\n`);
  return path;
}

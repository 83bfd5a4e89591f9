// Files encrypted by the real sops for identities of the real age-keygen.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requireComponents } from '../components/locate.ts';
import { withTempDir } from './temp.ts';

const run = promisify(execFile);

export type AgeKey = {
  /** What age-keygen writes: comments, and the identity. */
  readonly file: string;
  readonly recipient: string;
};

export async function makeAgeKey(): Promise<AgeKey> {
  const { 'age-keygen': keygen } = await requireComponents(['age-keygen']);
  const { stdout: file } = await run(keygen, []);
  return { file, recipient: /age1[a-z0-9]+/u.exec(file)?.[0] ?? '' };
}

/**
 * @param options further options of `sops encrypt`
 * @param rule members of a rule of sops' configuration, which knows more than its options
 */
export async function encryptFile(
  path: string,
  text: string,
  recipients: readonly string[],
  { options = [], rule }: { readonly options?: readonly string[]; readonly rule?: object } = {},
): Promise<Buffer> {
  return withTempDir(async (folder) => {
    const file = join(folder, path);
    const config = join(folder, '.sops.yaml');
    await writeFile(file, text);
    await writeFile(config, JSON.stringify({ creation_rules: [{ age: recipients.join(','), ...rule }] }));
    await runSops(['--config', config, 'encrypt', '--in-place', ...options, file]);
    return readFile(file);
  });
}

/** What sops itself makes of an encrypted file. */
export async function decryptFile(path: string, bytes: Uint8Array, key: AgeKey): Promise<Buffer> {
  return withTempDir(async (folder) => {
    const file = join(folder, path);
    await writeFile(file, bytes);
    await runSops(['decrypt', '--in-place', file], { SOPS_AGE_KEY: key.file });
    return readFile(file);
  });
}

async function runSops(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const { sops } = await requireComponents(['sops']);
  await run(sops, ['--disable-version-check', ...args], { env });
}

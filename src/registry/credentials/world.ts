// What looking for credentials sees of the machine: environment, home, files and helper programs. Tests give their own.
import { open } from 'node:fs/promises';
import { RegistryError } from '../../errors.ts';
import { authLimits } from '../../limits.ts';
import { spawnHelper, type RunHelper } from './run-helper.ts';

export type CredentialWorld = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home, where there is one. */
  readonly home: string | undefined;
  /**
   * A small file, or why there is none.
   * @throws RegistryError `CREDENTIALS_INVALID` for one that is too large, or can't be read for another reason
   */
  readonly readFile: (path: string) => Promise<Buffer | 'missing' | 'not allowed'>;
  readonly runHelper: RunHelper;
};

/** The real one: a process's environment, its disk and its PATH. */
export function createCredentialWorld(env: CredentialWorld['env']): CredentialWorld {
  // `HOME` and not the user database: it is what docker and podman look at.
  const home = env['HOME'] ?? env['USERPROFILE'];
  return {
    env,
    home: home === '' ? undefined : home,
    readFile: readBoundedFile,
    runHelper: (call) => spawnHelper(call, { env }),
  };
}

async function readBoundedFile(path: string): Promise<Buffer | 'missing' | 'not allowed'> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      // A pipe or a device has no size: what is read is bounded as well.
      if (size > authLimits.credentialFileBytes) throw tooLarge(path);
      return await readUpTo(file.createReadStream({ autoClose: false }), path);
    } finally {
      await file.close();
    }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing';
    if (code === 'EACCES' || code === 'EPERM') return 'not allowed';
    if (cause instanceof RegistryError) throw cause;
    throw new RegistryError('CREDENTIALS_INVALID', `${path} can not be read (${code})`, { cause });
  }
}

async function readUpTo(stream: AsyncIterable<Buffer>, path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > authLimits.credentialFileBytes) throw tooLarge(path);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(path: string): RegistryError {
  return new RegistryError(
    'CREDENTIALS_INVALID',
    `${path} has more than ${authLimits.credentialFileBytes} bytes`,
  );
}

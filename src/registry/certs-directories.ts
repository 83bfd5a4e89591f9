// Certificates that an administrator keeps for single registries, where docker and containers' tools look for them:
// `certs.d/HOST[:PORT]` with CAs in `*.crt` and a client certificate in `*.cert` with its key in `*.key`. The first
// directory that there is for a host counts, and no other.
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { networkLimits } from '../limits.ts';
import type { ClientCertificate, HostTls } from './tls.ts';

/** What looking for certificates sees of the machine. Tests give their own. */
export type CertificateWorld = {
  /** The user's home, where there is one. */
  readonly home: string | undefined;
  /** Names in a directory; `missing` too where it may not be read. */
  readonly listFiles: (directory: string) => Promise<readonly string[] | 'missing'>;
  /** @throws InputError `FILE_UNREADABLE` */
  readonly readFile: (path: string) => Promise<string>;
};

/** The real one. */
export function createCertificateWorld(env: Readonly<Record<string, string | undefined>>): CertificateWorld {
  const home = env['HOME'] ?? env['USERPROFILE'];
  return { home: home === '' ? undefined : home, listFiles, readFile };
}

/**
 * What there is for a host (`HOST[:PORT]`).
 * @throws InputError `FILE_UNREADABLE`, `INPUT_INVALID` where a certificate has no key, or a key no certificate
 */
export async function readCertsDirectories(
  host: string,
  world: CertificateWorld,
): Promise<HostTls | undefined> {
  // Redirects name hosts too: none may lead out of the directories ("path traversal").
  if (!/^(?:\[[0-9a-f:]+\]|[a-z0-9][a-z0-9.-]*)(?::\d{1,5})?$/u.test(host)) return undefined;
  for (const folder of foldersFor(world.home)) {
    const directory = join(folder, host);
    const names = await world.listFiles(directory);
    if (names !== 'missing') return readDirectory(directory, [...names].sort(), world);
  }
  return undefined;
}

function foldersFor(home: string | undefined): readonly string[] {
  const own = home === undefined ? [] : [join(home, '.config', 'containers', 'certs.d')];
  return [...own, '/etc/containers/certs.d', '/etc/docker/certs.d'];
}

async function readDirectory(
  directory: string,
  names: readonly string[],
  { readFile }: CertificateWorld,
): Promise<HostTls> {
  if (names.length > networkLimits.certificateFiles) {
    throw new InputError(
      'INPUT_INVALID',
      `${directory} has more than ${networkLimits.certificateFiles} files`,
    );
  }
  const authorities: string[] = [];
  for (const name of names.filter((candidate) => candidate.endsWith('.crt'))) {
    authorities.push(await readFile(join(directory, name)));
  }
  const pair = pairOf(directory, names);
  const clientCertificate: ClientCertificate | undefined = pair && {
    certificate: await readFile(join(directory, pair.certificate)),
    key: await readFile(join(directory, pair.key)),
  };
  return {
    ...(authorities.length === 0 ? {} : { ca: authorities.join('\n') }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  };
}

/** One of them: a connection shows one certificate, and node has no say in which one a registry would like. */
function pairOf(directory: string, names: readonly string[]): ClientCertificate | undefined {
  const certificate = names.find((name) => name.endsWith('.cert'));
  const key = names.find((name) => name.endsWith('.key'));
  if (certificate === undefined && key === undefined) return undefined;
  const wanted = certificate?.replace(/\.cert$/u, '.key') ?? '';
  if (certificate !== undefined && names.includes(wanted)) return { certificate, key: wanted };
  const [there, missing] =
    certificate === undefined ? [key, key?.replace(/\.key$/u, '.cert')] : [certificate, wanted];
  throw new InputError('INPUT_INVALID', `${directory} has ${there} and no ${missing}`, {
    hint: 'CAs end in .crt; a client certificate ends in .cert, and its key has the same name with .key.',
  });
}

async function listFiles(directory: string): Promise<readonly string[] | 'missing'> {
  try {
    return await readdir(directory);
  } catch {
    // As docker does, what is not for our eyes is not for our use.
    return 'missing';
  }
}

async function readFile(path: string): Promise<string> {
  const max = networkLimits.certificateBytes;
  try {
    const file = await open(path, 'r');
    try {
      const buffer = Buffer.alloc(max + 1);
      let size = 0;
      for (;;) {
        const { bytesRead } = await file.read(buffer, size, buffer.byteLength - size);
        size += bytesRead;
        if (bytesRead === 0 || size > max) break;
      }
      if (size > max) throw new InputError('INPUT_INVALID', `${path} has more than ${max} bytes`);
      return buffer.toString('utf8', 0, size);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('FILE_UNREADABLE', `${path} can not be read`, { cause });
  }
}

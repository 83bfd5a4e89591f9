// A certificate for loopback, its key and the authority that issued it, as PEM files.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, type Validity } from '../servers/sigstore/certificates.ts';

export type TlsFiles = {
  /** Names of files. */
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
};

const validity: Validity = { start: new Date('2020-01-01T00:00:00Z'), end: new Date('2049-01-01T00:00:00Z') };

/** Writes them into a folder, over those that are there. */
export async function makeCertificate(folder: string, commonName = 'registry.test'): Promise<TlsFiles> {
  const organization = 'sealift test';
  const root = createAuthority({ organization, commonName: 'root' }, 'root', { validity });
  const server = createAuthority({ organization, commonName }, 'loopback-server', { validity, issuer: root });
  const files = {
    cert: join(folder, 'server.crt'),
    key: join(folder, 'server.key'),
    ca: join(folder, 'root.crt'),
  };
  await Promise.all([
    writeFile(files.cert, pem(server.certificate)),
    writeFile(files.key, server.privateKey.export({ type: 'pkcs8', format: 'pem' })),
    writeFile(files.ca, pem(root.certificate)),
  ]);
  return files;
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/gu) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

// Certificates as PEM (RFC 7468), as cosign writes them into annotations and logs take them.

export function formatCertificate(der: Uint8Array): string {
  const lines = Buffer.from(der).toString('base64').replaceAll(/.{64}/gu, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

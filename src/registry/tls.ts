// What TLS connections to registries are made with: whose certificates are trusted, and the certificate that we show.
// All of it is checked before anything is sent: OpenSSL passes over what it can't read, and would trust nobody then.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { InputError } from '../errors.ts';

/** PEM of a certificate, its chain behind it, and of its private key. */
export type ClientCertificate = { readonly certificate: string; readonly key: string };

export type TlsSettings = {
  /** PEM of the CAs that certificates must be signed by, instead of the system's. */
  readonly ca?: string | undefined;
  /** Shown to registries that ask for one. */
  readonly clientCertificate?: ClientCertificate | undefined;
};

/** What one host has for itself. */
export type HostTls = {
  /** PEM of CAs that count beside the system's. */
  readonly ca?: string;
  readonly clientCertificate?: ClientCertificate;
};

/** How every connection is made; neither flags nor variables of node's own make it weaker. */
export type SecureSettings = {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: true;
};

const pemBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/gu;

/** @throws InputError `INPUT_INVALID` */
export function secureSettings({ ca, clientCertificate }: TlsSettings, host: HostTls = {}): SecureSettings {
  const authorities = ca ?? (host.ca === undefined ? undefined : withUsual(host.ca));
  const shown = clientCertificate ?? host.clientCertificate;
  if (ca !== undefined) parseCertificates(ca, 'CA file');
  if (shown !== undefined) checkPair(shown);
  const secureContext = createSecureContext({
    minVersion: 'TLSv1.2',
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(shown === undefined ? {} : { cert: shown.certificate, key: shown.key }),
  });
  return { secureContext, rejectUnauthorized: true };
}

/** A proxy's certificate may be signed by either: it belongs to the network, not to the registry. */
export function proxySettings({ ca }: TlsSettings): SecureSettings {
  return secureSettings({}, ca === undefined ? {} : { ca });
}

/**
 * The certificates of a PEM text, of which there is at least one.
 * @param what it is, for messages
 * @throws InputError `INPUT_INVALID`
 */
export function parseCertificates(
  pem: string,
  what: string,
): readonly [X509Certificate, ...X509Certificate[]] {
  const [first, ...more] = (pem.match(pemBlock) ?? []).map((block) => parseBlock(block, what));
  if (first !== undefined) return [first, ...more];
  throw invalid(`${what} has no certificate`, 'A certificate starts with -----BEGIN CERTIFICATE-----.');
}

function parseBlock(block: string, what: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch {
    throw invalid(`${what} has a certificate that can not be read`);
  }
}

function withUsual(pem: string): string {
  parseCertificates(pem, 'CA file');
  return [pem, ...getCACertificates('default')].join('\n');
}

/** Nothing of a key is ever in a message, nor in a cause. */
function checkPair({ certificate, key }: ClientCertificate): void {
  const [leaf] = parseCertificates(certificate, 'client certificate');
  if (!leaf.checkPrivateKey(parseKey(key))) {
    throw invalid(
      `client certificate of ${leaf.subject.replaceAll('\n', ', ')} and key do not belong together`,
      "The key's own certificate comes first in its file, its chain behind it.",
    );
  }
}

function parseKey(pem: string): KeyObject {
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/mu.test(pem)) {
    throw invalid(
      'key of the client certificate is encrypted',
      'Decrypt it: nobody can be asked for its password.',
    );
  }
  try {
    return createPrivateKey(pem);
  } catch {
    throw invalid(
      'key of the client certificate can not be read',
      'It is to be PEM: PKCS#8, PKCS#1 or SEC1.',
    );
  }
}

function invalid(message: string, hint?: string): InputError {
  return new InputError('INPUT_INVALID', message, hint === undefined ? {} : { hint });
}

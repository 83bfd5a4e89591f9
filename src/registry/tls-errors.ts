// Why a TLS connection failed, in words that help: OpenSSL's own name neither the certificate nor what to do. Once a
// handshake has failed the certificate is out of reach, so it is looked at while the handshake ends.
import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { errorMessageOf, type ErrorDetails } from '../errors.ts';
import { networkLimits } from '../limits.ts';

export type TlsFailure = {
  readonly words: string;
  readonly hint: string;
  /** Facts of the certificate, where one was shown. */
  readonly details: ErrorDetails;
};

type Seen = { readonly certificate: X509Certificate | undefined; readonly isOursShown: boolean };

/** What was seen of a connection, by the error that it ended with. */
const seen = new WeakMap<object, Seen>();

/** Remembers the certificates of a connection, from its beginning on, for the error that its handshake may end with. */
export function watchCertificate(socket: TLSSocket): void {
  let raw: Buffer | undefined;
  // An empty object where there is none, whatever the types say.
  const isOursShown = Object.keys(socket.getCertificate() ?? {}).length > 0;
  // Before node's own listener, which judges the certificate and drops it; all that is lost without it are words.
  socket.prependOnceListener('secure', () => {
    raw = rawOf(socket);
  });
  socket.once('error', (error) => {
    seen.set(error, { certificate: raw === undefined ? undefined : parse(raw), isOursShown });
  });
}

/** `getPeerX509Certificate` would leave node itself without the certificate's names (24.21). */
function rawOf(socket: TLSSocket): Buffer | undefined {
  const certificate: { readonly raw?: Buffer } | null = socket.getPeerCertificate();
  return certificate?.raw;
}

function parse(raw: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(raw);
  } catch {
    return undefined;
  }
}

const tlsCodes =
  /^(?:ERR_TLS|ERR_SSL|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_PURPOSE|INVALID_CA|PATH_LENGTH|ERROR_IN_CERT|EPROTO)/u;

/** What an error of a connection to a host says of TLS; undefined for one that has nothing to do with it. */
export function tlsFailureOf(error: unknown, host: string): TlsFailure | undefined {
  const code = codeOf(error);
  if (!(error instanceof Error)) return undefined;
  if (code.startsWith('HPE_')) return speaksTls(error) ? tlsOnPlainHttp(host) : undefined;
  if (!tlsCodes.test(code)) return undefined;
  const { certificate, isOursShown = false } = seen.get(error) ?? {};
  const reason = opensslReason(error.message);
  const failure = certificate === undefined ? undefined : certificateFailure(code, host, certificate);
  const { words, hint } = failure ??
    handshakeFailure(reason, host, isOursShown) ?? {
      words: `TLS failed: ${code} ${reason ?? errorMessageOf(error.message, 200)}`,
      hint: `\`sealift doctor\` shows how ${host} speaks TLS.`,
    };
  return { words, hint, details: certificate === undefined ? {} : factsOf(certificate) };
}

/** A registry that answers TLS where plain HTTP was spoken. */
export function tlsOnPlainHttp(host: string): TlsFailure {
  return {
    words: `${host} answers plain HTTP with TLS`,
    hint: 'It is asked without TLS because of --plain-http or its loopback address; leave --plain-http out.',
    details: {},
  };
}

/** A certificate for people. */
export function describeCertificate(certificate: X509Certificate): string {
  const { subject, issuer, validFrom, validTo } = factsOf(certificate);
  return `certificate of ${subject}, signed by ${issuer}, valid from ${validFrom} to ${validTo}`;
}

export type CertificateFacts = {
  readonly subject: string;
  readonly issuer: string;
  readonly names: string;
  readonly validFrom: string;
  readonly validTo: string;
};

/** What certificates say is as hostile as who shows them: on one line, and cut off. */
export function factsOf(certificate: X509Certificate): CertificateFacts {
  const line = (text = ''): string =>
    errorMessageOf(text.replaceAll('\n', ', '), networkLimits.certificateNameLength);
  return {
    subject: line(certificate.subject) || 'nobody',
    issuer: line(certificate.issuer) || 'nobody',
    names: line(certificate.subjectAltName?.replaceAll('IP Address:', '').replaceAll('DNS:', '')),
    validFrom: timeOf(certificate.validFromDate),
    validTo: timeOf(certificate.validToDate),
  };
}

function timeOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString().replace('.000Z', 'Z');
}

type Words = Pick<TlsFailure, 'words' | 'hint'>;

function certificateFailure(code: string, host: string, certificate: X509Certificate): Words | undefined {
  const described = describeCertificate(certificate);
  const { issuer, names, subject } = factsOf(certificate);
  switch (code) {
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return {
        words: `${host} shows a certificate that is ${code === 'CERT_HAS_EXPIRED' ? 'not valid any more' : 'not valid yet'}, or one of its chain is not: ${described}`,
        hint: "Have the registry's certificate renewed; see whether this machine's clock is right.",
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        words: `${host} shows a certificate for ${names || 'no name'} and not for itself: ${described}`,
        hint: 'Write the registry by a name of its certificate, or have one made for this name.',
      };
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return {
        words: `${host} shows a certificate that nobody trusted has signed, but ${issuer === subject ? 'itself' : issuer}: ${described}`,
        hint: "Give the registry's CA; for one that the operating system trusts, set NODE_USE_SYSTEM_CA=1.",
      };
    default:
      return undefined;
  }
}

/** What the other side or OpenSSL says where it did not come to a judgement of the certificate. */
function handshakeFailure(reason: string | undefined, host: string, isOursShown: boolean): Words | undefined {
  if (reason === undefined) return undefined;
  if (/wrong version number|packet length too long|http request|record layer failure/u.test(reason)) {
    return {
      words: `${host} speaks no TLS`,
      hint: 'Where it is meant to speak plain HTTP, say so with --plain-http.',
    };
  }
  if (isOursShown && /alert [a-z ]*(?:certificate|ca\b|handshake failure)/u.test(reason)) {
    return {
      words: `${host} does not take the client certificate (${reason})`,
      hint: 'See whether the registry knows the CA that signed it, and whether it is still valid.',
    };
  }
  if (/alert [a-z ]*(?:certificate|handshake failure)/u.test(reason)) {
    return {
      words: `${host} ends the handshake (${reason}), as those do that want a client certificate`,
      hint: 'Give a client certificate and its key, or put them into certs.d.',
    };
  }
  if (/protocol version|unsupported protocol/u.test(reason)) {
    return {
      words: `${host} speaks no TLS 1.2 (${reason})`,
      hint: 'Older versions are not safe and are not spoken; the registry needs an update.',
    };
  }
  return undefined;
}

/** `…:SSL routines:FUNCTION:REASON:FILE:LINE:` */
function opensslReason(message: string): string | undefined {
  const reason = /:SSL routines:[^:]*:([^:]{1,200}):/u.exec(message)?.[1];
  return reason === undefined ? undefined : errorMessageOf(reason, 100);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** An alert of TLS, or its handshake, where an answer of HTTP should be. */
function speaksTls(error: Error): boolean {
  const packet: unknown = 'rawPacket' in error ? error.rawPacket : undefined;
  return packet instanceof Uint8Array && (packet[0] === 0x15 || packet[0] === 0x16) && packet[1] === 0x03;
}

// Who a certificate names: subject, issuer and the claims that Fulcio writes as extensions (Fulcio's oid-info.md). The
// claims are what an identity token said when the certificate was issued, so ids and environments can be asked for.
import { ASN1Obj, X509Certificate } from '@sigstore/core';
import { signingLimits } from '../limits.ts';

/** Claim names, each with the last arc of its OID below 1.3.6.1.4.1.57264.1. */
const claimArcs = {
  buildSignerUri: 9,
  runnerEnvironment: 11,
  sourceRepositoryUri: 12,
  ref: 14,
  sourceRepositoryId: 15,
  ownerUri: 16,
  ownerId: 17,
  workflow: 18,
  trigger: 20,
  visibility: 22,
  environment: 23,
} as const;

export type ClaimName = keyof typeof claimArcs;
export type Claims = { readonly [name in ClaimName]?: string | undefined };

/** The names of all claims that can be asked for. */
export const claimNames: readonly ClaimName[] = Object.keys(claimArcs).filter(isClaimName);

function isClaimName(name: string): name is ClaimName {
  return Object.hasOwn(claimArcs, name);
}

export type CertificateIdentity = {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Claims;
};

const fulcioArc = '1.3.6.1.4.1.57264.1';
const oids = {
  subjectAltName: '2.5.29.17',
  extendedKeyUsage: '2.5.29.37',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  issuerV1: `${fulcioArc}.1`,
  issuerV2: `${fulcioArc}.8`,
} as const;

const UTF8_STRING = 0x0c;
/** Tags of GeneralName (RFC 5280, 4.2.1.6) that a subject may have: e-mail and URI. */
const subjectTags: ReadonlySet<number> = new Set([1, 6]);

/**
 * Reads a code-signing certificate's identity; says why where it has none that could be compared.
 * @param der the certificate, which no chain has been checked of yet
 */
export function readIdentity(der: Uint8Array): CertificateIdentity | string {
  try {
    const certificate = X509Certificate.parse(Buffer.from(der));
    if (!isForCodeSigning(certificate)) return 'has a certificate that is not for signing code';
    const subject = readSubject(certificate);
    if (subject === undefined) return 'has a certificate without exactly one subject name';
    const issuer = readIssuer(certificate);
    if (issuer === undefined) return 'has a certificate that names no issuer, or two';
    const claims = new Map<ClaimName, string>();
    for (const name of claimNames) {
      const value = readText(certificate, `${fulcioArc}.${claimArcs[name]}`);
      if (value !== undefined) claims.set(name, value);
    }
    return { issuer, subject, claims: Object.fromEntries(claims) };
  } catch {
    return 'has a certificate that can not be read';
  }
}

/** The library leaves this to the authority; a certificate for TLS by the same authority must not sign code. */
function isForCodeSigning(certificate: X509Certificate): boolean {
  const extension = singleExtension(certificate, oids.extendedKeyUsage);
  if (extension === undefined) return false;
  return ASN1Obj.parseBuffer(extension).subs.some((usage) => usage.toOID() === oids.codeSigning);
}

function readSubject(certificate: X509Certificate): string | undefined {
  const extension = singleExtension(certificate, oids.subjectAltName);
  if (extension === undefined) return undefined;
  const [name, ...others] = ASN1Obj.parseBuffer(extension).subs;
  // With several names, who is meant would be the reader's choice.
  if (name === undefined || others.length > 0) return undefined;
  if (!name.tag.isContextSpecific() || !subjectTags.has(name.tag.number)) return undefined;
  return boundedText(name.value);
}

function readIssuer(certificate: X509Certificate): string | undefined {
  const current = readText(certificate, oids.issuerV2);
  const raw = singleExtension(certificate, oids.issuerV1);
  const former = raw === undefined ? undefined : boundedText(raw);
  if (current !== undefined && former !== undefined && current !== former) return undefined;
  return current ?? former;
}

/** The text of an extension that holds a DER UTF8String, as Fulcio's from .8 on do. */
function readText(certificate: X509Certificate, oid: string): string | undefined {
  const extension = singleExtension(certificate, oid);
  if (extension === undefined) return undefined;
  const object = ASN1Obj.parseBuffer(extension);
  if (object.tag.number !== UTF8_STRING || object.toDER().length !== extension.length) {
    throw new Error(`extension ${oid} is no UTF8String`);
  }
  return boundedText(object.value);
}

/** RFC 5280, 4.2: an extension appears once; of two, each reader would believe another one. */
function singleExtension(certificate: X509Certificate, oid: string): Buffer<ArrayBuffer> | undefined {
  const found = certificate.extensions.filter((extension) => extension.subs[0]?.toOID() === oid);
  if (found.length > 1) throw new Error(`extension ${oid} is there twice`);
  const value = found[0]?.subs.at(-1)?.value;
  return value === undefined ? undefined : Buffer.from(value);
}

function boundedText(bytes: Uint8Array): string {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  if (text === '' || text.length > signingLimits.identityLength || /\p{Cc}/u.test(text)) {
    throw new Error('text is empty, too long, or has control characters');
  }
  return text;
}

// A certificate for a key that was made just now, from a certificate authority with Fulcio's interface (v2). The
// request is a PKCS#10 CSR, whose signature shows that the key is held; so nothing of the token has to be read.
import { createPublicKey, generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import { signingLimits } from '../../limits.ts';
import { readIdentity, type CertificateIdentity } from '../certificate-identity.ts';
import { derBitString, derElement, derInteger, derOid, derSequence } from '../der.ts';
import { serviceError, type Ask, type ServiceRequest } from './ask.ts';
import { endpoint } from './services.ts';

export type Certified = {
  readonly privateKey: KeyObject;
  /** DER. */
  readonly certificate: Buffer;
  /** DER, the issuing authority first. */
  readonly chain: readonly Buffer[];
  readonly identity: CertificateIdentity;
  readonly endsAtMs: number;
};

const chainSchema = z.object({
  chain: z.object({
    certificates: z.array(z.string().max(32_768)).min(1).max(signingLimits.certificateChain),
  }),
});

const answerSchema = z.union([
  z.object({ signedCertificateEmbeddedSct: chainSchema }).transform((it) => it.signedCertificateEmbeddedSct),
  z.object({ signedCertificateDetachedSct: chainSchema }).transform((it) => it.signedCertificateDetachedSct),
]);

/**
 * Makes a key and has it certified as the identity that the token names.
 * @throws SigningError `CERTIFICATE_FAILED`
 */
export async function certify(
  ask: Ask,
  url: string,
  token: string,
  signal?: AbortSignal,
): Promise<Certified> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const request: ServiceRequest = {
    service: 'certificate authority',
    code: 'CERTIFICATE_FAILED',
    hint: 'See that it trusts the issuer of the identity token, and that the token is fresh and for its audience.',
    method: 'POST',
    url: endpoint(url, 'api/v2/signingCert'),
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: Buffer.from(
      JSON.stringify({
        credentials: { oidcIdentityToken: token },
        certificateSigningRequest: Buffer.from(formatRequest(publicKey, privateKey)).toString('base64'),
      }),
    ),
  };
  const { body } = await ask(request, signal);
  let certificates: readonly X509Certificate[];
  try {
    const { chain } = answerSchema.parse(JSON.parse(body.toString('utf8')));
    certificates = chain.certificates.map((pem) => new X509Certificate(pem));
  } catch {
    throw serviceError(request, 'gave no certificates that can be read');
  }
  const [leaf, ...chain] = certificates;
  if (leaf === undefined || !leaf.publicKey.equals(createPublicKey(privateKey))) {
    throw serviceError(request, 'gave a certificate for another key');
  }
  const identity = readIdentity(leaf.raw);
  if (typeof identity === 'string') throw serviceError(request, `gave something that ${identity}`);
  return {
    privateKey,
    certificate: leaf.raw,
    chain: chain.map(({ raw }) => raw),
    identity,
    endsAtMs: leaf.validToDate.getTime(),
  };
}

/** PKCS#10 (RFC 2986) with an empty subject: the authority takes the name from the token. */
function formatRequest(publicKey: KeyObject, privateKey: KeyObject): string {
  const info = derSequence(
    derInteger(Uint8Array.of(0)),
    derSequence(),
    publicKey.export({ type: 'spki', format: 'der' }),
    derElement(0xa0),
  );
  const ecdsaWithSha256 = derSequence(derOid('1.2.840.10045.4.3.2'));
  const der = derSequence(info, ecdsaWithSha256, derBitString(sign('sha256', info, privateKey)));
  const lines = der.toString('base64').replaceAll(/.{64}/gu, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
}

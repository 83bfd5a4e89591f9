// Signs as an identity: a key made here, certified for some minutes, whose signatures are logged and timestamped before
// anyone sees them. One certificate serves all signatures of a run.
import { dsse } from '@sigstore/core';
import { sign } from 'node:crypto';
import { signingLimits } from '../../limits.ts';
import type { CertificateIdentity } from '../certificate-identity.ts';
import { payloadType } from '../statement.ts';
import type { KeylessSigner, SignedContent } from '../signer.ts';
import type { TrustRoot } from '../trust-root.ts';
import type { Ask } from './ask.ts';
import { certify, type Certified } from './fulcio.ts';
import type { IdentityTokenSource } from './identity-token.ts';
import { addLogEntry } from './rekor.ts';
import { assertUsable, type SigningServices } from './services.ts';
import { fetchTimestamp } from './timestamp.ts';

export type KeylessOptions = {
  readonly services: SigningServices;
  readonly identityToken: IdentityTokenSource;
  readonly ask: Ask;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly root?: TrustRoot | undefined;
  /** Whether the public instance, and what it publishes, is wanted. */
  readonly isPublicAllowed?: boolean;
  /** Hears as whom a certificate was issued, before anything is signed with it. */
  readonly onCertified?: (identity: CertificateIdentity) => void;
};

/**
 * Nothing is asked of any service before the first signature.
 * @throws SigningError `PUBLIC_LOG_REFUSED`; InputError `INPUT_MISSING`
 */
export function keylessSigner(options: KeylessOptions): KeylessSigner {
  const { services, root } = options;
  assertUsable(services, options.isPublicAllowed === true);
  // The legacy format has a place for one entry, and of Rekor v1 only.
  const legacyLogs = services.logs.filter(({ version }) => version === 1).slice(0, 1);
  let certified: Certified | undefined;
  const certificate = async (signal?: AbortSignal): Promise<Certified> => {
    if (certified !== undefined && certified.endsAtMs - options.now() > signingLimits.certificateSpareMs) {
      return certified;
    }
    const token = await options.identityToken(signal);
    certified = await certify(options.ask, services.fulcioUrl, token, signal);
    options.onCertified?.(certified.identity);
    return certified;
  };
  return {
    kind: 'keyless',
    root,
    logEntryCounts: { bundle: services.logs.length, legacy: legacyLogs.length },
    identity: async (signal) => (await certificate(signal)).identity,
    sign: async (content, signal) => {
      const { privateKey, certificate: leaf, chain } = await certificate(signal);
      const signature = sign('sha256', bytesOf(content), privateKey);
      const logs = content.kind === 'blob' ? legacyLogs : services.logs;
      const logged = { content, signature, certificate: leaf };
      // Each is bounded in time, and the certificate lasts longer than all of them.
      const [timestamps, logEntries] = await Promise.all([
        Promise.all(services.timestampUrls.map((url) => fetchTimestamp(options.ask, url, signature, signal))),
        Promise.all(logs.map((log) => addLogEntry(options.ask, log, logged, signal))),
      ]);
      return { signature, certificate: leaf, chain, logEntries, timestamps };
    },
  };
}

function bytesOf(content: SignedContent): Uint8Array {
  if (content.kind === 'blob') return content.bytes;
  return dsse.preAuthEncoding(payloadType, Buffer.from(content.payload));
}

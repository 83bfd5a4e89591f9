// Sigstore bundles over statements, checked offline with keys. Formats and traps are those that were measured against
// cosign: docs/artifact-format.md lists them.
import { bundleFromJSON, type Bundle } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { errorMessageOf } from '../errors.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { VerifyKey } from './keys.ts';
import { payloadType, statementSchema, type Statement } from './statement.ts';

/** What a bundle says once a key has been found that signed it. */
export type VerifiedStatement = {
  readonly statement: Statement;
  readonly payload: Uint8Array;
  readonly key: VerifyKey;
};

export type BundleVerdict = { readonly verified: VerifiedStatement } | { readonly rejected: string };

/**
 * Checks a bundle offline against keys; never throws for what the bundle holds.
 * @param keys any of them may have signed; the bundle's hint decides nothing but the order in which they are tried
 */
export function checkBundle(bytes: Uint8Array, keys: readonly VerifyKey[]): BundleVerdict {
  let bundle: Bundle;
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    bundle = bundleFromJSON(json);
  } catch (error) {
    return { rejected: `is not a Sigstore bundle: ${errorMessageOf(error, 200)}` };
  }
  // The library takes any media type; cosign writes this one.
  if (bundle.mediaType !== mediaTypes.sigstoreBundle) {
    return { rejected: `has media type ${errorMessageOf(bundle.mediaType, 100)}` };
  }
  if (bundle.content.$case !== 'dsseEnvelope') return { rejected: 'holds no DSSE envelope' };
  if (bundle.verificationMaterial.content.$case !== 'publicKey')
    return { rejected: 'was not signed by a key' };
  const envelope = bundle.content.dsseEnvelope;
  if (envelope.payloadType !== payloadType)
    return { rejected: `has payload type ${errorMessageOf(envelope.payloadType, 100)}` };
  const { hint } = bundle.verificationMaterial.content.publicKey;
  const key = keys
    .toSorted((a, b) => Number(b.hint === hint) - Number(a.hint === hint))
    .find((candidate) => isSignedBy(bundle, candidate));
  if (key === undefined) return { rejected: `is signed by none of the ${keys.length} keys asked for` };
  const statement = parseStatement(envelope.payload);
  if (statement === undefined) return { rejected: 'holds no in-toto statement' };
  return { verified: { statement, payload: envelope.payload, key } };
}

/** No logs and no authorities: for keys, log entries and timestamps are no part of the trust. */
const emptyRoot = TrustedRoot.fromJSON({
  mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  tlogs: [],
  certificateAuthorities: [],
  ctlogs: [],
  timestampAuthorities: [],
});

function isSignedBy(bundle: Bundle, key: VerifyKey): boolean {
  const material = toTrustMaterial(emptyRoot, () => ({ publicKey: key.publicKey, validFor: () => true }));
  const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
  try {
    // With an empty root the library would fail on entries that a key's signature does not need.
    const bare: Bundle = {
      ...bundle,
      verificationMaterial: {
        ...bundle.verificationMaterial,
        tlogEntries: [],
        timestampVerificationData: undefined,
      },
    };
    verifier.verify(toSignedEntity(bare));
    return true;
  } catch {
    return false;
  }
}

function parseStatement(payload: Uint8Array): Statement | undefined {
  try {
    return statementSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)));
  } catch {
    return undefined;
  }
}

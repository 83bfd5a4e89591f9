// Sigstore bundles and cosign's legacy signatures, checked offline against authorities. Formats and traps are those
// that were measured against cosign: docs/artifact-format.md lists them.
import { bundleFromJSON, type Bundle } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { verify } from 'node:crypto';
import { errorMessageOf } from '../errors.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { isDigest } from '../oci/digest.ts';
import { isKeyless, type Authority, type KeyAuthority } from './authority.ts';
import { checkCertified, type Refused } from './certified.ts';
import type { VerifyKey } from './keys.ts';
import { legacySubject, readLegacySignature, type LegacySignature } from './legacy-signature.ts';
import type { SignerIdentity } from './signer-identity.ts';
import {
  formatStatement,
  payloadType,
  signaturePredicateType,
  statementSchema,
  type Statement,
} from './statement.ts';

/** What was signed, once an authority has been found that accepts who signed it. */
export type VerifiedStatement = {
  readonly statement: Statement;
  readonly payload: Uint8Array;
  readonly signer: SignerIdentity;
  /** Names of all authorities that accept the signer. */
  readonly authorities: readonly string[];
};

export type Verdict = { readonly verified: VerifiedStatement } | { readonly refused: Refused };

/**
 * Checks a bundle offline against authorities; never throws for what the bundle holds.
 * @param authorities any of them may have signed; the bundle's hint decides nothing but the order in which keys are tried
 */
export function checkBundle(bytes: Uint8Array, authorities: readonly Authority[]): Verdict {
  const bundle = parseOnce(bytes);
  if (typeof bundle === 'string') return refused(bundle);
  // The library takes any media type; cosign writes this one.
  if (bundle.mediaType !== mediaTypes.sigstoreBundle) {
    return refused(`has media type ${errorMessageOf(bundle.mediaType, 100)}`);
  }
  if (bundle.content.$case !== 'dsseEnvelope') return refused('holds no DSSE envelope');
  const envelope = bundle.content.dsseEnvelope;
  if (envelope.payloadType !== payloadType) {
    return refused(`has payload type ${errorMessageOf(envelope.payloadType, 100)}`);
  }
  const signed = findSigner(bundle, authorities);
  if ('refused' in signed) return signed;
  const statement = parseStatement(envelope.payload);
  if (statement === undefined) return refused('holds no in-toto statement');
  return { verified: { statement, payload: envelope.payload, ...signed } };
}

/**
 * Checks a layer of a legacy signature manifest; what it verifies to is the statement that a bundle would hold.
 * @param payload the layer's bytes
 * @param annotations the layer's annotations
 */
export function checkLegacySignature(
  payload: Uint8Array,
  annotations: Readonly<Record<string, string>>,
  authorities: readonly Authority[],
): Verdict {
  const read = readOnce(payload, annotations);
  if (typeof read === 'string') return refused(read);
  const signed =
    read.bundle === undefined
      ? findKey(authorities, ({ publicKey }) => verify('sha256', read.payload, publicKey, read.signature))
      : checkCertified(read.bundle, read.payload, authorities.filter(isKeyless));
  if ('refused' in signed) return signed;
  const subject = legacySubject(read.payload);
  if (subject === undefined || !isDigest(subject)) return refused('is no signature of a container image');
  const statement = parseStatement(formatStatement(subject, signaturePredicateType, {}));
  if (statement === undefined) return refused('is no signature of a container image');
  return { verified: { statement, payload: read.payload, ...signed } };
}

/** What bytes were parsed to, or why they are no bundle; each purpose of each policy asks for the same ones. */
const parsedBundles = new WeakMap<Uint8Array, Bundle | string>();

function parseOnce(bytes: Uint8Array): Bundle | string {
  const known = parsedBundles.get(bytes);
  if (known !== undefined) return known;
  let bundle: Bundle | string;
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    bundle = bundleFromJSON(json);
  } catch (error) {
    bundle = `is not a Sigstore bundle: ${errorMessageOf(error, 200)}`;
  }
  parsedBundles.set(bytes, bundle);
  return bundle;
}

/** The same for legacy layers: several may share their payload, so the annotations tell them apart. */
const readLayers = new WeakMap<
  Readonly<Record<string, string>>,
  { readonly payload: Uint8Array; readonly read: LegacySignature | string }
>();

function readOnce(
  payload: Uint8Array,
  annotations: Readonly<Record<string, string>>,
): LegacySignature | string {
  const known = readLayers.get(annotations);
  if (known?.payload === payload) return known.read;
  const read = readLegacySignature(payload, annotations);
  readLayers.set(annotations, { payload, read });
  return read;
}

function refused(reason: string): { readonly refused: Refused } {
  return { refused: { reason } };
}

type Signed =
  | { readonly signer: SignerIdentity; readonly authorities: readonly string[] }
  | { readonly refused: Refused };

function findSigner(bundle: Bundle, authorities: readonly Authority[]): Signed {
  const { content } = bundle.verificationMaterial;
  if (content.$case !== 'publicKey') return checkCertified(bundle, undefined, authorities.filter(isKeyless));
  const bare = withoutProofs(bundle);
  return findKey(authorities, (key) => isSignedBy(bare, key), content.publicKey.hint);
}

/** The key that signed, and every authority that has it. */
function findKey(
  authorities: readonly Authority[],
  holds: (key: VerifyKey) => boolean,
  hint?: string,
): Signed {
  const keyed = authorities.filter((authority): authority is KeyAuthority => !isKeyless(authority));
  const keys = [...new Map(keyed.map(({ key }) => [key.hint, key])).values()];
  const key = keys
    .toSorted((a, b) => Number(b.hint === hint) - Number(a.hint === hint))
    .find((candidate) => isTrue(() => holds(candidate)));
  if (key === undefined) return refused(`is signed by none of the ${keys.length} keys asked for`);
  return {
    signer: { kind: 'key', hint: key.hint },
    authorities: keyed.filter(({ key: { hint: own } }) => own === key.hint).map(({ name }) => name),
  };
}

/** OpenSSL and the library throw on signatures that are no signatures. */
function isTrue(test: () => boolean): boolean {
  try {
    return test();
  } catch {
    return false;
  }
}

/** No logs and no authorities: for keys, log entries and timestamps are no part of the trust. */
const emptyRoot = TrustedRoot.fromJSON({
  mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  tlogs: [],
  certificateAuthorities: [],
  ctlogs: [],
  timestampAuthorities: [],
});

/** With an empty root the library would fail on entries that a key's signature does not need. */
function withoutProofs(bundle: Bundle): Bundle {
  return {
    ...bundle,
    verificationMaterial: {
      ...bundle.verificationMaterial,
      tlogEntries: [],
      timestampVerificationData: undefined,
    },
  };
}

function isSignedBy(bundle: Bundle, key: VerifyKey): boolean {
  const material = toTrustMaterial(emptyRoot, () => ({ publicKey: key.publicKey, validFor: () => true }));
  new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(
    toSignedEntity(bundle),
  );
  return true;
}

function parseStatement(payload: Uint8Array): Statement | undefined {
  try {
    return statementSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)));
  } catch {
    return undefined;
  }
}

// Sign: what is asked for and not there yet is signed, attached, and read back from the registry. Publishing uses it
// before it tags, and `sealift sign` for what was published before.
import { InputError, VerificationError } from '../errors.ts';
import { ociLimits, signingLimits } from '../limits.ts';
import type { ContentStore } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { attachBundle } from '../signing/attach.ts';
import { attachLegacy } from '../signing/attach-legacy.ts';
import { findCandidates, type Candidates } from '../signing/candidates.ts';
import { ownSearch, type OwnSearch } from '../signing/own-signatures.ts';
import { signLegacy } from '../signing/sign-legacy.ts';
import { signStatement } from '../signing/sign-statement.ts';
import type { SignatureFormat, Signer } from '../signing/signer.ts';
import { formatStatement, signaturePredicateType } from '../signing/statement.ts';
import { missingSignatureError } from '../signing/verifier.ts';
import { promotionPredicateType } from '../trust/promotion-statement.ts';
import { formatTime, type Ports } from './ports.ts';

/** What is said of an artifact beside that it is released. */
export type Attestation = {
  readonly predicateType: string;
  readonly predicate: object;
  /** Whether one of this type by the same signer is enough, whatever it says: it was true when it was signed. */
  readonly isOncePerArtifact?: boolean;
};

export type SigningRequest = {
  readonly signer: Signer;
  /** How the signature is stored; a bundle alone by default. Attestations are always bundles. */
  readonly formats?: readonly SignatureFormat[];
  /** HOST/PATH, which a legacy signature names. */
  readonly repository?: string;
  readonly attestations?: readonly Attestation[];
};

/** Something signed that the artifact has; `digest` is of the manifest that carries it. */
export type Signed = {
  readonly format: SignatureFormat;
  readonly predicateType: string;
  readonly digest: Digest;
  /** Whether it was added now. */
  readonly isNew: boolean;
};

export type SignedArtifact = { readonly digest: Digest; readonly signed: readonly Signed[] };

/**
 * Signs an artifact that is in the registry already.
 * @param reference tag or digest; only what it resolves to now is signed
 * @throws every error of its steps
 */
export async function signArtifact(
  store: ContentStore,
  reference: string,
  request: SigningRequest,
  ports: Ports,
): Promise<SignedArtifact> {
  const { descriptor } = await store.resolve(reference, ports.signal);
  return { digest: descriptor.digest, signed: await ensureSigned(store, descriptor, request, ports) };
}

type Wanted = {
  readonly format: SignatureFormat;
  readonly predicateType: string;
  /** The statement's bytes; a legacy signature says the same in another form. */
  readonly payload: Buffer;
  readonly isOnce: boolean;
};

/**
 * Adds what is missing and reads it back.
 * @returns what was asked for, in its order: signatures first
 * @throws SigningError, VerificationError, InputError `INPUT_INVALID`
 */
export async function ensureSigned(
  store: ContentStore,
  subject: Descriptor,
  request: SigningRequest,
  ports: Ports,
): Promise<readonly Signed[]> {
  const { signal } = ports;
  const wanted = wantedOf(subject.digest, request);
  const search = await ownSearch(request.signer, signal);
  const candidates = await findCandidates(store, subject, signal);
  const signed: Signed[] = [];
  for (const one of wanted) {
    const { format, predicateType } = one;
    const present = search === undefined ? undefined : findOwn(search, candidates, one);
    const digest = present ?? (await attach(store, subject, { ...request, ...one }, ports));
    ports.log(`${nameOf(one)} ${present === undefined ? 'added' : 'is there already'}`);
    signed.push({ format, predicateType, digest, isNew: present === undefined });
  }
  if (signed.some(({ isNew }) => isNew)) {
    await readBack(store, subject, { wanted, signed, search }, signal);
    if (search === undefined) {
      ports.log('no trusted root is given: what was added is there, and nobody has verified its certificate');
    }
  }
  return signed;
}

/** @throws InputError `INPUT_INVALID` */
function wantedOf(digest: Digest, request: SigningRequest): readonly Wanted[] {
  const { formats = ['bundle'], attestations = [] } = request;
  const payload = formatStatement(digest, signaturePredicateType, {});
  return [
    ...[...new Set(formats)].map((format) => ({
      format,
      predicateType: signaturePredicateType,
      payload,
      isOnce: true,
    })),
    ...attestations.map(({ predicateType, predicate, isOncePerArtifact = false }) => ({
      format: 'bundle' as const,
      predicateType: parsePredicateType(predicateType),
      payload: parsePayload(formatStatement(digest, predicateType, predicate)),
      isOnce: isOncePerArtifact,
    })),
  ];
}

/** @throws InputError `INPUT_INVALID` where it is no URI, or of a kind that means more than an attestation */
function parsePredicateType(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:[!-~]{1,900}$/u.test(text)) {
    throw new InputError('INPUT_INVALID', `predicate type ${JSON.stringify(text.slice(0, 100))} is no URI`);
  }
  if (text === signaturePredicateType || text === promotionPredicateType) {
    throw new InputError('INPUT_INVALID', `predicate type ${text} is no attestation`, {
      hint: 'Sign with `sealift sign`, and promote with `sealift promote`.',
    });
  }
  return text;
}

function parsePayload(payload: Buffer): Buffer {
  if (payload.byteLength <= signingLimits.predicateBytes) return payload;
  throw new InputError(
    'INPUT_INVALID',
    `attestation has ${payload.byteLength} bytes, more than ${signingLimits.predicateBytes}`,
    { hint: 'A puller reads only small ones; put a hash of the large document into the predicate.' },
  );
}

function findOwn(
  search: OwnSearch,
  candidates: Candidates,
  { format, predicateType, payload, isOnce }: Wanted,
): Digest | undefined {
  return search(candidates, predicateType, format).accepted.find(
    (own) => isOnce || Buffer.compare(own.payload, payload) === 0,
  )?.candidate;
}

async function attach(
  store: ContentStore,
  subject: Descriptor,
  { signer, repository, format, predicateType, payload }: SigningRequest & Wanted,
  ports: Ports,
): Promise<Digest> {
  const { signal } = ports;
  if (format === 'legacy') {
    if (repository === undefined) {
      throw new InputError('INPUT_MISSING', 'legacy signatures need the name of the repository');
    }
    const layer = await signLegacy(signer, subject.digest, repository, signal);
    return (await attachLegacy(store, subject, layer, signal)).descriptor.digest;
  }
  const bytes = await signStatement(signer, payload, signal);
  if (bytes.byteLength > ociLimits.bundleBytes) {
    throw new InputError(
      'INPUT_INVALID',
      `bundle has ${bytes.byteLength} bytes, more than ${ociLimits.bundleBytes}`,
    );
  }
  const bundle = { bytes, predicateType, created: formatTime(ports.now()) };
  return (await attachBundle(store, subject, bundle, signal)).descriptor.digest;
}

/**
 * What a puller will see must be what was meant.
 * @throws VerificationError of the first that is not there, or does not hold
 */
async function readBack(
  store: ContentStore,
  subject: Descriptor,
  {
    wanted,
    signed,
    search,
  }: {
    readonly wanted: readonly Wanted[];
    readonly signed: readonly Signed[];
    readonly search: OwnSearch | undefined;
  },
  signal?: AbortSignal,
): Promise<void> {
  const candidates = await findCandidates(store, subject, signal);
  for (const [index, one] of wanted.entries()) {
    const digest = signed[index]?.digest;
    // Without a root, its bytes being there is all that can be known: the signer has checked what it made.
    if (search === undefined) {
      const isThere = candidates.found.some(
        (found) => found.digest === digest || (one.format === 'legacy' && found.format === 'legacy'),
      );
      if (!isThere) throw notListed(subject, one, digest);
    } else if (findOwn(search, candidates, one) === undefined) {
      const found = search(candidates, one.predicateType, one.format);
      // What was refused there is another's; a legacy layer that is not accepted is one that another writer dropped.
      const isRefused = candidates.found.some((other) => one.format === 'bundle' && other.digest === digest);
      throw !isRefused && found.unreadable.length === 0
        ? notListed(subject, one, digest)
        : missingSignatureError(nameOf(one), subject, found);
    }
  }
}

function notListed(subject: Descriptor, one: Wanted, digest: Digest | undefined): VerificationError {
  return new VerificationError(
    'SIGNATURE_MISSING',
    `${nameOf(one)} ${digest ?? ''} was attached to ${subject.digest}, but the registry does not list it`,
    [],
    { retryable: true, hint: 'Somebody else may have written at the same time; run it again.' },
  );
}

function nameOf({ format, predicateType }: Pick<Wanted, 'format' | 'predicateType'>): string {
  if (predicateType !== signaturePredicateType) return `attestation ${predicateType}`;
  return format === 'legacy' ? 'legacy signature' : 'signature';
}

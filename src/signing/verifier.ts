// All that is signed about an artifact, found and checked offline. Each candidate is judged for itself, so a foreign
// bundle hides no good one; what can't be read is an error, never an absence.
import { errorMessageOf, VerificationError, type RejectedCandidate } from '../errors.ts';
import { ociLimits } from '../limits.ts';
import { fetchBytes, type ContentSource } from '../oci/content-store.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { parseManifest } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { checkBundle, type VerifiedStatement } from './bundle.ts';
import type { VerifyKey } from './keys.ts';
import { hasSubject } from './statement.ts';

/** A bundle that was found beside an artifact, not yet judged. */
export type Candidate = { readonly digest: Digest; readonly bytes: Uint8Array };

/** What {@link findCandidates} found: bundles, and referrers that turned out to be something else. */
export type Candidates = {
  readonly subject: Descriptor;
  readonly bundles: readonly Candidate[];
  readonly rejected: readonly RejectedCandidate[];
  /** Referrers that are listed but could not be read; what they hold is unknown. */
  readonly unreadable: readonly RejectedCandidate[];
};

/**
 * Fetches every bundle that refers to an artifact. Descriptors' types are not believed: cosign's own fallback index
 * names a wrong one.
 * @throws VerificationError `CANDIDATE_LIMIT` (flood), `SIGNATURE_UNCHECKABLE` where the store fails
 */
export async function findCandidates(
  source: ContentSource,
  subject: Descriptor,
  signal?: AbortSignal,
): Promise<Candidates> {
  const bundles: Candidate[] = [];
  const rejected: RejectedCandidate[] = [];
  const unreadable: RejectedCandidate[] = [];
  try {
    const referrers = await source.referrers(subject, signal);
    if (referrers.length > ociLimits.referrers) {
      const message = `${subject.digest} has ${referrers.length} referrers, more than ${ociLimits.referrers}`;
      throw new VerificationError('CANDIDATE_LIMIT', message, []);
    }
    let totalBytes = 0;
    for (const referrer of referrers) {
      try {
        const found = await readCandidate(source, subject, referrer, signal);
        if (typeof found === 'string') rejected.push({ candidate: referrer.digest, reason: found });
        else {
          bundles.push(found);
          totalBytes += found.bytes.byteLength;
        }
      } catch (error) {
        if (signal?.aborted === true) throw error;
        // Anyone may attach something broken: it must not hide what is good beside it.
        unreadable.push({ candidate: referrer.digest, reason: errorMessageOf(error, 200) });
      }
      if (totalBytes > ociLimits.bundlesBytes) {
        const message = `bundles of ${subject.digest} have more than ${ociLimits.bundlesBytes} bytes`;
        throw new VerificationError('CANDIDATE_LIMIT', message, []);
      }
    }
  } catch (cause) {
    if (cause instanceof VerificationError || signal?.aborted === true) throw cause;
    throw new VerificationError(
      'SIGNATURE_UNCHECKABLE',
      `signatures of ${subject.digest} could not be read: ${errorMessageOf(cause, 300)}`,
      rejected,
      { cause, retryable: true, hint: 'See whether the registry can be reached and holds what it lists.' },
    );
  }
  return { subject, bundles, rejected, unreadable };
}

/** A bundle, or why the referrer is none. */
async function readCandidate(
  source: ContentSource,
  subject: Descriptor,
  referrer: Descriptor,
  signal?: AbortSignal,
): Promise<Candidate | string> {
  if (referrer.mediaType !== mediaTypes.manifest) return `is ${referrer.mediaType}`;
  if (referrer.size > ociLimits.manifestBytes) return `is larger than ${ociLimits.manifestBytes} bytes`;
  const bytes = await fetchBytes(source, referrer, ociLimits.manifestBytes, signal);
  let layer: Descriptor | undefined;
  try {
    const manifest = parseManifest(bytes);
    if (manifest.subject?.digest !== subject.digest) return 'has another subject';
    layer = manifest.layers[0];
  } catch (error) {
    return errorMessageOf(error, 200);
  }
  if (layer?.mediaType !== mediaTypes.sigstoreBundle)
    return `holds ${layer?.mediaType ?? 'nothing'}, no bundle`;
  if (layer.size > ociLimits.bundleBytes) return `holds a bundle larger than ${ociLimits.bundleBytes} bytes`;
  return { digest: referrer.digest, bytes: await fetchBytes(source, layer, ociLimits.bundleBytes, signal) };
}

export type AcceptedStatement = VerifiedStatement & { readonly candidate: Digest };

/** Statements of one predicate type about the artifact, signed by one of the keys; and what was refused, with why. */
export type StatementSearch = {
  readonly accepted: readonly AcceptedStatement[];
  readonly rejected: readonly RejectedCandidate[];
  /** Whether a refused one was good but for its predicate type: a statement passed off as another. */
  readonly hasOtherPredicate: boolean;
  /** What could not be read, and may hold what is missing. */
  readonly unreadable: readonly RejectedCandidate[];
};

/** Judges all candidates for one purpose. */
export function searchStatements(
  candidates: Candidates,
  predicateType: string,
  keys: readonly VerifyKey[],
): StatementSearch {
  const accepted: AcceptedStatement[] = [];
  const rejected: RejectedCandidate[] = [...candidates.rejected];
  let hasOtherPredicate = false;
  for (const { digest, bytes } of candidates.bundles) {
    const verdict = checkBundle(bytes, keys);
    if ('rejected' in verdict) rejected.push({ candidate: digest, reason: verdict.rejected });
    else if (!hasSubject(verdict.verified.statement, candidates.subject.digest)) {
      rejected.push({ candidate: digest, reason: 'is about another artifact' });
    } else if (verdict.verified.statement.predicateType !== predicateType) {
      hasOtherPredicate = true;
      const found = verdict.verified.statement.predicateType.slice(0, 200);
      rejected.push({ candidate: digest, reason: `says ${found}, not ${predicateType}` });
    } else accepted.push({ ...verdict.verified, candidate: digest });
  }
  return { accepted, rejected, hasOtherPredicate, unreadable: candidates.unreadable };
}

/**
 * The error for a search that accepted too little: unsigned, signed by another, and a statement of another kind are
 * three different things.
 */
export function missingSignatureError(
  what: string,
  subject: Descriptor,
  search: StatementSearch,
): VerificationError {
  const reasons = search.rejected
    .map(({ candidate, reason }) => `${candidate.slice(0, 19)} ${reason}`)
    .join('; ');
  if (search.unreadable.length > 0) return uncheckableError(what, subject, search.unreadable);
  if (search.hasOtherPredicate) {
    return new VerificationError(
      'PREDICATE_UNEXPECTED',
      `${subject.digest} has no good ${what}: ${reasons}`,
      search.rejected,
    );
  }
  if (search.rejected.length > 0) {
    return new VerificationError(
      'SIGNATURE_INVALID',
      `${subject.digest} has no good ${what}: ${reasons}`,
      search.rejected,
      {
        hint: 'Sign it with a key that the policy names, or add the key that signed it to the policy.',
      },
    );
  }
  return new VerificationError(
    'SIGNATURE_MISSING',
    `${subject.digest} has no ${what}: nothing refers to it`,
    [],
    {
      hint: 'Publish it with `sealift push --key`, and copy its referrers when you copy the artifact.',
    },
  );
}

/** Something is listed that can't be read: it is neither "unsigned" nor "wrong signer". */
export function uncheckableError(
  what: string,
  subject: Pick<Descriptor, 'digest'>,
  unreadable: readonly RejectedCandidate[],
): VerificationError {
  const reasons = unreadable.map(({ candidate, reason }) => `${candidate.slice(0, 19)} ${reason}`).join('; ');
  const message = errorMessageOf(
    `${what} of ${subject.digest} could not be found among what can be read: ${reasons}`,
    900,
  );
  return new VerificationError('SIGNATURE_UNCHECKABLE', message, unreadable, {
    retryable: true,
    hint: 'See whether the registry holds everything that it lists as referring to the artifact.',
  });
}

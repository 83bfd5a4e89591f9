// What a bundle tells people of when and where it was signed. Nothing is verified here, and nothing is decided by it.
import { bundleFromJSON } from '@sigstore/bundle';
import { RFC3161Timestamp } from '@sigstore/core';

export type BundleFacts = {
  /** Index of its first log entry. */
  readonly logIndex: string | undefined;
  /** Milliseconds since 1970, by its first timestamp, else by its log. */
  readonly signedAtMs: number | undefined;
};

/** The facts of a bundle; undefined is what it does not tell. */
export function readBundleFacts(bytes: Uint8Array): BundleFacts {
  const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  const { tlogEntries, timestampVerificationData } = bundleFromJSON(json).verificationMaterial;
  const [entry] = tlogEntries;
  const [timestamp] = timestampVerificationData?.rfc3161Timestamps ?? [];
  // Rekor v2 tells no time, which reads as 0.
  const loggedMs = Number(entry?.integratedTime ?? 0) * 1000;
  return {
    logIndex: entry?.logIndex,
    signedAtMs:
      timestamp === undefined
        ? loggedMs || undefined
        : RFC3161Timestamp.parse(Buffer.from(timestamp.signedTimestamp)).signingTime.getTime(),
  };
}

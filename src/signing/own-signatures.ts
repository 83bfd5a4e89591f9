// Which of the things that are attached to an artifact a signer has signed before, so that signing twice adds nothing,
// and whether what was just added is there and holds.
import { signingLimits } from '../limits.ts';
import { parseSubject, type Authority } from './authority.ts';
import type { Candidates } from './candidates.ts';
import type { SignatureFormat, Signer } from './signer.ts';
import { searchStatements, type StatementSearch } from './verifier.ts';

/** Searches what the signer signed of one predicate type, in one format. */
export type OwnSearch = (
  candidates: Candidates,
  predicateType: string,
  format: SignatureFormat,
) => StatementSearch;

/**
 * The search for a signer's own signatures; undefined for an identity without a trusted root, of which anyone could
 * have made a certificate.
 * @throws SigningError of the first certificate
 */
export async function ownSearch(signer: Signer, signal?: AbortSignal): Promise<OwnSearch | undefined> {
  const authorities = await ownAuthorities(signer, signal);
  if (authorities === undefined) return undefined;
  return (candidates, predicateType, format) =>
    searchStatements(
      { ...candidates, found: candidates.found.filter((found) => found.format === format) },
      predicateType,
      [authorities[format]],
    );
}

/**
 * The authority that accepts what a signer signs, by format; undefined for an identity without a trusted root.
 * @throws SigningError of the first certificate
 */
export async function ownAuthorities(
  signer: Signer,
  signal?: AbortSignal,
  name = 'signer',
): Promise<Readonly<Record<SignatureFormat, Authority>> | undefined> {
  if (signer.kind === 'key') {
    const authority = { name, key: signer.verifyKey };
    return { bundle: authority, legacy: authority };
  }
  const { root, logEntryCounts } = signer;
  if (root === undefined) return undefined;
  const { issuer, subject } = await signer.identity(signal);
  const authorityOf = (format: SignatureFormat): Authority => ({
    name,
    keyless: {
      issuer,
      subject: parseSubject(subject, undefined),
      claims: {},
      root,
      logThreshold: root.hasLogs ? Math.min(logEntryCounts[format], signingLimits.logEntries) : 0,
      timestampThreshold: 1,
    },
  });
  return { bundle: authorityOf('bundle'), legacy: authorityOf('legacy') };
}

// Candidates without a store: what a registry would list of an artifact, signed by the test signers.
import { describe, type Descriptor } from '../../src/oci/descriptor.ts';
import { computeDigest, type Digest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import type { Candidates } from '../../src/signing/candidates.ts';
import { signStatement } from '../../src/signing/sign-statement.ts';
import { formatStatement, signaturePredicateType } from '../../src/signing/statement.ts';
import { promotionPredicateType } from '../../src/trust/promotion-statement.ts';
import { signerNamed } from './signers.ts';

/** The artifact that candidates are about. */
export const subject: Descriptor = describe(mediaTypes.manifest, Buffer.from('artifact'));

export type Written = {
  readonly predicate?: object;
  /** Each signs the same bytes, in a bundle of its own. */
  readonly signers?: readonly string[];
  readonly type?: string;
  readonly about?: Digest;
};

/** Candidates that hold these statements; a release signature each, unless told otherwise. */
export async function candidatesOf(...statements: readonly Written[]): Promise<Candidates> {
  const found = await Promise.all(
    statements.flatMap(({ predicate = {}, signers = ['release'], type = signaturePredicateType, about }) =>
      signers.map(async (name) => {
        const payload = formatStatement(about ?? subject.digest, type, predicate);
        const bytes = await signStatement(await signerNamed(name), payload);
        return { format: 'bundle', digest: computeDigest(bytes), bytes } as const;
      }),
    ),
  );
  return { subject, found, rejected: [], unreadable: [] };
}

/** The members of a promotion's predicate where a test says nothing else. */
export const promotionPredicate = {
  repository: 'org/app',
  channel: 'prod',
  epoch: 1,
  sequence: 5,
  action: 'promote',
  issuedAt: '2026-11-22T11:00:00Z',
} as const;

/** A promotion statement by the signer named `promoter`, unless told otherwise. */
export function promotionOf(members: object = {}, written: Omit<Written, 'predicate'> = {}): Written {
  return {
    type: promotionPredicateType,
    signers: ['promoter'],
    predicate: { ...promotionPredicate, ...members },
    ...written,
  };
}

/** All of several. */
export function joinCandidates(...parts: readonly Candidates[]): Candidates {
  return {
    subject,
    found: parts.flatMap(({ found }) => found),
    rejected: parts.flatMap(({ rejected }) => rejected),
    unreadable: parts.flatMap(({ unreadable }) => unreadable),
  };
}

/** Something that is listed and can't be read. */
export const unreadable: Candidates = {
  subject,
  found: [],
  rejected: [],
  unreadable: [{ candidate: computeDigest('gone'), reason: 'is not there' }],
};

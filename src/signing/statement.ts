// in-toto statements (in-toto attestation framework, spec v1): what our bundles carry. A statement's predicate type
// says what the signature means; a verifier that does not check it takes any statement for a release signature.
import * as z from 'zod';
import { digestHex, type Digest } from '../oci/digest.ts';

export const payloadType = 'application/vnd.in-toto+json';

/** What cosign signs an image with. */
export const signaturePredicateType = 'https://sigstore.dev/cosign/sign/v1';

const statementTypes = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1'] as const;

export const statementSchema = z.object({
  _type: z.enum(statementTypes),
  subject: z
    .array(z.object({ digest: z.record(z.string().max(32), z.string().max(256)) }))
    .min(1)
    .max(64),
  predicateType: z.string().max(1024),
  // cosign 2 leaves it out where it is empty.
  predicate: z.unknown().optional(),
});

export type Statement = z.infer<typeof statementSchema>;

/** The bytes of a statement about one artifact. */
export function formatStatement(subject: Digest, predicateType: string, predicate: object): Buffer {
  return Buffer.from(
    JSON.stringify({
      _type: statementTypes[0],
      subject: [{ digest: { sha256: digestHex(subject) } }],
      predicateType,
      predicate,
    }),
  );
}

/** Whether the statement is about this artifact. */
export function hasSubject(statement: Statement, digest: Digest): boolean {
  return statement.subject.some((subject) => subject.digest['sha256'] === digestHex(digest));
}

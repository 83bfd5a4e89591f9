// Attestations that a policy asks for: each way not to meet what is asked.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PolicyError, VerificationError } from '../../../src/errors.ts';
import { computeDigest } from '../../../src/oci/digest.ts';
import { matchAttestation, type AttestationRequirement } from '../../../src/trust/attestations.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { authorityNamed } from '../../helpers/authorities.ts';
import { candidatesOf, joinCandidates, subject, unreadable, type Written } from '../../helpers/candidates.ts';

const predicateType = 'https://slsa.dev/provenance/v1';

function attestationOf(predicate: object, written: Omit<Written, 'predicate'> = {}): Written {
  return { type: predicateType, signers: ['builder'], predicate, ...written };
}

/** Holds where `good` is true, and fails where it is not there. */
const isGood: AttestationRequirement['expression'] = {
  text: 'predicate.good',
  evaluate: (predicate: unknown) => {
    const good: unknown = Object.entries(Object(predicate)).find(([name]) => name === 'good')?.[1];
    return typeof good === 'boolean' ? { holds: good } : { failed: 'no such key: good' };
  },
};

async function requirementOf(
  expression: AttestationRequirement['expression'],
): Promise<AttestationRequirement> {
  return { predicateType, authorities: [await authorityNamed('builder')], expression };
}

suite('an attestation counts', () => {
  test('by its type and its signer, where nothing is asked of its predicate', async () => {
    const candidates = await candidatesOf({}, attestationOf({}));
    const { authorities } = matchAttestation(candidates, await requirementOf(undefined));
    assert.deepEqual(authorities, ['builder']);
  });

  test('whatever others say beside it', async () => {
    const candidates = joinCandidates(
      await candidatesOf(
        attestationOf({}),
        attestationOf({ good: false }),
        attestationOf({ good: true }, { signers: ['stranger'] }),
        attestationOf({ good: true, is: 'it' }),
      ),
      unreadable,
    );
    const { statement } = matchAttestation(candidates, await requirementOf(isGood));
    assert.deepEqual(statement.predicate, { good: true, is: 'it' });
  });
});

suite('an attestation is missing', () => {
  const table: readonly (readonly [string, readonly Written[], RegExp])[] = [
    ['where nothing refers to the artifact', [], /none refers to it/u],
    ['where another predicate type is signed', [attestationOf({ good: true }, { type: 'x' })], /says x/u],
    ['where another signed', [attestationOf({ good: true }, { signers: ['stranger'] })], /none of the/u],
    [
      'where it is about another artifact',
      [attestationOf({ good: true }, { about: computeDigest('b') })],
      /another artifact/u,
    ],
    ['where its predicate does not meet the expression', [attestationOf({ good: false })], /does not meet/u],
    ['where the expression fails on it', [attestationOf({})], /no such key: good/u],
  ];
  for (const [name, statements, reason] of table) {
    test(name, async () => {
      const candidates = await candidatesOf(...statements);
      const requirement = await requirementOf(isGood);
      const { message } = assertThrowsWithCode(
        () => matchAttestation(candidates, requirement),
        PolicyError,
        'ATTESTATION_MISSING',
      );
      assert.match(message, reason);
      assert.ok(message.includes(subject.digest));
    });
  }

  test('and uncheckable where one can not be read', async () => {
    const candidates = joinCandidates(await candidatesOf(attestationOf({ good: false })), unreadable);
    const requirement = await requirementOf(isGood);
    assertThrowsWithCode(
      () => matchAttestation(candidates, requirement),
      VerificationError,
      'SIGNATURE_UNCHECKABLE',
    );
  });
});

// Counting the authorities that signed.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PolicyError, VerificationError } from '../../../src/errors.ts';
import { computeDigest } from '../../../src/oci/digest.ts';
import { matchSignatures, verifySignatures } from '../../../src/trust/signatures.ts';
import { assertThrowsWithCode } from '../../helpers/assert-rejects.ts';
import { authorityNamed, quorumOf } from '../../helpers/authorities.ts';
import { candidatesOf, joinCandidates, promotionOf, unreadable } from '../../helpers/candidates.ts';

const partly = await candidatesOf({});
const none = await candidatesOf({ signers: ['stranger'] });
const twoOfTwo = await quorumOf(['release', 'second'], 2);

suite('enough authorities', () => {
  test('are named, with the signatures of those that count', async () => {
    const candidates = await candidatesOf({ signers: ['release', 'second', 'stranger'] });
    const { matched, signatures } = matchSignatures(candidates, await quorumOf(['second', 'release'], 2));
    assert.deepEqual(matched, ['second', 'release']);
    assert.deepEqual(
      signatures.map(({ format, authorities }) => [format, authorities]),
      [
        ['bundle', ['release']],
        ['bundle', ['second']],
      ],
    );
  });

  test('are enough, whatever else can not be read', async () => {
    const candidates = joinCandidates(await candidatesOf({}), unreadable);
    assert.deepEqual(verifySignatures(candidates, await quorumOf(['release'])), ['release']);
  });
});

suite('too few', () => {
  test('one signer with two names is one', async () => {
    const authorities = [await authorityNamed('release'), await authorityNamed('again', 'release')];
    const candidates = await candidatesOf({ signers: ['release', 'release'] });
    assert.equal(verifySignatures(candidates, { authorities, threshold: 1 }).length, 1);
    assertThrowsWithCode(
      () => verifySignatures(candidates, { authorities, threshold: 2 }),
      PolicyError,
      'THRESHOLD_NOT_MET',
    );
  });

  test('one of two is told apart from none, and names who signed', () => {
    const { message } = assertThrowsWithCode(
      () => verifySignatures(partly, twoOfTwo),
      PolicyError,
      'THRESHOLD_NOT_MET',
    );
    assert.match(message, /1 of the 2 .*: release \(key /u);
    assertThrowsWithCode(() => verifySignatures(none, twoOfTwo), VerificationError, 'SIGNATURE_INVALID');
  });

  test('where the missing one may be what can not be read, nobody knows', () => {
    for (const candidates of [partly, none]) {
      assertThrowsWithCode(
        () => verifySignatures(joinCandidates(candidates, unreadable), twoOfTwo),
        VerificationError,
        'SIGNATURE_UNCHECKABLE',
      );
    }
  });

  test('another statement by the right key is no signature, nor is one of another artifact', async () => {
    const quorum = await quorumOf(['release']);
    const promoted = await candidatesOf(promotionOf({}, { signers: ['release'] }));
    assertThrowsWithCode(() => verifySignatures(promoted, quorum), VerificationError, 'PREDICATE_UNEXPECTED');
    const other = await candidatesOf({ about: computeDigest('other') });
    assertThrowsWithCode(() => verifySignatures(other, quorum), VerificationError, 'SIGNATURE_INVALID');
    const nothing = await candidatesOf();
    assertThrowsWithCode(() => verifySignatures(nothing, quorum), VerificationError, 'SIGNATURE_MISSING');
  });
});

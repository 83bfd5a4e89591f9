// What a Delivery is to run, case by case: the shown artifact, or one before it, and what is remembered of that.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { chooseAim, type AimRequest } from '../../../../puller/reconcile/aim.ts';
import type { Head, HistoryEntry } from '../../../../puller/reconcile/record.ts';
import type { Digest } from '../../../../src/oci/digest.ts';

const url = 'oci://registry.site/config/app';
const digestOf = (character: string): Digest => `sha256:${character.repeat(64)}`;
const promotionOf = (sequence: number, isRollback = false) => ({
  channel: 'prod',
  sequence,
  statementDigest: digestOf('f'),
  ...(isRollback ? { isRollback } : {}),
});
const headOf = (name: string, sequence: number, isRollback = false): Head => ({
  digest: digestOf(name),
  revision: `prod@${digestOf(name)}`,
  promotion: promotionOf(sequence, isRollback),
});
const entryOf = (name: string, sequence: number, members: Partial<HistoryEntry> = {}): HistoryEntry => ({
  digest: digestOf(name),
  url,
  promotion: promotionOf(sequence),
  isHealthy: true,
  ...members,
});

/** `c` of sequence 3 is shown and runs; `b` and `a` were healthy before. */
function aimOf(members: Partial<AimRequest> = {}): string {
  const aim = chooseAim({
    head: headOf('c', 3),
    spec: { onFailure: 'Hold' },
    record: { history: [entryOf('c', 3), entryOf('b', 2), entryOf('a', 1)] },
    url,
    requestedAt: undefined,
    rules: [],
    ...members,
  });
  if (aim.kind === 'back') return `back to ${aim.entry.digest.charAt(7)}`;
  return aim.kind === 'head'
    ? `head${aim.note === undefined ? '' : `: ${aim.note}`}`
    : `refused: ${aim.message}`;
}

const back = (name: string): AimRequest['spec'] => ({
  onFailure: 'Hold',
  rollbackTo: { digest: digestOf(name) },
});
const previous: AimRequest['spec'] = { onFailure: 'Previous' };
const failed = { head: headOf('c', 3), requestedAt: 'x' };
const history = [entryOf('c', 3), entryOf('b', 2), entryOf('a', 1)];
const allowed = [{ channel: 'prod', mayRollBackLocally: true }];

suite('rollbackTo', () => {
  test('leads to what was healthy here', () => {
    assert.equal(aimOf({ spec: back('a') }), 'back to a');
    assert.equal(aimOf({ spec: back('c') }), 'head');
    assert.match(aimOf({ spec: back('d') }), /^refused: .* it is not in the history/u);
  });
  test('leads neither to what was not healthy, nor to what another source gave', () => {
    for (const members of [{ isHealthy: false }, { url: `${url}2` }, { url: undefined }]) {
      const record = { history: [entryOf('c', 3), { ...entryOf('b', 2), ...members }] };
      assert.match(aimOf({ spec: back('b'), record }), /^refused/u);
    }
  });
  test('under promotion needs leave, leads one step, and not from a rollback', () => {
    const rules = [{ channel: 'prod', mayRollBackLocally: false }];
    assert.match(aimOf({ spec: back('b'), rules }), /localRollback is Never/u);
    assert.match(aimOf({ spec: back('b'), rules: [...allowed, ...rules] }), /localRollback is Never/u);
    assert.equal(aimOf({ spec: back('b'), rules: allowed }), 'back to b');
    assert.match(aimOf({ spec: back('a'), rules: allowed }), /just the one that was healthy last/u);
    assert.match(
      aimOf({ spec: back('b'), rules: allowed, head: headOf('c', 3, true) }),
      /is a rollback itself/u,
    );
    const elsewhere = { history: [entryOf('b', 2, { promotion: { ...promotionOf(2), channel: 'test' } })] };
    assert.match(
      aimOf({ spec: back('b'), rules: allowed, record: elsewhere }),
      /not promoted to this channel/u,
    );
  });
  test('ends with the next sequence, and is not begun again by itself', () => {
    const rollback = { digest: digestOf('b'), head: headOf('c', 3) };
    const record = { history, rollback };
    assert.equal(aimOf({ spec: back('b'), rules: allowed, record }), 'back to b');
    const head = headOf('d', 4);
    assert.match(
      aimOf({ spec: back('b'), rules: allowed, record, head }),
      /^head: spec.rollbackTo has ended/u,
    );
    // Without a promotion there is no sequence that could end it.
    assert.equal(
      aimOf({ spec: back('b'), record, head: { digest: digestOf('d'), revision: 'd' } }),
      'back to b',
    );
  });
});

suite('rollbackTo under a new epoch', () => {
  test('ends with its first promotion, though sequences begin anew', () => {
    const record = { history, rollback: { digest: digestOf('b'), head: headOf('c', 3) } };
    for (const head of [headOf('d', 1), headOf('d', 3)]) {
      const aim = aimOf({ spec: back('b'), rules: allowed, record, head });
      assert.match(aim, /^head: spec.rollbackTo has ended/u);
    }
  });
});

suite('onFailure: Previous', () => {
  test('leads to the last healthy one before what has failed', () => {
    const record = { history, failed };
    assert.equal(aimOf({ spec: previous, record, requestedAt: 'x' }), 'back to b');
    assert.equal(aimOf({ spec: previous, record, requestedAt: 'x', rules: allowed }), 'back to b');
    assert.match(
      aimOf({
        spec: previous,
        record,
        requestedAt: 'x',
        rules: [{ channel: 'prod', mayRollBackLocally: false }],
      }),
      /^head: .*localRollback is Never/u,
    );
    assert.match(
      aimOf({ spec: previous, record: { history: [entryOf('c', 3)], failed }, requestedAt: 'x' }),
      /^head: nothing/u,
    );
  });
  test('passes over what is refused by now, but for a promotion, which leads one step', () => {
    const record = { history, failed };
    const given = { spec: previous, record, requestedAt: 'x' };
    const refused = new Map([[digestOf('b'), 'DIGEST_DENIED: it is denied']]);
    assert.equal(aimOf({ ...given, refused }), 'back to a');
    const note = `head: ${digestOf('b')} is not gone back to: DIGEST_DENIED: it is denied`;
    assert.equal(aimOf({ ...given, refused, rules: allowed }), note);
    refused.set(digestOf('a'), 'SIGNATURE_MISSING: nobody signed it');
    assert.equal(aimOf({ ...given, refused }), note);
  });
  test('ends with another digest, sequence, request or spec', () => {
    const record = { history, failed };
    assert.equal(aimOf({ spec: previous, record, requestedAt: 'x', head: headOf('d', 4) }), 'head');
    assert.equal(aimOf({ spec: previous, record, requestedAt: 'x', head: headOf('c', 4) }), 'head');
    assert.equal(aimOf({ spec: previous, record, requestedAt: 'y' }), 'head');
    assert.equal(aimOf({ spec: { onFailure: 'Hold' }, record, requestedAt: 'x' }), 'head');
  });
});

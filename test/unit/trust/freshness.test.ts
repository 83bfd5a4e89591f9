// How long a promotion is fresh, and what prolongs it.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { computeDigest } from '../../../src/oci/digest.ts';
import { deadlineMsOf, type Heartbeat } from '../../../src/trust/freshness.ts';
import type { PromotionStatement } from '../../../src/trust/promotion-statement.ts';
import { promotionPredicate } from '../../helpers/candidates.ts';
import { noon } from '../../helpers/times.ts';

const minute = 60_000;
const subject = computeDigest('artifact');

function at(minutes: number): string {
  return new Date(noon + minutes * minute).toISOString();
}

/** Minutes count from noon. */
type Times = { readonly issued: number; readonly expires?: number };

function timesOf({ issued, expires }: Times): Pick<PromotionStatement, 'issuedAt' | 'expiresAt'> {
  return { issuedAt: at(issued), ...(expires === undefined ? {} : { expiresAt: at(expires) }) };
}

function statementOf(times: Times): PromotionStatement {
  return { ...promotionPredicate, ...timesOf(times), subject, statementDigest: subject, signers: 1 };
}

function beatOf(times: Times, members: Partial<PromotionStatement> = {}): Heartbeat {
  return { ...statementOf(times), ...members, action: 'heartbeat' };
}

/** The deadline, and the latest time of issue, in minutes from noon. */
function deadlineOf(
  statement: Times,
  heartbeats: readonly Heartbeat[],
  { maxAge, latest = 5 }: { readonly maxAge?: number; readonly latest?: number } = {},
): readonly (number | undefined)[] {
  const { deadlineMs, issuedAtMs } = deadlineMsOf(statementOf(statement), heartbeats, {
    maxAgeMs: maxAge === undefined ? undefined : maxAge * minute,
    latestMs: noon + latest * minute,
  });
  return [deadlineMs, issuedAtMs].map((ms) => (ms === undefined ? undefined : (ms - noon) / minute));
}

suite('a statement', () => {
  test('without an end of its own or of the policy has none, whatever repeats it', () => {
    assert.deepEqual(deadlineOf({ issued: -60 }, []), [undefined, -60]);
    assert.deepEqual(deadlineOf({ issued: -60 }, [beatOf({ issued: -5, expires: 5 })]), [undefined, -5]);
  });

  test('ends by the sooner of its own end and maxAge', () => {
    assert.deepEqual(deadlineOf({ issued: -60, expires: 10 }, []), [10, -60]);
    assert.deepEqual(deadlineOf({ issued: -60 }, [], { maxAge: 90 }), [30, -60]);
    assert.deepEqual(deadlineOf({ issued: -60, expires: 10 }, [], { maxAge: 90 }), [10, -60]);
    assert.deepEqual(deadlineOf({ issued: -60, expires: 500 }, [], { maxAge: 90 }), [30, -60]);
  });
});

suite('a heartbeat', () => {
  const table: readonly (readonly [string, Heartbeat, readonly [number, number]])[] = [
    ['prolongs by maxAge from its issue', beatOf({ issued: -10 }), [80, -10]],
    ['prolongs to an end of its own within maxAge', beatOf({ issued: -10, expires: 40 }), [40, -10]],
    ['never beyond maxAge', beatOf({ issued: -10, expires: 5000 }), [80, -10]],
    ['never shortens', beatOf({ issued: -10, expires: -5 }), [30, -10]],
    ['of an older time changes nothing', beatOf({ issued: -70 }), [30, -60]],
    ['of a sequence that was never seen', beatOf({ issued: -10 }, { sequence: 6 }), [30, -60]],
    ['of a former sequence', beatOf({ issued: -10 }, { sequence: 4 }), [30, -60]],
    ['of another digest', beatOf({ issued: -10 }, { subject: computeDigest('b') }), [30, -60]],
    ['of another epoch', beatOf({ issued: -10 }, { epoch: 2 }), [30, -60]],
    ['from the future', beatOf({ issued: 6 }), [30, -60]],
    ['from the last moment that is not the future', beatOf({ issued: 5 }), [95, 5]],
  ];
  for (const [name, heartbeat, expected] of table) {
    test(name, () => {
      assert.deepEqual(deadlineOf({ issued: -60 }, [heartbeat], { maxAge: 90 }), expected);
    });
  }

  test('without an end, where the policy has none, prolongs nothing', () => {
    assert.deepEqual(deadlineOf({ issued: -60, expires: 10 }, [beatOf({ issued: -5 })]), [10, -5]);
    assert.deepEqual(
      deadlineOf({ issued: -60, expires: 10 }, [beatOf({ issued: -5, expires: 20 })]),
      [20, -5],
    );
  });
});

test('the order of heartbeats changes nothing, and none ends later than maxAge after it is heard', () => {
  const times = fc.record({
    issued: fc.integer({ min: -200, max: 50 }),
    expires: fc.integer({ min: -200, max: 500 }),
  });
  fc.assert(
    fc.property(
      times,
      fc.array(times, { maxLength: 6 }),
      fc.integer({ min: 1, max: 100 }),
      (own, heard, maxAge) => {
        const beats = heard.map((one) => beatOf(one));
        const [deadline = NaN, issued = NaN] = deadlineOf(own, beats, { maxAge });
        assert.deepEqual(deadlineOf(own, beats.toReversed(), { maxAge }), [deadline, issued]);
        assert.ok(deadline <= Math.max(own.issued, 5) + maxAge);
        assert.ok(deadline >= Math.min(own.expires, own.issued + maxAge));
        assert.ok(issued <= Math.max(own.issued, 5));
      },
    ),
    { seed: 1 },
  );
});

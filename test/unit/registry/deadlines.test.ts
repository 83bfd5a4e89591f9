import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { usualDeadlines, watchPace, type Pace } from '../../../src/registry/deadlines.ts';

/** A pace with a clock that the test moves, and what it said. */
function makePace(t: TestContext): { pace: Pace; pass: (ms: number) => void; expired: number[] } {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  const expired: number[] = [];
  const deadlines = { ...usualDeadlines, idleMs: 100, idleBytes: 10 };
  return {
    pace: watchPace({ deadlines, now: () => nowMs }, (ms) => expired.push(ms)),
    pass: (ms) => {
      nowMs += ms;
      t.mock.timers.tick(ms);
    },
    expired,
  };
}

suite('the pace of a body', () => {
  test('is too slow after one silence', (t) => {
    const { pace, pass, expired } = makePace(t);
    pace.wait();
    pass(99);
    assert.deepEqual(expired, []);
    pass(1);
    assert.deepEqual(expired, [100]);
  });

  test('is too slow where it drips', (t) => {
    const { pace, pass, expired } = makePace(t);
    for (let count = 0; count < 3; count += 1) {
      pace.wait();
      pass(30);
      pace.moved(1);
    }
    pace.wait();
    pass(9);
    assert.deepEqual(expired, []);
    pass(1);
    assert.deepEqual(expired, [100]);
  });

  test('is right as long as enough moves', (t) => {
    const { pace, pass, expired } = makePace(t);
    for (let count = 0; count < 50; count += 1) {
      pace.wait();
      pass(45);
      pace.moved(5);
    }
    assert.deepEqual(expired, []);
  });

  test('does not count time in which nobody waits', (t) => {
    const { pace, pass, expired } = makePace(t);
    for (let count = 0; count < 5; count += 1) {
      pace.wait();
      pass(10);
      pace.moved(1);
      pass(1000);
    }
    pace.wait();
    pace.stop();
    pass(1000);
    assert.deepEqual(expired, []);
  });
});
